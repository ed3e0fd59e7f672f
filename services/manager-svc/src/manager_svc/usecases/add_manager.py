"""Add a lead manager."""

from uuid_utils.compat import uuid7

from manager_svc.domain.manager import Manager, ManagerState
from manager_svc.usecases.events import manager_added
from manager_svc.usecases.match import match
from manager_svc.usecases.read_managers import ManagerWithLeads, read_manager
from manager_svc.usecases.unit import Unit


async def add_manager(
    unit: Unit, *, name: str, email: str | None, capacity: int
) -> ManagerWithLeads:
    """Add a manager, who takes what waits at once.

    Raises:
        ManagerEmailExistsError: Another manager has this email.
    """
    manager = Manager(
        id=uuid7(),
        name=name,
        email=email,
        capacity=capacity,
        state=ManagerState.ACTIVE,
        rev=1,
        created_at=unit.now,
        updated_at=unit.now,
        free_since=unit.now,
    )
    await unit.managers.add(manager)
    unit.tell_of_manager(manager_added(manager), manager)
    await match(unit)
    return await read_manager(unit, manager_id=manager.id)
