"""Give a lead to a manager by hand."""

from uuid import UUID

from manager_svc.domain.authority import require_no_taking, require_own
from manager_svc.domain.errors import LeadDecidedError, LeadTakenError, ManagerFullError
from manager_svc.domain.explanation import FreePlace, Rule, Sight
from manager_svc.domain.lead import Lead
from manager_svc.domain.manager import Manager
from manager_svc.domain.matching import Pairing
from manager_svc.usecases.match import match
from manager_svc.usecases.release_leads import release_leads
from manager_svc.usecases.unit import Unit


async def assign_lead(
    unit: Unit,
    *,
    lead_id: UUID,
    manager_id: UUID,
    reassign: bool,
    reason: str | None,
    versions: frozenset[str] | None,
    only_as: UUID | None = None,
) -> Lead:
    """Make a manager the assignee of a lead; that he is so already is no error.

    Args:
        unit: The unit of this command.
        lead_id: Which lead.
        manager_id: Who gets it.
        reassign: Take it from another manager if one holds it; he is free then.
        reason: Why, in somebody's words.
        versions: Tags of which one must be the lead's.
        only_as: The manager who asks; None for one who may act for all.

    Raises:
        NotYoursError: A manager asks for another one, or to take it from one.
        LeadNotFoundError: There is no such lead.
        ManagerNotFoundError: There is no such manager.
        RefusalError: The lead is decided, taken, or not at one of these versions; the
            manager is removed, paused or full.
    """
    require_own(manager_id, only_as=only_as)
    require_no_taking(reassign=reassign, only_as=only_as)
    manager = await unit.managers.lock(manager_id)
    lead = await unit.leads.lock(lead_id)
    holder = lead.work.manager
    if holder is not None and holder.id == manager_id:
        return lead
    lead.require_version(versions)
    if lead.work.status.decided:
        raise LeadDecidedError(lead.work.status)
    if holder is not None and not reassign:
        raise LeadTakenError(holder.id, may_take=only_as is None)
    manager.require_taking()
    if holder is not None:
        await release_leads(unit, [lead_id], rule=Rule.REASSIGNED, reason=reason)
    rule = Rule.BY_HAND if holder is None else Rule.REASSIGNED
    oldest = await unit.leads.oldest_waiting()
    await hand_over(unit, lead_id, manager, oldest=oldest, rule=rule, reason=reason)
    await match(unit)
    return await unit.leads.find(lead_id)


async def hand_over(
    unit: Unit,
    lead_id: UUID,
    manager: Manager,
    *,
    oldest: UUID,
    rule: Rule,
    reason: str | None = None,
) -> None:
    """Put a waiting lead into a free place of a manager.

    Args:
        unit: The unit of the command.
        lead_id: Which lead.
        manager: Who gets it.
        oldest: The lead that has waited longest, perhaps this one.
        rule: By which he gets it, for history and event.
        reason: Why, in somebody's words, for the history.

    Raises:
        ManagerFullError: He has none.
    """
    found = await unit.managers.free_place(manager.id)
    if found is None:
        raise ManagerFullError(manager_id=manager.id, capacity=manager.capacity)
    place, free_since = found
    sight = Sight(free=[FreePlace(manager.id, free_since)], more_free=None, waiting=[oldest])
    for worked in await unit.matches.assign(
        [Pairing(place, lead_id)],
        sight=sight,
        now=unit.now,
        actor=unit.actor,
        rule=rule,
        reason=reason,
    ):
        unit.tell_of_assignment(worked, actor=unit.actor, rule=rule)
