"""A manager asks for the oldest waiting lead."""

from dataclasses import dataclass
from uuid import UUID

from manager_svc.domain.errors import ManagerFullError
from manager_svc.domain.explanation import Rule
from manager_svc.domain.lead import Lead
from manager_svc.usecases.assign_lead import hand_over
from manager_svc.usecases.match import match
from manager_svc.usecases.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The lead that a request for the next one was answered with.

    Attributes:
        lead: As it is now.
        replayed: Whether an earlier request with the same key took it.
    """

    lead: Lead
    replayed: bool = False


async def take_next_lead(unit: Unit, *, manager_id: UUID, key: str | None = None) -> Taken:
    """Give a manager the oldest waiting lead that he did not give back a short while ago (G5).

    Args:
        unit: The unit of this command.
        manager_id: Who asks.
        key: His name for the request: the same one takes one lead, however often it is sent.

    Raises:
        ManagerNotFoundError: There is no such manager.
        RefusalError: He is removed, paused or full.
        NoLeadWaitingError: No lead waits, but such as he gave back.
        LeadNotFoundError: The lead that was taken with this key was erased.
    """
    manager = await unit.managers.lock(manager_id)
    if key is not None:
        earlier = await unit.managers.lead_of_key(manager_id, key)
        if earlier is not None:
            return Taken(lead=await unit.leads.find(earlier), replayed=True)
    manager.require_taking()
    if not manager.has_room:
        raise ManagerFullError(manager_id=manager.id, capacity=manager.capacity)
    lead_id = await unit.leads.oldest_open_to(manager_id, now=unit.now)
    oldest = await unit.leads.oldest_waiting()
    await hand_over(unit, lead_id, manager, oldest=oldest, rule=Rule.NEXT_LEAD)
    if key is not None:
        await unit.managers.keep_key(manager_id, key, lead_id=lead_id)
    await match(unit)  # what he gave back is open to him again
    return Taken(lead=await unit.leads.find(lead_id))
