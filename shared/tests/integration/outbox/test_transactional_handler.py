"""One effect per event: the inbox row and the effect commit or roll back together."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
import pytest

from leadwire.broker import Ack, Delivery, Handler, Message, Park, Retry
from leadwire.db import Connection, Database
from leadwire.outbox import UnreadableError, transactional_handler

Rows = Callable[[str], Awaitable[list[tuple[object, ...]]]]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@dataclass(frozen=True)
class Told:
    source: str
    id: str


def read(message: Message) -> Told:
    if message.body == b"garbage":
        raise UnreadableError("body: Invalid JSON")
    return Told(source=message.body.decode(), id=message.id)


def delivery(event_id: str = "e1", *, source: str = "src", traceparent: str = "") -> Delivery:
    message = Message(
        id=event_id, type="told", body=source.encode(), headers={"traceparent": traceparent}
    )
    return Delivery(message=message, subscription="listener", attempt=1)


@pytest.fixture
async def effects(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("CREATE TABLE effects (event_id text)")


async def have_effect(connection: Connection, event: Told) -> None:
    await connection.execute("INSERT INTO effects VALUES ($1)", event.id)


def handler(
    database: Database,
    apply: Callable[[Connection, Told], Awaitable[None]] = have_effect,
    subscription: str = "listener",
) -> Handler:
    return transactional_handler(
        database=database, subscription=subscription, read=read, apply=apply
    )


@pytest.mark.usefixtures("effects")
async def test_a_duplicate_is_acknowledged_without_an_effect(
    database: Database, rows: Rows
) -> None:
    handle = handler(database)
    assert [await handle(delivery()) for _ in range(3)] == [Ack(), Ack(), Ack()]
    assert await rows("SELECT event_id FROM effects") == [("e1",)]
    assert await rows("SELECT subscription, source, event_id FROM inbox") == [
        ("listener", "src", "e1")
    ]


@pytest.mark.usefixtures("effects")
async def test_duplicates_at_the_same_time_have_one_effect(database: Database, rows: Rows) -> None:
    together = asyncio.Barrier(2)

    async def slowly(connection: Connection, event: Told) -> None:
        await have_effect(connection, event)
        await connection.fetchval("SELECT pg_sleep(0.2)")

    async def handle_once() -> object:
        await together.wait()
        return await handler(database, slowly)(delivery())

    first, second = await asyncio.gather(handle_once(), handle_once())
    assert first == second == Ack()
    assert await rows("SELECT event_id FROM effects") == [("e1",)]


@pytest.mark.usefixtures("effects")
async def test_equal_ids_of_other_sources_and_subscriptions_are_other_events(
    database: Database, rows: Rows
) -> None:
    await handler(database)(delivery(source="one"))
    await handler(database)(delivery(source="two"))
    await handler(database, subscription="other")(delivery(source="one"))
    assert len(await rows("SELECT 1 FROM effects")) == 3


@pytest.mark.usefixtures("effects")
async def test_a_failing_effect_rolls_the_inbox_row_back_so_that_a_retry_has_it(
    database: Database, rows: Rows
) -> None:
    async def fail_after_effect(connection: Connection, event: Told) -> None:
        await have_effect(connection, event)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await handler(database, fail_after_effect)(delivery())
    assert await rows("SELECT 1 FROM effects") == []
    assert await rows("SELECT 1 FROM inbox") == []
    assert await handler(database)(delivery()) == Ack()
    assert await rows("SELECT event_id FROM effects") == [("e1",)]


async def test_what_cannot_be_read_is_parked_with_the_reason(
    database: Database, rows: Rows
) -> None:
    assert await handler(database)(delivery(source="garbage")) == Park("body: Invalid JSON")
    assert await rows("SELECT 1 FROM inbox") == []


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.DeadlockDetectedError("x"),
        asyncpg.SerializationError("x"),
        asyncpg.LockNotAvailableError("x"),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_passes_by_itself_is_retried(
    database: Database, rows: Rows, error: Exception
) -> None:
    async def fail(_connection: Connection, _event: Told) -> None:
        raise error

    verdict = await handler(database, fail)(delivery())
    assert verdict == Retry(reason=type(error).__name__, excused=True)
    assert await rows("SELECT 1 FROM inbox") == []


async def test_a_lost_connection_is_retried(database: Database, rows: Rows) -> None:
    async def lose_it(connection: Connection, _event: Told) -> None:
        await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    verdict = await handler(database, lose_it)(delivery())
    assert isinstance(verdict, Retry)
    assert await rows("SELECT 1 FROM inbox") == []
