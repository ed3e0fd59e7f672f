"""Change a manager's name, email or capacity."""

from dataclasses import replace
from typing import TypedDict
from uuid import UUID

from manager_svc.domain.errors import CapacityInUseError
from manager_svc.domain.manager import Manager, ManagerState
from manager_svc.usecases.events import manager_updated
from manager_svc.usecases.match import match
from manager_svc.usecases.read_managers import ManagerWithLeads, read_manager
from manager_svc.usecases.unit import Unit


class ManagerChanges(TypedDict, total=False):
    """What to change; what is not in it stays."""

    name: str
    email: str | None
    capacity: int


async def change_manager(
    unit: Unit, *, manager_id: UUID, changes: ManagerChanges
) -> ManagerWithLeads:
    """Change a manager's record; more capacity takes what waits at once.

    Raises:
        ManagerNotFoundError: There is no such manager.
        ManagerRemovedError: He was removed.
        ManagerEmailExistsError: Another manager has this email.
        CapacityInUseError: He holds more leads than the new capacity allows.
    """
    manager = await unit.managers.lock(manager_id)
    manager.require_present()
    wanted = replace(manager, **changes)
    if wanted != manager:
        if wanted.capacity < manager.capacity:
            await _shrink(unit, manager, wanted.capacity)
        changed = await unit.managers.update(wanted, now=unit.now)
        if wanted.capacity > manager.capacity:
            await _grow(unit, manager, wanted.capacity)
        unit.tell_of_manager(manager_updated(changed), changed)
        await match(unit)
    return await read_manager(unit, manager_id=manager_id)


async def _shrink(unit: Unit, manager: Manager, capacity: int) -> None:
    """Drop free places before the record changes: places must always fit the capacity."""
    held = await unit.managers.count_held(manager.id)
    if held > capacity:
        raise CapacityInUseError(held=held, asked=capacity)
    await unit.managers.drop_places(manager.id, count=manager.capacity - capacity)


async def _grow(unit: Unit, manager: Manager, capacity: int) -> None:
    offered = manager.state is ManagerState.ACTIVE
    await unit.managers.add_places(
        manager.id,
        first=manager.capacity + 1,
        last=capacity,
        free_since=unit.now if offered else None,
    )
