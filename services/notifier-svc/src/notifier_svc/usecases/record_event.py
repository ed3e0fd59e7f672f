"""Write an event into the journal."""

from collections.abc import Collection
from uuid import UUID

from leadwire.db import Connection
from notifier_svc.domain.events import ReceivedEvent
from notifier_svc.domain.redaction import LEADS_CREATED, redacted_body
from notifier_svc.storage.journal import JournalStore


async def record_event(
    connection: Connection, event: ReceivedEvent, *, leads: Collection[UUID]
) -> frozenset[UUID]:
    """Add an event to the journal, without what it tells of erased leads.

    Args:
        connection: In the transaction that handles the event.
        event: As received.
        leads: The leads that it tells of.

    Returns:
        Those of the leads that are erased already.
    """
    store = JournalStore(connection=connection)
    await store.lock_for_recording()
    erased = await store.erased_among(leads)
    body = redacted_body(
        event_type=event.type, subject=event.subject, body=event.body, erased=erased
    )
    is_found_by_leads = event.type == LEADS_CREATED and body is not None
    await store.add(event, body=body, created=set(leads) - erased if is_found_by_leads else ())
    return erased
