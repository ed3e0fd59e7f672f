"""The writing end: change and event commit together, exactly as given."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from uuid import UUID, uuid4

import pytest
from asyncpg import UniqueViolationError

from leadwire.broker import Message
from leadwire.db import Database, Queries
from leadwire.outbox import Outbox, OutgoingEvent, UnpublishedEvent, event_values, with_event
from leadwire.testing import eventually

Rows = Callable[[str], Awaitable[list[tuple[object, ...]]]]


def event(number: int) -> OutgoingEvent:
    return OutgoingEvent(
        Message(
            id=f"event-{number}",
            type="lead_updated",
            body=bytes([0, 255, number % 256]),
            headers={"ce-source": "leadwire/ünïcode", "empty": ""},
            content_type="application/octet-stream",
        ),
        uuid4(),
    )


@pytest.mark.parametrize("count", [1, 3, 49, 50, 500])
async def test_any_number_of_events_is_stored_exactly_and_in_order(
    database: Database, rows: Rows, count: int
) -> None:
    events = [event(number) for number in range(count)]
    async with database.transaction() as connection:
        await Outbox().add(connection, events)
    stored = await rows(
        "SELECT event_id, aggregate_id, type, content_type, body, headers FROM outbox ORDER BY id"
    )
    assert stored == [
        (
            one.message.id,
            one.aggregate_id,
            "lead_updated",
            "application/octet-stream",
            one.message.body,
            ["ce-source", "leadwire/ünïcode", "empty", ""],
        )
        for one in events
    ]


@pytest.mark.parametrize("taken", [False, True], ids=["stored", "refused"])
async def test_a_change_and_its_event_are_one_statement(
    database: Database, rows: Rows, taken: bool
) -> None:
    told, source = event(1), "leadwire/other"
    insert = "INSERT INTO inbox (subscription, source, event_id)\nVALUES ($1, $2, $1)"
    async with database.connection() as connection:
        if taken:
            await connection.execute(insert, "a", source)
        with pytest.raises(UniqueViolationError) if taken else nullcontext():
            await connection.execute(with_event(insert), "a", source, *event_values(told))
    assert await rows("SELECT subscription, source, event_id FROM inbox") == [("a", source, "a")]
    assert await rows("SELECT event_id, aggregate_id, type, body FROM outbox") == (
        [] if taken else [("event-1", told.aggregate_id, "lead_updated", told.message.body)]
    )
    # What is refused has not even drawn an id.
    assert await rows("SELECT is_called FROM outbox_id_seq") == [(not taken,)]


async def test_nothing_to_add_adds_nothing(database: Database, rows: Rows) -> None:
    async with database.transaction() as connection:
        await Outbox().add(connection, [])
    assert await rows("SELECT 1 FROM outbox") == []


async def test_events_of_a_rolled_back_change_are_gone(database: Database, rows: Rows) -> None:
    async def change() -> None:
        async with database.transaction() as connection:
            await Outbox().add(connection, [event(1)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change()
    assert await rows("SELECT 1 FROM outbox") == []


async def test_adding_outside_a_transaction_is_refused(database: Database, rows: Rows) -> None:
    async with database.connection() as connection:
        with pytest.raises(RuntimeError, match="transaction"):
            await Outbox().add(connection, [event(1)])
    assert await rows("SELECT 1 FROM outbox") == []


async def test_a_transaction_wakes_the_relay_once_and_only_on_commit(database: Database) -> None:
    woken: list[object] = []
    commits = 0

    async def until_woken(times: int) -> None:
        await eventually(lambda: len(woken) >= times)

    listening = await database.dedicated(purpose="test")
    try:
        await listening.add_listener("outbox_test_outbox", lambda *args: woken.append(args))
        for size in (1, 3, 100):
            async with database.transaction() as connection:
                for part in range(3):
                    await Outbox().add(connection, [event(part * size + n) for n in range(size)])
                await asyncio.wait_for(listening.fetchval("SELECT 1"), 5)
                before_commit = len(woken)
            assert before_commit == commits
            commits += 1
            await until_woken(commits)
        assert len(woken) == 3
    finally:
        await listening.close()


async def test_what_waits_is_counted_up_to_a_bound(
    database: Database, add: Callable[..., Awaitable[None]]
) -> None:
    await add("1", "2", "3", "4")
    async with database.connection() as connection:
        await connection.execute("UPDATE outbox SET parked_at = now() WHERE event_id = '1'")
        assert await Outbox().backlog(connection, up_to=2) == 2
        assert await Outbox().backlog(connection, up_to=100) == 3


async def test_batches_are_redacted_by_what_they_mention(
    database: Database, rows: Rows, add: Callable[..., Awaitable[None]]
) -> None:
    await add("of ada", "of ada and bob", "of bob", "again of ada")
    async with database.connection() as connection:
        await connection.execute("UPDATE outbox SET parked_at = now() WHERE id = 2")
    seen: list[UnpublishedEvent] = []

    def redacted(event: UnpublishedEvent) -> bytes | None:
        seen.append(event)
        if b"again" in event.body:
            return event.body
        return b"of bob" if b"bob" in event.body else None

    async with database.transaction() as connection:
        await Outbox().redact_batches(connection, mentioning="ada", redacted=redacted)
    assert [event.body for event in seen] == [b"of ada", b"of ada and bob", b"again of ada"]
    assert {(event.type, event.aggregate_id) for event in seen} == {("lead_assigned", None)}
    assert await rows("SELECT event_id, body FROM outbox ORDER BY id") == [
        ("of ada and bob", b"of bob"),
        ("of bob", b"of bob"),
        ("again of ada", b"again of ada"),
    ]


def about(aggregate_id: UUID) -> OutgoingEvent:
    """An event about one thing, whose id and body name it, too."""
    name = str(aggregate_id)
    return OutgoingEvent(Message(id=name, type="told", body=name.encode()), aggregate_id)


async def test_events_about_one_thing_are_redacted_and_no_others(
    database: Database, rows: Rows, add: Callable[..., Awaitable[None]]
) -> None:
    ada, bob = uuid4(), uuid4()
    await add(f"several, {ada} too")
    async with database.transaction() as connection:
        await Outbox().add(connection, [about(ada), about(bob)])
        await Outbox().redact(connection, about=ada, redacted=lambda _: None)
        await Outbox().redact_batches(connection, mentioning=str(bob), redacted=lambda _: None)
    kept = await rows("SELECT event_id FROM outbox ORDER BY id")
    assert kept == [(f"several, {ada} too",), (str(bob),)]


async def test_events_about_one_thing_are_found_by_index(database: Database) -> None:
    find = Queries("leadwire.outbox.sql")["find_events_about"]
    async with database.transaction() as connection:
        await Outbox().add(connection, [event(number) for number in range(3000)])
        await connection.execute("ANALYZE outbox")
        await connection.execute(f"PREPARE find (uuid) AS {find}")
        for plan in ("force_generic_plan", "force_custom_plan"):
            await connection.execute(f"SET LOCAL plan_cache_mode = {plan}")
            lines = await connection.fetch("EXPLAIN EXECUTE find (gen_random_uuid())")
            assert "outbox_by_aggregate" in "\n".join(line[0] for line in lines), lines
