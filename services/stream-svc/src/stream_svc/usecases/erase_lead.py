"""Forget a lead's personal data; a tombstone with its id stays."""

from uuid import UUID

from leadwire.db import Connection
from stream_svc.storage.projection import ProjectionStore
from stream_svc.usecases.change_leads import change_leads


async def erase_lead(
    connection: Connection, store: ProjectionStore, *, lead_id: UUID, rev: int
) -> None:
    """Erase a lead from the projection and from the change log."""
    await change_leads(connection, store, {lead_id: lambda lead: lead.erased(rev)})
