"""Publish batches: one statement each, with a bounded wait for its commit."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg
import orjson

from leadwire.broker.port import Accepted, Message, Outcome, Rejected, Unknown, Unroutable
from leadwire.broker.postgres._connections import UNAVAILABLE, lend
from leadwire.db import Queries

if TYPE_CHECKING:
    from asyncpg.pool import Pool

MAX_BODY = 16 * 1024 * 1024
"""Bytes of a body beyond which a message is refused."""

MAX_STATEMENT = 8 * 1024 * 1024
"""Bytes of bodies in one statement, unless a single message has more."""

_STORE = Queries("leadwire.broker.postgres.sql")["store_messages"]

_NOT_SENT = Unknown("not sent: an earlier message of the batch was not taken")

_NOT_DECLARED = (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError)


@dataclass(frozen=True, slots=True)
class _Row:
    position: int
    message: Message
    headers: str


class Publisher:
    """Publishes through a pool of connections.

    Args:
        pool: Connections with a statement time-out at the server.
        timeout: Seconds within which a batch is answered.
    """

    def __init__(self, *, pool: "Pool[asyncpg.Record]", timeout: float) -> None:
        self._pool = pool
        self._timeout = timeout

    async def publish(self, batch: Sequence[Message], *, only: str | None) -> list[Outcome]:
        """Publish a batch; see `leadwire.broker.Broker.publish`.

        It is cut into statements of a bounded size. After one that fails the rest is not
        tried: it would overtake.
        """
        outcomes: list[Outcome] = [_NOT_SENT] * len(batch)
        rows = []
        for position, message in enumerate(batch):
            row = _encoded(position, message)
            if isinstance(row, Rejected):
                outcomes[position] = row
            else:
                rows.append(row)
        part: Sequence[_Row] = ()
        try:
            async with asyncio.timeout(self._timeout):
                for part in _parts(rows):
                    await self._store(part, only, outcomes)
        except (*UNAVAILABLE, asyncpg.PostgresError) as error:
            failure = _failure(error)
            for row in part:
                outcomes[row.position] = failure
        return outcomes

    async def _store(self, rows: Sequence[_Row], only: str | None, outcomes: list[Outcome]) -> None:
        async with lend(self._pool) as connection:
            routed = await connection.fetch(
                _STORE,
                [row.message.id for row in rows],
                [row.message.type for row in rows],
                [row.message.content_type for row in rows],
                [row.headers for row in rows],
                [row.message.body for row in rows],
                only,
            )
        for row in rows:
            outcomes[row.position] = Unroutable()
        for record in routed:
            outcomes[rows[record["position"] - 1].position] = Accepted()


def _failure(error: BaseException) -> Outcome:
    """Tell what an error says of the messages of its batch."""
    name = type(error).__name__
    if isinstance(error, _NOT_DECLARED):
        return Rejected("the broker's tables are not there: declare the subscriptions first")
    if isinstance(error, asyncpg.InsufficientResourcesError):
        return Rejected(f"the database lacks resources: {name}")
    if isinstance(error, UNAVAILABLE):
        return Unknown(f"no answer in time: {name}")
    return Rejected(f"the database refused the batch: {name}")


def _encoded(position: int, message: Message) -> _Row | Rejected:
    """Check what Postgres cannot store, before it spoils a whole batch."""
    if len(message.body) > MAX_BODY:
        return Rejected(f"the body has more than {MAX_BODY} bytes", permanent=True)
    try:
        headers = orjson.dumps(dict(message.headers)).decode()
        texts = "".join((message.id, message.type, message.content_type))
        texts.encode()
    except (TypeError, UnicodeEncodeError):
        # orjson's errors are TypeErrors.
        return Rejected("the message is not encodable as UTF-8", permanent=True)
    if "\0" in texts:
        return Rejected("id, type or content type contain a NUL character", permanent=True)
    return _Row(position, message, headers)


def _parts(rows: Sequence[_Row]) -> Iterator[Sequence[_Row]]:
    part: list[_Row] = []
    size = 0
    for row in rows:
        if part and size + len(row.message.body) > MAX_STATEMENT:
            yield part
            part, size = [], 0
        part.append(row)
        size += len(row.message.body)
    if part:
        yield part
