"""Lists and searches of many leads are served by indexes: no page reads or sorts them all."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from leadwire.db import Connection, Database, Queries
from leadwire.testing.postgres_fixtures import MakeServiceDatabase
from stream_svc.app import SERVICE
from stream_svc.domain.cursor import END_KEY
from stream_svc.domain.filters import LeadFilter, parse_filter
from stream_svc.domain.lead import ContactSide, Lead, Status, WorkSide
from stream_svc.domain.listing import Choice, ListKey, Sort
from stream_svc.storage.conditions import with_choice, with_filter, with_order
from stream_svc.storage.lives import LifeStore
from stream_svc.storage.projection import Projections
from stream_svc.storage.reads import LeadReads

LEADS = 20_000
START = datetime(2026, 1, 31, 9, tzinfo=UTC)
EVERY = Choice(LeadFilter())
QUERIES = Queries("stream_svc.storage")
INDEXES = {
    "created_at": "leads_created_at",
    "updated_at": "leads_updated_at",
    "name": "leads_name",
    "email": "leads_email",
}


@pytest.fixture
async def database(make_service_database: MakeServiceDatabase) -> AsyncIterator[Database]:
    """A projection with many leads, and statistics of them."""
    url = await make_service_database(SERVICE.schema, SERVICE.migrations)
    opened = Database(url=url, schema=SERVICE.schema, application_name="test")
    await opened.start()
    async with opened.connection() as connection:
        [store] = Projections().of(await LifeStore().read(connection))
    for first in range(0, LEADS, 5000):
        async with opened.transaction() as connection:
            await store.insert(connection, [_lead(first + number) for number in range(5000)])
    async with opened.connection() as connection:
        await connection.execute("ANALYZE leads")
    yield opened
    await opened.stop()


async def test_every_list_and_search_is_served_by_an_index(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(QUERIES["plan_for_parameters"])
        for sort in Sort:
            for key in (None, _middle(sort)):
                nodes = await _list_plan(connection, EVERY, sort, key)
                assert "Sort" not in _kinds(nodes), sort
                assert _indexes(nodes) == {INDEXES[sort.by]}, sort
        for rare in ("name77 ", "family777 ", "user7777@"):
            search = Choice(LeadFilter(), search=rare)
            nodes = await _list_plan(connection, search, Sort.CREATED_AT, None)
            assert _indexes(nodes) == {"leads_name", "leads_family_name", "leads_email"}, rare
            nodes = await _plan(connection, *with_choice(QUERIES["count_leads"], search, after=0))
            assert _indexes(nodes) == {"leads_name", "leads_family_name", "leads_email"}, rare
        interested = Choice(parse_filter({"status": "interested"}))
        nodes = await _list_plan(connection, interested, Sort.NAME, None)
        assert _indexes(nodes) == {"leads_status"}


async def test_every_page_of_a_snapshot_is_served_by_an_index(database: Database) -> None:
    own = [UUID(int=LEADS // 2), 4000, *[""] * 4, 0, 100, END_KEY]
    async with database.transaction() as connection:
        for filters, index in (({}, "leads_pkey"), ({"status": "interested"}, "leads_status")):
            text, parameters = with_filter(
                QUERIES["read_page"], parse_filter(filters), after=len(own)
            )
            nodes = await _plan(connection, text, [*own, *parameters])
            assert filters or "Sort" not in _kinds(nodes)
            assert _indexes(nodes) == {index, "leads_large"}, filters


async def test_a_rare_search_has_its_plan_also_after_many_common_ones(database: Database) -> None:
    """The database would keep one plan for all of them otherwise."""
    reads = LeadReads(database=database)
    common = Choice(LeadFilter(), search="family19")
    for _ in range(12):
        page = await reads.page(common, sort=Sort.CREATED_AT, after=None, limit=1000)
        assert len(page) == 1001
    rare = Choice(LeadFilter(), search="user7777@")
    async with database.connection() as connection:
        before = await _rows_read(connection)
    page = await reads.page(rare, sort=Sort.CREATED_AT, after=None, limit=100)
    assert [lead.key.lead_id for lead in page] == [UUID(int=7778)]
    async with database.connection() as connection:
        assert await _rows_read(connection) - before < LEADS / 10


def _lead(number: int) -> Lead:
    moment = START + timedelta(seconds=number)
    contact = ContactSide(
        rev=1,
        name=f"Name{number % 200}",
        family_name=f"Family{number % 2000}",
        email=f"user{number}@example.org",
        cellphone=None,
        origin="import",
        import_id=None,
        has_resume=False,
        created_at=moment,
        updated_at=moment,
    )
    decided = WorkSide(
        rev=1,
        status=Status.INTERESTED,
        manager_id=None,
        manager_name=None,
        assigned_at=None,
        decided_at=moment,
        updated_at=moment,
    )
    return Lead(id=UUID(int=number + 1), contact=contact, work=decided if number == 77 else None)


def _middle(sort: Sort) -> ListKey:
    value = START + timedelta(seconds=LEADS // 2) if sort.by_moment else "name5"
    return ListKey(value, UUID(int=LEADS // 2))


async def _list_plan(
    connection: Connection, choice: Choice, sort: Sort, key: ListKey | None
) -> list[dict[str, Any]]:
    text, parameters = with_order(QUERIES["list_leads"], choice, sort=sort, key=key, after=1)
    return await _plan(connection, text, [101, *parameters])


async def _plan(
    connection: Connection, text: str, parameters: list[object]
) -> list[dict[str, Any]]:
    """Give every node of a query's plan, but for the look at which life is served."""
    explained = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {text}", *parameters)
    pending = [orjson.loads(explained)[0]["Plan"]]
    nodes = []
    while pending:
        nodes.append(pending.pop())
        pending += nodes[-1].get("Plans", [])
    return [node for node in nodes if node.get("Relation Name") not in {"head", "pruned"}]


def _kinds(nodes: list[dict[str, Any]]) -> set[str]:
    return {node["Node Type"] for node in nodes}


def _indexes(nodes: list[dict[str, Any]]) -> set[str]:
    assert "Seq Scan" not in _kinds(nodes)
    return {node["Index Name"] for node in nodes if "Index Name" in node}


async def _rows_read(connection: Connection) -> int:
    """How many rows of leads have been fetched, by scans of the table and of indexes."""
    await connection.execute("SELECT pg_stat_force_next_flush()")
    found = await connection.fetchval(
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'leads'"
    )
    return int(found)
