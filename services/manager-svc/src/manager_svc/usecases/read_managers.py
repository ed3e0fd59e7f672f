"""Find managers, with the leads that they hold."""

from dataclasses import dataclass
from uuid import UUID

from manager_svc.domain.errors import ManagerNotFoundError
from manager_svc.domain.lead import Lead
from manager_svc.domain.manager import Availability, Manager, ManagerState
from manager_svc.storage.managers import ManagerStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerWithLeads:
    """A manager and what he holds, longest held first."""

    manager: Manager
    leads: list[Lead]


async def read_manager(store: ManagerStore, *, manager_id: UUID) -> ManagerWithLeads:
    """Return a manager.

    Raises:
        ManagerNotFoundError: There is no such manager, or he was removed.
    """
    manager = await store.find(manager_id)
    if manager.state is ManagerState.REMOVED:
        raise ManagerNotFoundError(manager_id)
    held = await store.held_leads([manager_id])
    return ManagerWithLeads(manager=manager, leads=held[manager_id])


async def search_managers(
    store: ManagerStore,
    *,
    part_of_name: str | None,
    availability: Availability | None,
    after: UUID | None,
    limit: int,
) -> list[ManagerWithLeads]:
    """List managers in the order in which they were added.

    Args:
        store: Where they are.
        part_of_name: In any case, accents ignored.
        availability: Only such managers.
        after: The last id of the page before.
        limit: Most managers to return.
    """
    managers = await store.search(
        part_of_name=part_of_name, availability=availability, after=after, limit=limit
    )
    held = await store.held_leads([manager.id for manager in managers])
    return [ManagerWithLeads(manager=manager, leads=held[manager.id]) for manager in managers]
