"""The measurement of the outbox reads few rows, however many there are."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from leadwire.db import Database, Queries
from leadwire.outbox import _store
from leadwire.outbox._store import Measurement, OutboxStore

Add = Callable[..., Awaitable[None]]

FILL = """
    INSERT INTO outbox (event_id, type, content_type, body, headers, created_at, parked_at)
    SELECT n, 'told', 'x', '', '{}', now() - n * interval '1 second',
           CASE WHEN n % 10 = 0 THEN now() END
    FROM generate_series(1, 5000) AS n
"""


def nodes_of(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", ()) for node in nodes_of(part))]


async def test_an_empty_outbox_has_nothing_and_no_age(database: Database) -> None:
    assert await OutboxStore(database).measure() == Measurement(0, 0, 0.0)


async def test_both_counts_are_bounded(
    database: Database, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = OutboxStore(database)
    await add("a", "b", "c", "d", "e")
    async with database.connection() as connection:
        await connection.execute("UPDATE outbox SET parked_at = now() WHERE event_id = 'a'")
    counted = await store.measure()
    assert (counted.pending, counted.parked) == (4, 1)
    monkeypatch.setattr(_store, "MOST_COUNTED", 3)
    counted = await store.measure()
    assert (counted.pending, counted.parked) == (3, 1)


async def test_the_age_is_that_of_the_event_that_is_next(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(FILL)
        await connection.execute("UPDATE outbox SET parked_at = now() WHERE event_id = '1'")
    measured = await OutboxStore(database).measure()
    assert 2 <= measured.oldest_pending_seconds < 60


async def test_no_more_rows_are_read_than_may_be_counted(database: Database) -> None:
    query = Queries("leadwire.outbox.sql")["measure_outbox"].replace("$1", "20")
    async with database.connection() as connection:
        await connection.execute(FILL)
        await connection.execute("ANALYZE outbox")
        [[text]] = await connection.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}")
    read = [
        node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        for node in nodes_of(orjson.loads(text)[0]["Plan"])
        if node["Node Type"].endswith("Scan")
    ]
    assert len(read) == 3
    assert max(read) <= 200, read
