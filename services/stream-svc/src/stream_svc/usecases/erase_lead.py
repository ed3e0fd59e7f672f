"""Forget a lead's personal data; a tombstone with its id stays."""

from uuid import UUID

from leadwire.contracts.redaction import redaction_of_parked
from leadwire.db import Connection
from leadwire.outbox import redact_parked
from stream_svc.storage.projection import ProjectionStore
from stream_svc.usecases.change_leads import change_leads


async def erase_lead(
    connection: Connection, store: ProjectionStore, *, lead_id: UUID, rev: int
) -> None:
    """Erase a lead from parked events, from the projection and from the change log."""
    # First: nothing but the commit may follow the change, which locks the log's head.
    await redact_parked(connection, mentioning=lead_id, redacted=redaction_of_parked(lead_id))
    await change_leads(connection, store, {lead_id: lambda lead: lead.erased(rev)})
