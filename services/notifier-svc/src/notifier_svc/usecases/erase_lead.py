"""Forget an erased lead's personal data (G11)."""

from uuid import UUID

from leadwire.contracts.redaction import redacted_body, redaction_of_parked
from leadwire.db import Connection
from leadwire.outbox import redact_parked
from notifier_svc.storage.email_deliveries import EmailDeliveryStore
from notifier_svc.storage.journal import JournalStore


async def erase_lead(connection: Connection, lead_id: UUID) -> None:
    """Redact journal, parked events and deliveries; keep the id, for events that come late.

    Once the id is kept nothing about the lead is recorded or planned any more, so that an
    erasure that is said again has only parked events to look through, which may come from a
    backup.

    Args:
        connection: In the transaction that handles `lead_erased`.
        lead_id: The lead.
    """
    journal = JournalStore(connection=connection)
    if not await journal.erased_among({lead_id}):
        await _redact_what_is_recorded(connection, journal, lead_id)
    await redact_parked(connection, mentioning=lead_id, redacted=redaction_of_parked(lead_id))


async def _redact_what_is_recorded(
    connection: Connection, journal: JournalStore, lead_id: UUID
) -> None:
    """Redact journal and deliveries.

    Takes the erasure lock, so no row may be locked before: a transaction that holds the
    recording lock cannot get it while others wait for it.
    """
    await journal.lock_for_erasure()
    await journal.remember_erasure(lead_id)
    await journal.redact_events_about(lead_id)
    for stored in await journal.events_naming(lead_id):
        body = redacted_body(
            event_type=stored.type,
            subject=None,
            body=stored.body,
            erased=frozenset({lead_id}),
        )
        await journal.replace_body(stored, body, without=lead_id)
    await EmailDeliveryStore(connection=connection).cancel_for_lead(lead_id)
