"""The journal and its redaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg

from leadwire.db import Connection
from notifier_svc.domain.events import ReceivedEvent
from notifier_svc.domain.journal import JournalEntry, JournalPlace, JournalSelection
from notifier_svc.storage.queries import QUERIES


@dataclass(frozen=True, slots=True)
class StoredBody:
    """The body of an entry, and where it stands."""

    place: JournalPlace
    body: bytes


class JournalStore:
    """The journal, the ids of erased leads, and what else an erasure touches.

    Args:
        connection: Every method runs in its transaction.
    """

    def __init__(self, *, connection: Connection) -> None:
        self._connection = connection

    async def lock_for_recording(self) -> None:
        """Keep erasures out until the end of the transaction."""
        await self._connection.execute(QUERIES["lock_for_recording"])

    async def lock_for_erasure(self) -> None:
        """Keep everybody else out until the end of the transaction."""
        await self._connection.execute(QUERIES["lock_for_erasure"])

    async def erased_among(self, lead_ids: Collection[UUID]) -> frozenset[UUID]:
        """Return those of the leads that are erased."""
        if not lead_ids:
            return frozenset()
        rows = await self._connection.fetch(QUERIES["find_erased_leads"], list(lead_ids))
        return frozenset(row["lead_id"] for row in rows)

    async def add(self, event: ReceivedEvent, *, body: bytes | None) -> None:
        """Add an event, with what may be kept of its body."""
        await self._connection.execute(
            QUERIES["add_journal_entry"],
            event.id,
            event.source,
            event.type,
            event.subject,
            event.time,
            event.content_type,
            body,
            [text for pair in event.headers.items() for text in pair],
            body != event.body,
        )

    async def page(
        self,
        selection: JournalSelection,
        *,
        after: JournalPlace | None,
        limit: int,
        max_bytes: int,
    ) -> tuple[list[JournalEntry], bool]:
        """Return a page, oldest first, and whether there is more.

        Args:
            selection: Which entries.
            after: The last place of the page before.
            limit: Most entries.
            max_bytes: A page ends once its bodies have so many bytes.
        """
        rows = await self._connection.fetch(
            QUERIES["list_journal"],
            list(selection.types),
            selection.since,
            selection.until,
            after and after.received_at,
            after and after.position,
            limit + 1,
            max_bytes,
        )
        has_more = bool(rows) and rows[0]["found"] > min(len(rows), limit)
        return [_entry(row) for row in rows[:limit]], has_more

    async def remember_erasure(self, lead_id: UUID) -> None:
        """Keep the id of an erased lead, for events that come late."""
        await self._connection.execute(QUERIES["add_erased_lead"], lead_id)

    async def redact_events_about(self, lead_id: UUID) -> None:
        """Take the bodies of the events whose subject is the lead."""
        await self._connection.execute(QUERIES["redact_journal_by_subject"], str(lead_id))

    async def imports_of(self, lead_id: UUID) -> list[StoredBody]:
        """Return the `leads_created` that name the lead, locked."""
        rows = await self._connection.fetch(QUERIES["find_leads_created_with"], str(lead_id))
        return [
            StoredBody(JournalPlace(row["received_at"], row["position"]), row["body"])
            for row in rows
        ]

    async def replace_body(self, place: JournalPlace, body: bytes | None) -> None:
        """Put a redacted body in the place of the one received."""
        await self._connection.execute(
            QUERIES["replace_journal_body"], place.received_at, place.position, body
        )

    async def forget_parked_events_of(self, lead_id: UUID) -> None:
        """Delete parked events that name the lead."""
        await self._connection.execute(QUERIES["forget_parked_events_of_lead"], str(lead_id))

    async def add_days(self, first: date, last: date) -> int:
        """Make the partitions of these days, where they are missing; return how many."""
        return int(await self._connection.fetchval(QUERIES["add_journal_days"], first, last) or 0)

    async def drop_days_before(self, day: date) -> int:
        """Drop the partitions of all earlier days; return how many."""
        query = QUERIES["drop_journal_days_before"]
        return int(await self._connection.fetchval(query, day) or 0)


def _entry(row: asyncpg.Record) -> JournalEntry:
    return JournalEntry(
        place=JournalPlace(row["received_at"], row["position"]),
        id=row["event_id"],
        source=row["source"],
        type=row["type"],
        subject=row["subject"],
        time=row["time"],
        body=row["body"],
        redacted_at=row["redacted_at"],
    )
