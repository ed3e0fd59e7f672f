"""Neither an erasure nor a page reads the whole journal, however large it is."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from leadwire.db import Database
from notifier_svc.storage.queries import QUERIES

NAMED = UUID(int=7)

# Two days of 15,000 entries, a third of which tell of ten leads each.
MANY = """
SELECT add_journal_days(current_date - 1, current_date);

INSERT INTO journal
    (received_at, turn, event_id, source, type, content_type, headers, body, leads)
SELECT
    (current_date - n % 2)::timestamp AT TIME ZONE 'UTC' + make_interval(secs => n),
    n, n::text, 's', CASE n % 3 WHEN 0 THEN 'leads_created' ELSE 'told' END,
    'application/json', '{}', convert_to(repeat('x', 300), 'UTF8'),
    CASE n % 3 WHEN 0 THEN ARRAY(SELECT gen_random_uuid() FROM generate_series(1, 10 + n * 0)) END
FROM generate_series(1, 30000) AS n;

UPDATE journal SET leads = leads || '00000000-0000-0000-0000-000000000007'::uuid
WHERE turn = 6000;
"""


@pytest.fixture
async def crowd(database: Database) -> Database:
    async with database.connection() as connection:
        await connection.execute(MANY)
        await connection.execute("ANALYZE journal")
    return database


async def plans(database: Database, query: str, *arguments: object) -> Iterator[dict[str, Any]]:
    """Explain a query as its own plan and as the generic one of a cached statement."""
    nodes: list[dict[str, Any]] = []
    async with database.connection() as connection:
        for mode in ("force_custom_plan", "force_generic_plan"):
            await connection.execute(f"SET plan_cache_mode = {mode}")
            text = await connection.fetchval(
                f"EXPLAIN (FORMAT JSON, ANALYZE, TIMING OFF) {QUERIES[query]}", *arguments
            )
            nodes += [node for plan in json.loads(text) for node in walk(plan["Plan"])]
        await connection.execute("RESET plan_cache_mode")
    return iter(nodes)


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from walk(child)


async def test_the_imports_that_name_a_lead_are_found_by_index(crowd: Database) -> None:
    nodes = list(await plans(crowd, "find_entries_naming", NAMED))
    scans = [node for node in nodes if node.get("Relation Name", "").startswith("journal_2")]
    assert {node["Node Type"] for node in scans} == {"Bitmap Heap Scan"}
    assert sum(node["Actual Rows"] for node in scans) == 2  # one, in each of the two modes
    conditions = [node["Index Cond"] for node in nodes if "Index Cond" in node]
    assert conditions
    assert all(condition.startswith("(leads @>") for condition in conditions)


async def test_a_page_deep_in_the_journal_reads_little_more_than_it_shows(crowd: Database) -> None:
    nodes = await plans(crowd, "list_journal", [], None, None, None, 29000, 0, 101, 10**6)
    scans = [node for node in nodes if node.get("Relation Name", "").startswith("journal_2")]
    assert scans
    assert {node["Node Type"] for node in scans} <= {"Index Scan"}
    assert sum(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in scans) < 400


async def test_counting_the_last_minutes_reads_these_alone(crowd: Database) -> None:
    async with crowd.connection() as connection:
        await connection.execute(
            "UPDATE journal SET received_at = now() - make_interval(secs => turn::integer)"
            " WHERE type = 'told' AND turn <= 3600"
        )
        await connection.execute("ANALYZE journal")
    nodes = list(await plans(crowd, "count_journal_by_minute", ["told"], 15))
    scans = [node for node in nodes if node.get("Relation Name", "").startswith("journal_2")]
    assert scans
    assert "Seq Scan" not in {node["Node Type"] for node in scans}
    conditions = [node["Index Cond"] for node in nodes if "Index Cond" in node]
    assert all("received_at" in each for each in conditions)
    read = sum(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in scans)
    # 600 of a quarter of an hour, less what grew older while the statistics were made, and what the
    # day had in it already; in each of the two modes.
    assert 2 * 300 <= read < 3_000
