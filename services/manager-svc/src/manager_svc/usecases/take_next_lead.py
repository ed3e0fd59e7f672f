"""A manager asks for the oldest waiting lead."""

from uuid import UUID

from manager_svc.domain.errors import ManagerFullError, NoLeadWaitingError
from manager_svc.domain.lead import Lead
from manager_svc.usecases.assign_lead import hand_over
from manager_svc.usecases.match import match
from manager_svc.usecases.unit import Unit

REASON = "next_lead"


async def take_next_lead(unit: Unit, *, manager_id: UUID) -> Lead:
    """Give a manager the oldest waiting lead, also one that he gave back before.

    Raises:
        ManagerNotFoundError: There is no such manager.
        RefusalError: He is removed, paused or full.
        NoLeadWaitingError: No lead waits.
    """
    manager = await unit.managers.lock(manager_id)
    manager.require_taking()
    if not manager.has_room:
        raise ManagerFullError(manager_id=manager.id, capacity=manager.capacity)
    lead_id = await unit.leads.oldest_waiting()
    if lead_id is None:
        raise NoLeadWaitingError
    await hand_over(unit, lead_id, manager, reason=REASON)
    await match(unit)  # what he gave back before is open to him again
    return await unit.leads.find(lead_id)
