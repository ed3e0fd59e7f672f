"""Write an event into the journal."""

from uuid import UUID

from leadwire.contracts.redaction import leads_told_of, redacted_body
from leadwire.db import Connection
from notifier_svc.domain.events import ReceivedEvent
from notifier_svc.storage.journal import JournalStore


async def record_event(connection: Connection, event: ReceivedEvent) -> int:
    """Add an event to the journal, without what it tells of erased leads.

    Its deliveries to webhooks are planned with it.

    Args:
        connection: In the transaction that takes the event.
        event: As received.

    Returns:
        How many deliveries there are.
    """
    named = leads_told_of(event.type, event.body)
    store = JournalStore(connection=connection)
    await store.lock_for_recording()
    erased = await store.erased_among(named | _leads_among(event.subject))
    body = redacted_body(
        event_type=event.type, subject=event.subject, body=event.body, erased=erased
    )
    return await store.add(event, body=body, named=() if body is None else named - erased)


def _leads_among(subject: str | None) -> frozenset[UUID]:
    try:
        return frozenset({UUID(subject)}) if subject else frozenset()
    except ValueError:
        return frozenset()  # another team's event, about something that is no lead
