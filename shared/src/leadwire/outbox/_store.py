"""The relay's view of the outbox table: few statements, each on its own, none held open."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from leadwire.broker import Message
from leadwire.db import Database, Queries
from leadwire.outbox._rows import headers_of, shortened

MOST_COUNTED: Final = 100_001
"""Most rows that a measurement counts: counting them all would burden an outage."""


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """A row of the outbox that is to be published."""

    row: int
    message: Message


@dataclass(frozen=True, slots=True)
class Measurement:
    """How the outbox stands; both counts end at `MOST_COUNTED`."""

    pending: int
    parked: int
    oldest_pending_seconds: float


class OutboxStore:
    """Reads and settles rows of the outbox.

    Every statement commits by itself and gives its connection back: nothing is open while
    the broker is spoken to.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = Queries("leadwire.outbox.sql")

    async def claim(self, limit: int, *, most_bytes: int) -> list[PendingEvent]:
        """Return the oldest events that are not parked, in the order of their ids.

        Args:
            limit: Most events.
            most_bytes: Of bodies; the event that reaches it is the last one.
        """
        async with self._database.connection() as connection:
            rows = await connection.fetch(self._queries["claim_events"], limit, most_bytes)
        return [_pending(*row) for row in rows]

    async def read_again(self, events: Sequence[PendingEvent]) -> list[PendingEvent]:
        """Return what is still to be published of these, as it stands now, in order of the ids."""
        ids = [event.row for event in events]
        async with self._database.connection() as connection:
            rows = await connection.fetch(self._queries["read_pending_events"], ids)
        return [_pending(*row) for row in rows]

    async def delete(self, events: Sequence[PendingEvent]) -> None:
        """Forget events that the broker has accepted."""
        await self._execute("delete_events", [event.row for event in events])

    async def note_failures(self, failures: Sequence[tuple[PendingEvent, str]]) -> None:
        """Count an attempt and keep its error, for people who look into the table."""
        await self._settle("note_failed_attempts", failures)

    async def park(self, refusals: Sequence[tuple[PendingEvent, str]]) -> None:
        """Set events aside that the broker will never take, with what it said."""
        await self._settle("park_events", refusals)

    async def measure(self) -> Measurement:
        """Count what is pending and parked, each up to `MOST_COUNTED`."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(self._queries["measure_outbox"], MOST_COUNTED)
        if row is None:
            return Measurement(0, 0, 0.0)
        return Measurement(*row)

    async def _settle(self, query: str, events: Sequence[tuple[PendingEvent, str]]) -> None:
        rows = [event.row for event, _ in events]
        await self._execute(query, rows, [shortened(error) for _, error in events])

    async def _execute(self, query: str, rows: list[int], *arguments: list[str]) -> None:
        if rows:
            async with self._database.connection() as connection:
                await connection.execute(self._queries[query], rows, *arguments)


def _pending(
    row: int, event_id: str, event_type: str, content_type: str, body: bytes, headers: list[str]
) -> PendingEvent:
    message = Message(
        id=event_id,
        type=event_type,
        body=body,
        headers=headers_of(headers),
        content_type=content_type,
    )
    return PendingEvent(row, message)
