"""What happened to a lead."""

from uuid import UUID

from manager_svc.domain.lead import History
from manager_svc.usecases.reads import Stores


async def read_history(stores: Stores, *, lead_id: UUID, after: int, limit: int) -> History:
    """List the entries of a lead's history, oldest first.

    Args:
        stores: Where they are.
        lead_id: Which lead.
        after: Number of the last entry of the page before; 0 for the first page.
        limit: Most entries to return.

    Raises:
        LeadNotFoundError: There is no such lead.
    """
    await stores.leads.find(lead_id)
    return History(
        entries=await stores.leads.history(lead_id, after=after, limit=limit),
        forgotten_at=await stores.leads.history_forgotten_at(lead_id),
    )
