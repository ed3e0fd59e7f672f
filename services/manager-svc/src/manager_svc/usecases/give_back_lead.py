"""Give a lead back: its manager does not want it, somebody else may have it."""

from uuid import UUID

from manager_svc.domain.authority import require_own
from manager_svc.domain.lead import Lead
from manager_svc.usecases.match import match
from manager_svc.usecases.release_leads import release_leads
from manager_svc.usecases.unit import Unit

RULE = "given_back"


async def give_back_lead(
    unit: Unit,
    *,
    lead_id: UUID,
    manager_id: UUID | None,
    reason: str | None,
    versions: frozenset[str] | None,
    only_as: UUID | None = None,
) -> Lead:
    """Take a lead from its manager; that he does not hold it any more is no error.

    It waits again at its old age, but is not offered to the same manager until he has had
    another, or an hour has passed (G5).

    Args:
        unit: The unit of this command.
        lead_id: Which lead.
        manager_id: From whom: nothing is taken from anybody else. None for whoever holds it.
        reason: Why, in somebody's words.
        versions: Tags of which one must be the lead's.
        only_as: The manager who asks, for whom None stands for himself; None for one who may
            act for all.

    Returns:
        The lead, which somebody else may hold now.

    Raises:
        NotYoursError: A manager asks in the name of another one.
        ManagerNotFoundError: There never was such a manager.
        LeadNotFoundError: There is no such lead.
        StaleLeadError: The lead is not at one of these versions.
    """
    manager_id = manager_id or only_as
    if manager_id is not None:
        require_own(manager_id, only_as=only_as)
        await unit.managers.find(manager_id)
    lead = await unit.leads.lock(lead_id)
    holder = lead.work.manager
    if holder is None or manager_id not in {None, holder.id}:
        return lead
    lead.require_version(versions)
    await release_leads(unit, [lead_id], rule=RULE, reason=reason, given_back=True)
    await match(unit)
    return await unit.leads.find(lead_id)
