"""What an operator reads and does of parked events: the rows behind it.

Events are parked in two places: deliveries that a consumer could not handle, in `parked`, and
events that the broker will never take, in the `outbox`. Here both are one list, told apart by
the first part of their id: `consumer-12`, `outbox-7`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from leadwire.broker import Message
from leadwire.db import Database, Queries
from leadwire.outbox._rows import headers_of, shortened
from leadwire.outbox.parking import SOURCE_HEADER

MOST_BYTES: Final = 4 * 1024**2
"""Of bodies that are read together; the event that reaches it is the last one."""

MOST_COUNTED: Final = 100_001
"""Most parked events that are counted."""

_NO_ROW: Final = 2**63 - 1


class Place(StrEnum):
    """Where an event is parked."""

    CONSUMER = "consumer"
    OUTBOX = "outbox"


@dataclass(frozen=True, slots=True)
class ParkedId:
    """Which parked event: written as `consumer-12`."""

    place: Place
    row: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` writes.

        Raises:
            ValueError: It is no such text.
        """
        place, _, row = text.partition("-")
        if not (row.isascii() and row.isdecimal() and int(row) <= _NO_ROW):
            raise ValueError("it must be like consumer-12 or outbox-7")
        return cls(Place(place), int(row))

    def __str__(self) -> str:
        return f"{self.place}-{self.row}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedFilter:
    """Which parked events; None for any."""

    subscription: str | None = None
    type: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEvent:
    """An event that is set aside.

    Attributes:
        subscription: Whose delivery it was; None if it was never published.
        source: Its publisher; empty if it names none.
        size: Length of the body.
        body: None in lists.
    """

    id: ParkedId
    subscription: str | None
    source: str
    event_id: str
    type: str
    content_type: str
    headers: Mapping[str, str]
    reason: str
    attempts: int
    parked_at: datetime
    size: int
    body: bytes | None = None

    def message(self) -> Message:
        """Give the message as it was published, to be published again."""
        return Message(
            id=self.event_id,
            type=self.type,
            body=b"" if self.body is None else self.body,
            headers=self.headers,
            content_type=self.content_type,
        )


class DecisionKind(StrEnum):
    """What an operator did with a parked event."""

    REQUEUED = "requeued"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an operator did with a parked event, and when."""

    id: int
    parked_id: str
    decision: DecisionKind
    subscription: str | None
    source: str
    event_id: str
    type: str
    reason: str | None
    decided_at: datetime


class ParkedStore:
    """Reads parked events, and writes down what was decided on them.

    Every statement commits by itself: nothing is open while the broker is spoken to.

    Args:
        database: Of the service.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database
        self._queries = Queries("leadwire.outbox.sql")

    async def page(
        self, chosen: ParkedFilter, *, after: ParkedId | None, limit: int
    ) -> Sequence[ParkedEvent]:
        """Return parked events without bodies, deliveries first, each kind oldest first."""
        in_outbox = after is not None and after.place is Place.OUTBOX
        row = after.row if after is not None else 0
        rows = await self._fetch(
            "list_parked",
            _NO_ROW if in_outbox else row,
            row if in_outbox else 0,
            chosen.subscription,
            chosen.type,
            chosen.place,
            limit,
        )
        return [_parked(each) for each in rows]

    async def one(self, parked_id: ParkedId) -> ParkedEvent | None:
        """Return a parked event with its body."""
        if parked_id.place is Place.CONSUMER:
            found = await self.deliveries(
                ParkedFilter(), after=parked_id.row - 1, newest=parked_id.row, limit=1
            )
            return found[0] if found else None
        rows = await self._fetch("read_parked_publication", parked_id.row)
        return _parked(rows[0]) if rows else None

    async def deliveries(
        self, chosen: ParkedFilter, *, after: int, newest: int, limit: int
    ) -> Sequence[ParkedEvent]:
        """Return parked deliveries with bodies, oldest first, up to `MOST_BYTES` of them.

        Args:
            chosen: Which; the place does not matter.
            after: Row after which they begin.
            newest: The last row that counts.
            limit: Most events.
        """
        rows = await self._fetch(
            "read_parked_deliveries",
            after,
            newest,
            chosen.subscription,
            chosen.type,
            limit,
            MOST_BYTES,
        )
        return [_parked(each) for each in rows]

    async def newest(self) -> Mapping[Place, int]:
        """Return the newest row of each place, 0 if there is none."""
        [row] = await self._fetch("find_newest_parked")
        return {place: row[place] for place in Place}

    async def settle_requeued(self, accepted: Sequence[ParkedEvent]) -> Sequence[Decision]:
        """Delete deliveries that the broker has again, but not what was parked anew since."""
        if not accepted:
            return []
        rows = await self._fetch(
            "settle_requeued_deliveries",
            [each.id.row for each in accepted],
            [each.parked_at for each in accepted],
            [each.subscription for each in accepted],
            [each.source for each in accepted],
            [each.event_id for each in accepted],
            [each.type for each in accepted],
        )
        return [_decision(each) for each in rows]

    async def requeue_publications(
        self, *, after: int, newest: int, event_type: str | None, limit: int
    ) -> Sequence[Decision]:
        """Let the relay publish events again that are parked in the outbox."""
        rows = await self._fetch("requeue_publications", after, newest, event_type, limit)
        return [_decision(each) for each in rows]

    async def discard(self, parked_id: ParkedId, *, reason: str) -> Decision | None:
        """Delete a parked event and note why; None if it is not there."""
        query = "discard_delivery" if parked_id.place is Place.CONSUMER else "discard_publication"
        rows = await self._fetch(query, parked_id.row, shortened(reason))
        return _decision(rows[0]) if rows else None

    async def decision_on(self, parked_id: ParkedId) -> Decision | None:
        """Return what was decided last on an event that was parked under this id."""
        rows = await self._fetch("find_decision", str(parked_id))
        return _decision(rows[0]) if rows else None

    async def decisions(self, *, before: int | None, limit: int) -> Sequence[Decision]:
        """Return what was decided, newest first."""
        rows = await self._fetch("list_decisions", _NO_ROW if before is None else before, limit)
        return [_decision(each) for each in rows]

    async def count(self) -> Mapping[str, int]:
        """Count parked deliveries by subscription; in all, no more than `MOST_COUNTED`."""
        rows = await self._fetch("count_parked", MOST_COUNTED)
        return {each["subscription"]: each["parked"] for each in rows}

    async def _fetch(self, query: str, *arguments: object) -> Sequence[Any]:
        async with self._database.connection() as connection:
            return await connection.fetch(self._queries[query], *arguments)


def _parked(row: Mapping[str, Any]) -> ParkedEvent:
    columns = dict(row)
    headers = headers_of(columns.pop("headers"))
    source = columns.pop("source") or headers.get(SOURCE_HEADER, "")
    parked_id = ParkedId(Place(columns.pop("place")), columns.pop("id"))
    return ParkedEvent(id=parked_id, headers=headers, source=source, **columns)


def _decision(row: Mapping[str, Any]) -> Decision:
    columns = dict(row)
    return Decision(decision=DecisionKind(columns.pop("decision")), **columns)
