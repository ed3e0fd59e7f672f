"""Tell of changes and ends of leads: `lead_updated` and `lead_erased` events."""

from collections.abc import Sequence
from uuid import UUID

import orjson

from import_svc.domain.leads import Lead, Tombstone
from import_svc.messaging.leads_created import SOURCE
from leadwire.contracts import (
    Contact,
    EventData,
    LeadErased,
    LeadTombstone,
    LeadUpdated,
    new_event,
    to_message,
)
from leadwire.contracts.redaction import redacted_body
from leadwire.db import Connection
from leadwire.outbox import Outbox, OutgoingEvent, UnpublishedEvent


class ChangesAnnouncer:
    """Adds the events about changed and erased leads to the outbox.

    Args:
        outbox: The service's outbox.
    """

    def __init__(self, *, outbox: Outbox) -> None:
        self._outbox = outbox

    async def updated(self, connection: Connection, leads: Sequence[Lead]) -> None:
        """Tell the whole contact side of each lead.

        Args:
            connection: The transaction that holds the locks of the leads.
            leads: As they are now.
        """
        await self._outbox.add(
            connection,
            [_event(LeadUpdated(lead=_contact(lead)), lead.id, lead.rev) for lead in leads],
        )

    async def erased(self, connection: Connection, tombstones: Sequence[Tombstone]) -> None:
        """Tell that leads are erased.

        Args:
            connection: The transaction that erased them, or any later one.
            tombstones: What is left of them.
        """
        await self._outbox.add(
            connection,
            [
                _event(LeadErased(lead=LeadTombstone(id=each.id, rev=each.rev)), each.id, each.rev)
                for each in tombstones
            ],
        )

    async def withdraw(self, connection: Connection, lead_id: UUID) -> None:
        """Tell nothing more of a lead that is being erased but its end.

        What the broker has not taken yet is dropped, set aside or not; of an import the lead
        alone is taken out. Consumers do not miss it: `lead_erased` is enough for them also
        about a lead that they never heard of, and so the outbox keeps no personal data that
        would wait for a broker to come back, or for somebody to look at what was parked.

        Args:
            connection: The transaction that erases it, and holds its lock.
            lead_id: The lead.
        """

        def redacted(event: UnpublishedEvent) -> bytes | None:
            return redacted_body(
                event_type=event.type,
                subject=None if event.aggregate_id is None else str(event.aggregate_id),
                body=event.body,
                erased=frozenset({lead_id}),
            )

        await self._outbox.redact(connection, about=lead_id, redacted=redacted)
        await self._outbox.redact_batches(connection, mentioning=str(lead_id), redacted=redacted)


def _event(data: EventData, lead_id: UUID, rev: int) -> OutgoingEvent:
    event = new_event(data, source=SOURCE, subject=lead_id, sequence=rev)
    return OutgoingEvent(to_message(event), lead_id)


def _contact(lead: Lead) -> Contact:
    return Contact(
        id=lead.id,
        name=lead.name,
        family_name=lead.family_name,
        email=lead.email,
        cellphone=lead.cellphone,
        attributes=orjson.loads(lead.attributes),
        origin=lead.origin,
        import_id=lead.import_id,
        has_resume=lead.has_resume,
        created_at=lead.created_at,
        updated_at=lead.updated_at,
        rev=lead.rev,
    )
