"""Whoever pages through the journal skips nothing, however late an event is committed."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

from leadwire.db import Connection, Database
from leadwire.testing import eventually
from notifier_svc.domain.events import ReceivedEvent
from notifier_svc.domain.journal import JournalEntry, JournalPlace, JournalSelection
from notifier_svc.storage.journal import JournalStore
from notifier_svc.storage.queries import QUERIES
from notifier_svc.usecases.keep_house import DAYS_AHEAD
from notifier_svc.usecases.read_journal import read_journal
from notifier_svc.usecases.record_event import record_event

READY = f"SELECT add_journal_days(current_date - 1, current_date + {DAYS_AHEAD})"


async def add(connection: Connection, event_id: str) -> None:
    event = ReceivedEvent(
        id=event_id,
        source="another-team",
        type="told",
        subject=None,
        time=None,
        content_type="application/json",
        body=b"{}",
        headers={},
    )
    await record_event(connection, event)


async def commit(database: Database, *event_ids: str) -> None:
    for event_id in event_ids:
        async with database.transaction() as connection:
            await add(connection, event_id)


async def read_to_end(
    database: Database, after: JournalPlace | None = None, *, limit: int = 2
) -> list[JournalEntry]:
    found: list[JournalEntry] = []
    has_more = True
    while has_more:
        page, has_more = await read_journal(database, JournalSelection(), after=after, limit=limit)
        found += page
        after = found[-1].place if found else after
    return found


def ids(entries: Iterable[JournalEntry]) -> list[str]:
    return [entry.id for entry in entries]


async def shown(database: Database, count: int) -> list[JournalEntry]:
    """Read all once it is shown; other work on the server can hold it back for a moment."""
    found: list[JournalEntry] = []

    async def all_there() -> bool:
        found[:] = await read_to_end(database)
        return len(found) >= count

    await eventually(all_there, message=f"{count} entries are shown")
    return found


async def test_an_event_that_is_committed_late_is_not_skipped(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(READY)
    await commit(database, "a", "b", "c")
    await shown(database, 3)
    async with database.transaction() as late:
        await add(late, "late")
        await commit(database, "d", "e", "f")
        before = await read_to_end(database)
    await shown(database, 7)
    after = await read_to_end(database, before[-1].place)
    assert ids(before) == ["a", "b", "c"]
    assert ids(after) == ["late", "d", "e", "f"]


async def test_an_event_that_began_first_and_is_written_last_is_not_skipped(
    database: Database,
) -> None:
    async with database.connection() as connection:
        await connection.execute(READY)
    async with database.transaction() as late:
        began = await late.fetchval("SELECT now()")
        await commit(database, "a", "b")
        before = await shown(database, 2)
        await add(late, "late")
    await shown(database, 3)
    [entry] = await read_to_end(database, before[-1].place)
    assert (entry.id, entry.received_at) == ("late", began)
    assert entry.received_at < before[0].received_at


async def test_a_reader_beside_many_writers_sees_each_event_once(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(READY)
    names = [[f"{writer}-{number}" for number in range(40)] for writer in range(5)]
    writing = asyncio.gather(*(commit(database, *each) for each in names))
    seen: list[JournalEntry] = []

    async def read_on() -> bool:
        seen.extend(await read_to_end(database, seen[-1].place if seen else None, limit=7))
        return writing.done() and len(seen) >= 200

    await eventually(read_on, within=30, message="all events are shown")
    await writing
    assert sorted(ids(seen)) == sorted(name for each in names for name in each)
    for each in names:
        assert [name for name in ids(seen) if name in set(each)] == each


async def test_a_journal_restored_on_a_server_that_counts_lower_goes_on(
    database: Database,
) -> None:
    async with database.transaction() as connection:
        await connection.execute(READY)
        await add(connection, "old")
        await connection.execute("UPDATE journal SET turn = turn + 1000000")
    assert await read_to_end(database) == []  # what the next start mends
    for _ in range(2):
        async with database.connection() as connection:
            await connection.execute(QUERIES["continue_turns"])
    await commit(database, "new")
    assert ids(await shown(database, 2)) == ["old", "new"]


async def test_on_the_same_server_turns_go_on_unchanged(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(READY)
    async with database.transaction() as other:
        await add(other, "a")
        await commit(database, "b")
        async with database.connection() as connection:
            await connection.execute(QUERIES["continue_turns"])
            assert await connection.fetchval("SELECT ahead FROM journal_clock") == 0


async def test_replicas_that_make_partitions_at_once_do_not_deadlock(database: Database) -> None:
    """Whoever waits for another's partitions holds nothing of the journal meanwhile."""
    async with database.transaction() as first:
        await first.execute("SELECT lock_journal_partitions()")
        second = asyncio.create_task(_add_today(database))
        await eventually(lambda: _somebody_waits(database), message="the second one waits")
        assert await _add_today(database, within=first) == 1
    assert await second == 0


async def _add_today(database: Database, *, within: Connection | None = None) -> int:
    today = datetime.now(UTC).date()
    if within is not None:
        return await JournalStore(connection=within).add_days(today, today)
    async with database.transaction() as connection:
        return await JournalStore(connection=connection).add_days(today, today)


async def _somebody_waits(database: Database) -> bool:
    async with database.connection() as connection:
        return bool(
            await connection.fetchval(
                "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
            )
        )
