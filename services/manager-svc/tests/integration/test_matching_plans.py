"""At a million leads nothing scans them, the matcher least: plans use the partial indexes.

The leads are there, and every plan is carried out: what it reads is counted, not estimated.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from uuid_utils.compat import uuid7

from leadwire.db import Connection, Database
from leadwire.testing.postgres_databases import DatabaseTemplates
from manager_svc.app import SERVICE
from manager_svc.domain.matching import BATCH, MOST_CLOSED
from manager_svc.storage.queries import QUERIES

pytestmark = pytest.mark.timeout(300)  # a slow machine takes its time to store a million leads

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MOST_READ = 1_300
"""Rows of leads and of history that any query reads, at most: no share of the million."""

# Of a million leads half are decided, with a history; the others wait, but for the thousand
# that half of the managers hold. Many of those who wait were given back, by others.
MANY = """
SET statement_timeout = 0;

INSERT INTO managers (id, name, folded_name, capacity, created_at, updated_at)
SELECT gen_random_uuid(), 'M' || n, 'm' || n, 1, now(), now() FROM generate_series(1, 2000) AS n;

INSERT INTO leads (
    id, created_at, contact_rev, name, family_name, email, updated_at, status, decided_at
)
SELECT
    gen_random_uuid(), now() - random() * interval '90 days', 1, 'N', 'F', n || '@example.org',
    now(), CASE WHEN n % 2 = 0 THEN 'interested' ELSE 'pending' END,
    CASE WHEN n % 2 = 0 THEN now() END
FROM generate_series(1, 1000000) AS n;

INSERT INTO lead_history (lead_id, at, what, actor, from_status, to_status)
SELECT id, now(), 'lead_interested_created', 'anonymous', 'pending', status
FROM leads WHERE decided_at IS NOT NULL;

INSERT INTO slots (manager_id, number, capacity, free_since)
SELECT id, 1, 1, now() - random() * interval '1 day' FROM managers;

WITH pairing AS (
    SELECT manager_id, lead_id
    FROM (SELECT manager_id, row_number() OVER () AS n FROM slots LIMIT 1000) AS place
    JOIN (
        SELECT id AS lead_id, row_number() OVER () AS n FROM leads WHERE decided_at IS NULL
        LIMIT 1000
    ) AS lead USING (n)
), held AS (
    UPDATE slots SET lead_id = pairing.lead_id, free_since = NULL
    FROM pairing WHERE slots.manager_id = pairing.manager_id
)
UPDATE leads SET manager_id = pairing.manager_id, assigned_at = now()
FROM pairing WHERE leads.id = pairing.lead_id;

INSERT INTO given_back (lead_id, manager_id, at)
SELECT id, gen_random_uuid(), now() - random() * interval '1 hour'
FROM (SELECT id FROM leads WHERE decided_at IS NULL AND manager_id IS NULL LIMIT 20000) AS lead;

ANALYZE managers, leads, slots, lead_history, given_back;
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def crowded_url(database_templates: DatabaseTemplates) -> AsyncIterator[str]:
    """A database with the crowd, made once: the tests here change nothing in it."""
    name = await database_templates.copy(SERVICE.schema, SERVICE.migrations)
    url = database_templates.service_url(name, SERVICE.schema)
    async with opened(url) as database, database.connection() as connection:
        await connection.execute(MANY, timeout=240)
    yield url
    await database_templates.drop(name)


@pytest.fixture
async def crowd(crowded_url: str) -> AsyncIterator[Database]:
    async with opened(crowded_url) as database:
        yield database


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url=url, schema=SERVICE.schema, application_name="test", pool_size=2)
    await database.start()
    try:
        yield database
    finally:
        await database.stop()


def nodes(plan: Any) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


async def plan_of(connection: Connection, query: str, *arguments: object) -> list[dict[str, Any]]:
    explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {QUERIES[query]}"
    rows = await connection.fetch(explained, *arguments)
    return list(nodes(json.loads(rows[0][0])[0]["Plan"]))


