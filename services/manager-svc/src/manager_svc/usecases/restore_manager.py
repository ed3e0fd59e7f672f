"""Restore a removed manager."""

from dataclasses import replace
from uuid import UUID

from manager_svc.domain.manager import ManagerState
from manager_svc.usecases.events import manager_updated
from manager_svc.usecases.match import match
from manager_svc.usecases.read_managers import ManagerWithLeads, read_manager
from manager_svc.usecases.unit import Unit


async def restore_manager(unit: Unit, *, manager_id: UUID) -> ManagerWithLeads:
    """Bring a removed manager back, free from now on; that he is there is no error.

    He is active, also if he was paused when he was removed. What he held went to others then, and
    stays with them.

    Raises:
        ManagerNotFoundError: There never was such a manager.
        ManagerEmailExistsError: Another manager has his email by now.
    """
    manager = await unit.managers.lock(manager_id)
    if manager.state is ManagerState.REMOVED:
        restored = await unit.managers.update(
            replace(manager, state=ManagerState.ACTIVE), now=unit.now
        )
        await unit.managers.add_places(
            manager_id, first=1, last=manager.capacity, free_since=unit.now
        )
        unit.tell_of_manager(manager_updated(restored), restored)
        await match(unit)
    return await read_manager(unit, manager_id=manager_id)
