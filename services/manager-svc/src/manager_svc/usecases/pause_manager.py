"""Pause a manager: he keeps what he holds and gets nothing new."""

from dataclasses import replace
from uuid import UUID

from manager_svc.domain.manager import ManagerState
from manager_svc.usecases.events import manager_updated
from manager_svc.usecases.read_managers import ManagerWithLeads, read_manager
from manager_svc.usecases.unit import Unit


async def pause_manager(unit: Unit, *, manager_id: UUID) -> ManagerWithLeads:
    """Pause a manager; that he is paused already is no error.

    Raises:
        ManagerNotFoundError: There is no such manager.
        ManagerRemovedError: He was removed.
    """
    manager = await unit.managers.lock(manager_id)
    manager.require_present()
    if manager.state is ManagerState.ACTIVE:
        await unit.managers.withhold_places(manager_id)
        paused = await unit.managers.update(
            replace(manager, state=ManagerState.PAUSED), now=unit.now
        )
        unit.tell_of_manager(manager_updated(paused), paused)
    return await read_manager(unit, manager_id=manager_id)
