"""The journal and its redaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

import asyncpg

from leadwire.db import Connection
from notifier_svc.domain.events import ReceivedEvent
from notifier_svc.domain.journal import (
    JournalCounts,
    JournalEntry,
    JournalPlace,
    JournalSelection,
)
from notifier_svc.storage.queries import QUERIES

_BEGINNING: Final = JournalPlace(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBody:
    """The body of an entry, and by what the entry is found."""

    received_at: datetime
    position: int
    type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEnd:
    """How far the journal is complete.

    Attributes:
        now: The database's time.
        horizon: All turns below it are complete.
        ceiling: What has begun to be written by now has a turn below it.
    """

    now: datetime
    horizon: int
    ceiling: int


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

    async def wait_briefly(self) -> None:
        """Let this transaction soon give up to wait for a lock.

        Who waits for the journal alone, as days are added and dropped, holds up all that comes
        after: behind a backup, which reads it for hours, in vain.
        """
        await self._connection.execute(QUERIES["wait_briefly"])

    async def erased_among(self, lead_ids: Collection[UUID]) -> frozenset[UUID]:
        """Return those of the leads that are erased."""
        if not lead_ids:
            return frozenset()
        rows = await self._connection.fetch(QUERIES["find_erased_leads"], list(lead_ids))
        return frozenset(row["lead_id"] for row in rows)

    async def add(
        self, event: ReceivedEvent, *, body: bytes | None, named: Collection[UUID]
    ) -> int:
        """Add an event, and plan its deliveries to webhooks; return how many.

        Args:
            event: As received.
            body: What may be kept of its body.
            named: The leads of which the body may tell, beside its subject.
        """
        status = await self._connection.execute(
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
            list(named) or None,
        )
        return int(status.rpartition(" ")[2])

    async def page(
        self,
        selection: JournalSelection,
        *,
        after: JournalPlace | None,
        limit: int,
        max_bytes: int,
    ) -> tuple[list[JournalEntry], bool]:
        """Return a page in the order of turns, and whether there is more.

        An entry is there once no earlier one can come any more: a listing that goes on
        after its last place, now or later, skips nothing.

        Args:
            selection: Which entries.
            after: The last place of the page before.
            limit: Most entries.
            max_bytes: A page ends once its bodies have so many bytes.
        """
        after = after or _BEGINNING
        rows = await self._connection.fetch(
            QUERIES["list_journal"],
            *_columns(selection),
            after.turn,
            after.position,
            limit + 1,
            max_bytes,
        )
        has_more = bool(rows) and rows[0]["found"] > min(len(rows), limit)
        return [_entry(row) for row in rows[:limit]], has_more

    async def lacks_types(self, types: Sequence[str]) -> list[str]:
        """Return those of the types of which there is no event."""
        if not types:
            return []
        rows = await self._connection.fetch(QUERIES["find_types_without_entries"], types)
        return [row["type"] for row in rows]

    async def count(self, selection: JournalSelection, *, up_to: int) -> int:
        """Count entries; `up_to` stands for that many or more."""
        query = QUERIES["count_journal"]
        return int(await self._connection.fetchval(query, *_columns(selection), up_to))

    async def count_by_minute(self, types: Sequence[str], *, minutes: int) -> JournalCounts:
        """Count the entries of some types that came in within each of the last minutes."""
        query = QUERIES["count_journal_by_minute"]
        row = await self._connection.fetchrow(query, list(types), minutes)
        if row is None:
            raise LookupError("an aggregate has no row")
        return JournalCounts(**row)

    async def end(self) -> JournalEnd:
        """Tell how far the journal is complete."""
        row = await self._connection.fetchrow(QUERIES["measure_journal_end"])
        if row is None:
            raise LookupError("the journal has no clock")
        return JournalEnd(**row)

    async def remember_erasure(self, lead_id: UUID) -> None:
        """Keep the id of an erased lead, for events that come late."""
        await self._connection.execute(QUERIES["add_erased_lead"], lead_id)

    async def redact_events_about(self, lead_id: UUID) -> None:
        """Take the bodies of the events whose subject is the lead."""
        await self._connection.execute(QUERIES["redact_journal_by_subject"], str(lead_id))

    async def events_naming(self, lead_id: UUID) -> list[StoredBody]:
        """Return the events that may tell of the lead beside their subject, locked."""
        rows = await self._connection.fetch(QUERIES["find_entries_naming"], lead_id)
        return [StoredBody(**row) for row in rows]

    async def replace_body(self, stored: StoredBody, body: bytes | None, *, without: UUID) -> None:
        """Put a body that tells nothing of a lead any more in the place of the one stored."""
        await self._connection.execute(
            QUERIES["replace_journal_body"], stored.received_at, stored.position, body, without
        )

    async def today(self) -> date:
        """Return the day of an entry that comes in now."""
        day: date = await self._connection.fetchval(QUERIES["tell_day"])
        return day

    async def add_days(self, first: date, last: date) -> int:
        """Make the journal ready for entries of these days.

        Also lets the turns go on after those of a restored copy.

        Returns:
            How many partitions were missing.
        """
        # In this order: what makes partitions waits for its other runs, and must not hold the
        # journal meanwhile, which they may want for themselves alone.
        added = await self._connection.fetchval(QUERIES["add_journal_days"], first, last)
        await self._connection.execute(QUERIES["continue_turns"])
        return int(added or 0)

    async def drop_days_before(self, day: date) -> int:
        """Drop all earlier days, but for events that deliveries wait for; return how many days.

        Needs the recording lock.
        """
        query = QUERIES["drop_journal_days_before"]
        return int(await self._connection.fetchval(query, day) or 0)

    async def forget_kept(self) -> None:
        """Forget events of days that were dropped, for which no delivery waits any more."""
        await self._connection.execute(QUERIES["forget_kept_entries"])


def _columns(
    selection: JournalSelection,
) -> tuple[list[str], datetime | None, datetime | None, datetime | None]:
    return (
        list(selection.types),
        selection.since,
        selection.until,
        selection.happened_before,
    )


def _entry(row: asyncpg.Record) -> JournalEntry:
    return JournalEntry(
        place=JournalPlace(row["turn"], row["position"]),
        received_at=row["received_at"],
        id=row["event_id"],
        source=row["source"],
        type=row["type"],
        subject=row["subject"],
        time=row["time"],
        body=row["body"],
        redacted_at=row["redacted_at"],
        content_type=row["content_type"],
        headers=dict(zip(row["headers"][::2], row["headers"][1::2], strict=True)),
    )
