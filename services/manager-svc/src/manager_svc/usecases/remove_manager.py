"""Remove a manager; nobody he held is stranded."""

from uuid import UUID

from manager_svc.domain.manager import ManagerState
from manager_svc.usecases.events import manager_removed
from manager_svc.usecases.match import match
from manager_svc.usecases.release_leads import release_leads
from manager_svc.usecases.unit import Unit

REASON = "manager_removed"


async def remove_manager(unit: Unit, *, manager_id: UUID) -> None:
    """Remove a manager for good; that he was removed before is no error.

    His undecided leads wait again at their old age, and go to whoever is free in the same
    transaction. His record stays for the histories that name him.

    Raises:
        ManagerNotFoundError: There never was such a manager.
    """
    manager = await unit.managers.lock(manager_id)
    if manager.state is ManagerState.REMOVED:
        return
    held = (await unit.managers.held_leads([manager_id]))[manager_id]
    await release_leads(unit, [lead.contact.id for lead in held], reason=REASON)
    await unit.managers.drop_all_places(manager_id)
    removed = await unit.managers.update(
        manager_id,
        name=manager.name,
        email=manager.email,
        capacity=manager.capacity,
        state=ManagerState.REMOVED,
        now=unit.now,
    )
    unit.tell_of_manager(manager_removed(removed), removed)
    await match(unit)
