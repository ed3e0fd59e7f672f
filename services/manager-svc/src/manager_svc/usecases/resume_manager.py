"""Resume a paused manager."""

from dataclasses import replace
from uuid import UUID

from manager_svc.domain.manager import ManagerState
from manager_svc.usecases.events import manager_updated
from manager_svc.usecases.match import match
from manager_svc.usecases.read_managers import ManagerWithLeads, read_manager
from manager_svc.usecases.unit import Unit


async def resume_manager(unit: Unit, *, manager_id: UUID) -> ManagerWithLeads:
    """Let a manager take leads again, free from now on; that he is not paused is no error.

    Raises:
        ManagerNotFoundError: There is no such manager.
        ManagerRemovedError: He was removed.
    """
    manager = await unit.managers.lock(manager_id)
    manager.require_present()
    if manager.state is ManagerState.PAUSED:
        resumed = await unit.managers.update(
            replace(manager, state=ManagerState.ACTIVE), now=unit.now
        )
        await unit.managers.offer_places(manager_id, now=unit.now)
        unit.tell_of_manager(manager_updated(resumed), resumed)
        await match(unit)
    return await read_manager(unit, manager_id=manager_id)
