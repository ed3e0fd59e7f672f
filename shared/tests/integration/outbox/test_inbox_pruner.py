"""The inbox forgets what can no longer come again, and nothing else."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from leadwire.db import Database
from leadwire.outbox import InboxPruner
from leadwire.testing import eventually

Rows = Callable[[str], Awaitable[list[tuple[object, ...]]]]


async def fill(database: Database, *, old: int, young: int, age: str) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO inbox (subscription, source, event_id, received_at) "
            "SELECT 's', 'src', 'old ' || n, now() - $2::text::interval "
            "FROM generate_series(1, $1) n",
            old,
            age,
        )
        await connection.execute(
            "INSERT INTO inbox (subscription, source, event_id) "
            "SELECT 's', 'src', 'young ' || n FROM generate_series(1, $1) n",
            young,
        )


async def test_old_rows_go_in_batches_and_young_ones_stay(database: Database, rows: Rows) -> None:
    await fill(database, old=25, young=3, age="2 hours")
    pruner = InboxPruner(database=database, retention=timedelta(hours=1), batch_size=10)
    assert await pruner.prune() == 25
    assert await rows("SELECT event_id FROM inbox ORDER BY event_id") == [
        ("young 1",),
        ("young 2",),
        ("young 3",),
    ]


async def test_by_default_rows_outlive_the_journal(database: Database, rows: Rows) -> None:
    await fill(database, old=1, young=0, age="44 days")
    assert await InboxPruner(database=database).prune() == 0
    async with database.connection() as connection:
        await connection.execute("UPDATE inbox SET received_at = now() - interval '46 days'")
    assert await InboxPruner(database=database).prune() == 1


async def test_what_may_still_be_requeued_is_remembered(database: Database, rows: Rows) -> None:
    """It was requeued and handled, and who requeued it was killed before he could delete it."""
    await fill(database, old=2, young=0, age="50 days")
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO parked "
            "(subscription, source, event_id, type, content_type, body, headers, reason, attempts) "
            "VALUES ('p', 'src', 'old 2', 't', '', '', '{}', 'why', 10)"
        )
    assert await InboxPruner(database=database).prune() == 1
    assert await rows("SELECT event_id FROM inbox") == [("old 2",)]
    async with database.connection() as connection:
        await connection.execute("DELETE FROM parked")
    assert await InboxPruner(database=database).prune() == 1


async def test_decisions_on_parked_events_go_after_more_than_a_year(
    database: Database, rows: Rows
) -> None:
    async with database.connection() as connection:
        await connection.executemany(
            "INSERT INTO parked_decisions "
            "(parked_id, decision, source, event_id, type, decided_at) "
            "VALUES ('consumer-1', 'requeued', '', $1, 't', now() - $2::text::interval)",
            [("old", "401 days"), ("young", "399 days")],
        )
    await InboxPruner(database=database).prune()
    assert await rows("SELECT event_id FROM parked_decisions") == [("young",)]


async def test_the_running_pruner_prunes_by_itself(database: Database, rows: Rows) -> None:
    await fill(database, old=5, young=1, age="50 days")
    pruner = InboxPruner(database=database, interval=0.05)
    await pruner.start()
    try:

        async def only_the_young_is_left() -> bool:
            return await rows("SELECT event_id FROM inbox") == [("young 1",)]

        await eventually(only_the_young_is_left)
        await fill(database, old=5, young=0, age="50 days")
        await eventually(only_the_young_is_left)
    finally:
        await pruner.stop()
        await pruner.stop()
