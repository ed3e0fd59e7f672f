"""Events that wait together are handled in one transaction, and each has its own verdict."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import asyncpg
import pytest

from leadwire.broker import Ack, Delivery, Message, Park, Retry
from leadwire.db import Connection, Database
from leadwire.outbox import BatchingHandler, UnreadableError
from leadwire.testing import eventually

Rows = Callable[[str], Awaitable[list[tuple[object, ...]]]]
pytestmark = pytest.mark.usefixtures("effects")


@dataclass(frozen=True)
class Told:
    source: str
    id: str


@dataclass
class Effects:
    """Has an effect for each event, once it is let; some events cannot have one."""

    let: asyncio.Event = field(default_factory=asyncio.Event)
    batches: list[list[str]] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)

    async def __call__(self, connection: Connection, events: Sequence[Told]) -> None:
        self.batches.append([event.id for event in events])
        await connection.executemany(
            "INSERT INTO effects VALUES ($1)", [(event.id,) for event in events]
        )
        await self.let.wait()
        for event in events:
            if event.id in self.failures:
                raise self.failures[event.id]


def read(message: Message) -> Told:
    if message.body == b"garbage":
        raise UnreadableError("body: Invalid JSON")
    return Told(source="src", id=message.id)


def delivery(event_id: str, body: bytes = b"") -> Delivery:
    message = Message(id=event_id, type="told", body=body)
    return Delivery(message=message, subscription="listener", attempt=1)


def new_handler(database: Database, effects: Effects, *, most: int = 100) -> BatchingHandler[Told]:
    return BatchingHandler(
        database=database,
        subscription="listener",
        read=read,
        apply=effects,
        weigh=lambda event: 10 if event.id.startswith("heavy") else 1,
        most=most,
    )


@pytest.fixture
async def effects(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("CREATE TABLE effects (event_id text)")


async def begun(
    handler: BatchingHandler[Told], effects: Effects, *ids: str
) -> list[asyncio.Task[object]]:
    """Have the first event at work, and the others wait for it."""
    first, *others = ids
    tasks: list[asyncio.Task[object]] = [asyncio.create_task(handler.handle(delivery(first)))]
    await eventually(lambda: _is(effects.batches, [[first]]))
    tasks += [asyncio.create_task(handler.handle(delivery(each))) for each in others]
    await asyncio.sleep(0)  # each gets to where it waits
    return tasks


async def test_what_waits_is_handled_together(database: Database, rows: Rows) -> None:
    effects = Effects()
    tasks = await begun(new_handler(database, effects), effects, "a", "b", "c", "d")
    effects.let.set()
    assert await asyncio.gather(*tasks) == [Ack()] * 4
    assert effects.batches == [["a"], ["b", "c", "d"]]
    assert await rows("SELECT event_id FROM effects ORDER BY 1") == [(each,) for each in "abcd"]
    assert await rows("SELECT count(*), count(DISTINCT xmin::text) FROM inbox") == [(4, 2)]


async def test_an_event_that_is_repeated_has_one_effect(database: Database, rows: Rows) -> None:
    effects = Effects()
    handler = new_handler(database, effects)
    tasks = await begun(handler, effects, "a", "b", "a", "b")
    effects.let.set()
    assert await asyncio.gather(*tasks) == [Ack()] * 4
    assert await handler.handle(delivery("b")) == Ack()
    assert await rows("SELECT event_id FROM effects ORDER BY 1") == [("a",), ("b",)]


async def test_one_that_cannot_be_handled_fails_alone(database: Database, rows: Rows) -> None:
    effects = Effects(failures={"c": ZeroDivisionError()})
    tasks = await begun(new_handler(database, effects), effects, "a", "b", "c", "d")
    effects.let.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert outcomes[:2] + outcomes[3:] == [Ack()] * 3
    assert isinstance(outcomes[2], ZeroDivisionError)
    assert await rows("SELECT event_id FROM effects ORDER BY 1") == [("a",), ("b",), ("d",)]
    assert await rows("SELECT event_id FROM inbox ORDER BY 1") == [("a",), ("b",), ("d",)]


async def test_a_failure_that_passes_has_the_whole_batch_tried_again(
    database: Database, rows: Rows
) -> None:
    effects = Effects(failures={"c": asyncpg.DeadlockDetectedError("x")})
    handler = new_handler(database, effects)
    tasks = await begun(handler, effects, "a", "b", "c")
    effects.let.set()
    again = Retry(reason="DeadlockDetectedError", excused=True)
    assert await asyncio.gather(*tasks) == [Ack(), again, again]
    assert await rows("SELECT event_id FROM effects") == [("a",)]
    effects.failures.clear()
    assert await asyncio.gather(*(handler.handle(delivery(each)) for each in "bc")) == [Ack()] * 2


async def test_what_cannot_be_read_is_parked_and_keeps_nobody_waiting(database: Database) -> None:
    effects = Effects()
    tasks = await begun(new_handler(database, effects), effects, "a")
    handler = new_handler(database, effects)
    assert await handler.handle(delivery("x", b"garbage")) == Park("body: Invalid JSON")
    effects.let.set()
    await asyncio.gather(*tasks)


async def test_a_batch_is_bounded_by_what_its_events_weigh(database: Database) -> None:
    effects = Effects()
    handler = new_handler(database, effects, most=12)
    tasks = await begun(handler, effects, "a", "heavy1", "b", "heavy2", "c", "d")
    effects.let.set()
    await asyncio.gather(*tasks)
    assert effects.batches == [["a"], ["heavy1", "b", "heavy2"], ["c", "d"]]


async def test_others_are_handled_when_the_one_at_work_is_cancelled(
    database: Database, rows: Rows
) -> None:
    effects = Effects()
    tasks = await begun(new_handler(database, effects), effects, "a", "b", "c", "d")
    tasks[0].cancel()  # at work, alone
    await eventually(lambda: _is(effects.batches, [["a"], ["b", "c", "d"]]))
    tasks[1].cancel()  # at work for three
    tasks[3].cancel()  # waits
    await eventually(lambda: _is(effects.batches[2:], [["c"]]))
    effects.let.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in outcomes] == [
        True,
        True,
        False,
        True,
    ]
    assert await rows("SELECT event_id FROM effects") == [("c",)]


async def _is(found: list[list[str]], expected: list[list[str]]) -> bool:
    return found == expected
