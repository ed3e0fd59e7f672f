"""Find managers, with the leads that they hold."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from manager_svc.domain.lead import Held
from manager_svc.domain.manager import Availability, Manager
from manager_svc.usecases.reads import Stores

LEADS_LISTED: Final = 10
"""Of each manager in a list: with capacities and pages of 1,000, all would be a million."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerWithLeads:
    """A manager and what he holds."""

    manager: Manager
    held: Held


async def read_manager(stores: Stores, *, manager_id: UUID) -> ManagerWithLeads:
    """Return a manager with all that he holds: as many leads as his capacity, at most.

    A removed one, too: his id stands in histories.

    Raises:
        ManagerNotFoundError: There never was such a manager.
    """
    manager = await stores.managers.find(manager_id)
    leads = await stores.managers.held_leads(manager_id)
    return ManagerWithLeads(manager=manager, held=Held(leads=leads, count=len(leads)))


async def search_managers(
    stores: Stores,
    *,
    part_of_name: str | None,
    availability: Availability | None,
    after: UUID | None,
    limit: int,
) -> list[ManagerWithLeads]:
    """List managers in the order in which they were added, each with the first of his leads.

    Args:
        stores: Where they are.
        part_of_name: In any case, accents ignored.
        availability: Only such managers.
        after: The last id of the page before.
        limit: Most managers to return.
    """
    managers = await stores.managers.search(
        part_of_name=part_of_name, availability=availability, after=after, limit=limit
    )
    held = await stores.managers.first_held(
        [manager.id for manager in managers], limit=LEADS_LISTED
    )
    return [ManagerWithLeads(manager=manager, held=held[manager.id]) for manager in managers]