def scans(plan: list[dict[str, Any]]) -> set[str]:
    return {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"}


def indexes(plan: list[dict[str, Any]]) -> set[str]:
    return {node["Index Name"] for node in plan if "Index Name" in node}


def rows_read(plan: list[dict[str, Any]], index: str) -> float:
    """Rows that came out of all scans of an index."""
    found = [node for node in plan if node.get("Index Name") == index]
    return sum((float(node["Actual Rows"] * node["Actual Loops"]) for node in found), start=0.0)


def rows_looked_at(plan: list[dict[str, Any]], relation: str) -> float:
    """Rows of a relation that came out of its scans, or that those dropped."""
    scanned = [each for each in plan if each.get("Relation Name") == relation]
    rows: list[float] = [
        (each["Actual Rows"] + each.get("Rows Removed by Filter", 0)) * each["Actual Loops"]
        for each in scanned
    ]
    return sum(rows)


@asynccontextmanager
async def planning(crowd: Database, cached: str) -> AsyncIterator[Connection]:
    """A transaction that plans for these arguments or for any, and is rolled back."""
    async with crowd.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(f"SET LOCAL plan_cache_mode = {cached}")
        yield connection
        await transaction.rollback()


CACHED = ("force_custom_plan", "force_generic_plan")


async def test_candidates_come_from_the_partial_indexes(crowd: Database) -> None:
    for cached in CACHED:
        async with planning(crowd, cached) as connection:
            plan = await plan_of(connection, "find_candidates", NOW)
        assert scans(plan) == set()
        assert indexes(plan) >= {"slots_offered", "leads_waiting"}
        assert rows_read(plan, "leads_waiting") == BATCH


async def test_one_free_place_reads_one_lead(crowd: Database) -> None:
    for cached in CACHED:
        async with planning(crowd, cached) as connection:
            await connection.execute(
                "UPDATE slots SET free_since = NULL WHERE free_since > "
                "(SELECT min(free_since) FROM slots)"
            )
            plan = await plan_of(connection, "find_candidates", NOW)
        assert scans(plan) == set()
        assert rows_read(plan, "leads_waiting") <= 2


async def test_what_was_given_back_is_passed_over_by_the_same_indexes(crowd: Database) -> None:
    """The first manager has 1,000 places and gave the 1,000 oldest leads back."""
    first = "SELECT manager_id FROM slots ORDER BY free_since LIMIT 1"
    for cached in CACHED:
        async with planning(crowd, cached) as connection:
            giver = await connection.fetchval(first)
            await connection.execute("UPDATE managers SET capacity = 1000 WHERE id = $1", giver)
            await connection.execute(
                "INSERT INTO slots (manager_id, number, capacity, free_since) "
                "SELECT $1, number, 1000, '2000-01-01' FROM generate_series(2, 1000) AS number",
                giver,
            )
            await connection.execute(
                "INSERT INTO given_back (lead_id, manager_id, at) SELECT id, $1, $2 FROM leads "
                "WHERE decided_at IS NULL AND manager_id IS NULL ORDER BY created_at, id LIMIT $3",
                giver,
                NOW + timedelta(minutes=1),
                MOST_CLOSED,
            )
            plan = await plan_of(connection, "find_candidates", NOW)
            assert scans(plan) == set()
            assert indexes(plan) >= {"slots_offered", "leads_waiting", "given_back_by_manager"}
            assert "given_back_pkey" in indexes(plan)
            assert rows_read(plan, "leads_waiting") <= BATCH + MOST_CLOSED
            assert rows_read(plan, "slots_offered") <= BATCH + BATCH + 1000
            # Then he is the only one free.
            await connection.execute(
                "UPDATE slots SET free_since = NULL WHERE manager_id <> $1", giver
            )
            plan = await plan_of(connection, "find_candidates", NOW)
            assert scans(plan) == set()
            assert rows_read(plan, "leads_waiting") <= BATCH + MOST_CLOSED


async def test_assigning_touches_only_the_rows_concerned(crowd: Database) -> None:
    for cached in CACHED:
        async with planning(crowd, cached) as connection:
            found = await connection.fetchrow(QUERIES["find_candidates"], NOW)
            assert found is not None
            for few in (slice(0, 1), slice(1, 20)):
                pairs = (found["manager_ids"][few], found["numbers"][few], found["lead_ids"][few])
                seen = (found["manager_ids"], found["free_since"], True, found["lead_ids"])
                plan = await plan_of(
                    connection, "assign_leads", *pairs, NOW, "test", "rule", *seen, None
                )
                assert "leads" not in scans(plan)
                assert "leads_pkey" in indexes(plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """Ids to ask for: a lead that is held, one that is decided, a busy and a free manager."""

    held: UUID
    decided: UUID
    busy: UUID
    free: UUID
    waiting: UUID


ABOUT_SOMEBODY = """
SELECT
    (SELECT lead_id FROM slots WHERE lead_id IS NOT NULL LIMIT 1) AS held,
    (SELECT id FROM leads WHERE decided_at IS NOT NULL LIMIT 1) AS decided,
    (SELECT manager_id FROM slots WHERE lead_id IS NOT NULL LIMIT 1) AS busy,
    (SELECT manager_id FROM slots WHERE lead_id IS NULL LIMIT 1) AS free,
    (SELECT id FROM leads WHERE manager_id IS NULL AND decided_at IS NULL LIMIT 1) AS waiting
"""

Arguments = Callable[[Somebody], Sequence[object]]

QUERIES_OF_LEADS: Mapping[str, Arguments] = {
    "assign_leads": lambda s: [
        *([s.free], [1], [s.waiting], NOW, "matcher", "oldest_first"),
        *([s.free], [NOW], False, [s.waiting], "why"),
    ],
    "bury_lead": lambda s: [s.waiting, 2, NOW],
    "correct_decision": lambda s: [s.decided, "not_interested", NOW, "what", "who", "why"],
    "decide_lead": lambda s: [s.held, "interested", NOW, "what", "who", None],
    "find_candidates": lambda _: [NOW],
    "find_held_leads": lambda s: [s.busy],
    "find_last_assignment": lambda s: [s.held],
    "find_last_lead": lambda _: [],
    "find_lead": lambda s: [s.held],
    "find_lead_age": lambda s: [s.held],
    "find_lead_for_update": lambda s: [s.held],
    "find_lead_state": lambda s: [s.held],
    "find_oldest_lead_open_to": lambda s: [s.free, NOW],
    "find_oldest_waiting_lead": lambda _: [],
    "is_match_possible": lambda _: [],
    "measure_queue": lambda _: [10],
    "list_first_held_leads": lambda s: [[s.busy, s.free], 10],
    "list_lead_history": lambda s: [s.decided, 0, 101],
    "prune_matchings": lambda _: [timedelta(), 10],
    "mark_reached_out": lambda s: [s.held, NOW, "who", None],
    "receive_contacts": lambda s: [
        [s.held, uuid7()],
        [NOW, NOW],
        [2, 2],
        ["N", "N"],
        ["F", "F"],
        ["e", "e"],
        [None, None],
        NOW,
    ],
    "redact_lead_history": lambda s: [s.decided],
    "release_leads": lambda s: [[s.held], NOW, "who", "rule", True, "why"],
}


OF_A_RESYNC = {"count_worked_leads", "list_worked_leads"}
"""They read whatever there is, outside of the matching lock."""

AFTER_A_RESTORE = {"lift_lead_revs"}
"""They change whatever there is, before anybody else is there."""


def test_every_query_of_leads_is_listed_here() -> None:
    mentioned = re.compile(r"\b(leads|lead_history)\b")
    bare = {name: re.sub("--.*", "", QUERIES[name]) for name in QUERIES.names}
    found = {name for name, text in bare.items() if mentioned.search(text)}
    assert found == set(QUERIES_OF_LEADS) | OF_A_RESYNC | AFTER_A_RESTORE


@pytest.mark.parametrize("cached", CACHED)
@pytest.mark.parametrize("query", QUERIES_OF_LEADS)
async def test_no_query_scans_the_leads(crowd: Database, query: str, cached: str) -> None:
    async with planning(crowd, cached) as connection:
        found = await connection.fetchrow(ABOUT_SOMEBODY)
        assert found is not None
        plan = await plan_of(connection, query, *QUERIES_OF_LEADS[query](Somebody(**found)))
    assert scans(plan).isdisjoint({"leads", "lead_history", "managers", "slots"})
    assert rows_looked_at(plan, "leads") + rows_looked_at(plan, "lead_history") <= MOST_READ


async def test_a_look_at_the_queue_reads_one_lead(crowd: Database) -> None:
    async with crowd.connection() as connection:
        for query in ("is_match_possible", "find_oldest_waiting_lead"):
            plan = await plan_of(connection, query)
            assert scans(plan) == set()
            assert rows_read(plan, "leads_waiting") <= 1
