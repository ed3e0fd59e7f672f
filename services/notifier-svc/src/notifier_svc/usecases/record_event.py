"""Write an event into the journal."""

from collections.abc import Collection
from uuid import UUID

from leadwire.db import Connection
from notifier_svc.domain.events import ReceivedEvent
from notifier_svc.domain.redaction import redacted_body
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
    await store.add(event, body=body)
    return erased
