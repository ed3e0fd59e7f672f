"""The writing end of the outbox."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from uuid import UUID

from leadwire.broker import Message
from leadwire.db import Connection, MigrationSource, Queries
from leadwire.observability import span
from leadwire.outbox._rows import message_columns

OUTBOX_MIGRATIONS: Final = MigrationSource(name="outbox", package="leadwire.outbox.migrations")
"""Tables `outbox`, `inbox` and `parked`, for the schema of the service that uses them."""

_COPY_FROM: Final = 50
_COLUMNS: Final = ("event_id", "aggregate_id", "type", "content_type", "body", "headers")
_PARAMETER: Final = re.compile(r"\$(\d+)")


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """An event to publish once the transaction has committed.

    Attributes:
        message: What to publish; its bytes are stored and published as they are.
        aggregate_id: The thing it is about, for example a lead; None if it is about several.
    """

    message: Message
    aggregate_id: UUID | None


@dataclass(frozen=True, slots=True)
class UnpublishedEvent:
    """An event that stands in the outbox, pending or parked.

    Attributes:
        aggregate_id: The thing it is about; None if it is about several.
    """

    type: str
    aggregate_id: UUID | None
    body: bytes


@cache
def with_event(insert: str) -> str:
    """Write one statement that inserts a row and adds an event, so that both commit together.

    A transaction of its own would take three more round trips for them. Postgres runs the row's
    insert first, so what is refused writes no event, but does not promise that order. So this is
    for what is new alone, which nobody else can tell of before the commit: of a row that is there
    already, the event's id might be drawn before the row is locked (see `Outbox`).

    Args:
        insert: An `INSERT`. Its parameters keep their numbers; those of the event,
            `event_values`, come after them. The event is added also if no row is inserted.
    """
    before = max(map(int, _PARAMETER.findall(insert)), default=0)
    add_event = Queries("leadwire.outbox.sql")["add_event"]
    moved = _PARAMETER.sub(lambda found: f"${int(found[1]) + before}", add_event)
    return f"WITH event AS (\n{moved})\n{insert}"


def event_values(event: OutgoingEvent) -> tuple[str, UUID | None, str, str, bytes, list[str]]:
    """Give the values of an event's row, in the order of the parameters of `add_event`."""
    event_id, event_type, content_type, body, headers = message_columns(event.message)
    return event_id, event.aggregate_id, event_type, content_type, body, headers


class Outbox:
    """Adds events to the outbox of the service, in the caller's own transaction.

    Events are published in the order of their ids, and an id is drawn when a row is
    inserted, not when it is committed. So whoever adds an event about an aggregate must
    hold the lock of that aggregate's row (by an update, or `SELECT ... FOR UPDATE`)
    *before* adding, and keep it until the commit: then two transactions about the same
    aggregate draw their ids in the order in which they commit (G8).
    """

    def __init__(self) -> None:
        self._queries = Queries("leadwire.outbox.sql")

    async def add(self, connection: Connection, events: Sequence[OutgoingEvent]) -> None:
        """Store events in the given order; they are published after the commit.

        The table's trigger wakes the relay, once per transaction.

        Args:
            connection: A connection with an open transaction that made the change and
                holds the locks of the aggregates concerned.
            events: Any number; many are stored by COPY.

        Raises:
            RuntimeError: There is no open transaction: change and event would not
                commit together.
        """
        if not connection.is_in_transaction():
            raise RuntimeError("events belong into the transaction of the change that they tell")
        rows = [event_values(event) for event in events]
        with span("add to outbox", events=len(rows)):
            if len(rows) < _COPY_FROM:
                await connection.executemany(self._queries["add_event"], rows)
            else:
                await connection.copy_records_to_table("outbox", records=rows, columns=_COLUMNS)

    async def backlog(self, connection: Connection, *, up_to: int) -> int:
        """Count the events that wait to be published; `up_to` stands for that many or more."""
        count: int = await connection.fetchval(self._queries["count_pending_events"], up_to)
        return count

    async def redact(
        self,
        connection: Connection,
        *,
        about: UUID,
        redacted: Callable[[UnpublishedEvent], bytes | None],
    ) -> None:
        """Take out of events that are not published yet what may not be told any more.

        The relay holds a copy of those that it is publishing at this moment: they count as
        published. If the broker does not take them, it reads them again before it publishes
        them again.

        Args:
            connection: A transaction that holds the lock of the aggregate concerned.
            about: The aggregate. Events about several are not looked at.
            redacted: Gives the body to publish instead; None if the event is to be dropped.
        """
        await self._redact(connection, "find_events_about", about, redacted)

    async def redact_batches(
        self,
        connection: Connection,
        *,
        mentioning: str,
        redacted: Callable[[UnpublishedEvent], bytes | None],
    ) -> None:
        """Do as `redact` does, for events that are about several things.

        Args:
            connection: A transaction that holds the lock of the aggregate concerned.
            mentioning: Text that the body of each event concerned contains.
            redacted: Gives the body to publish instead; None if the event is to be dropped.
        """
        await self._redact(connection, "find_batches_mentioning", mentioning, redacted)

    async def _redact(
        self,
        connection: Connection,
        query: str,
        searched: UUID | str,
        redacted: Callable[[UnpublishedEvent], bytes | None],
    ) -> None:
        for row, *event in await connection.fetch(self._queries[query], searched):
            found = UnpublishedEvent(*event)
            body = redacted(found)
            if body is None:
                await connection.execute(self._queries["delete_events"], [row])
            elif body != found.body:
                await connection.execute(self._queries["replace_event_body"], row, body)
