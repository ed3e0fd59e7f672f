"""What the tables promise: one order of positions, no lost side, filters as in the domain."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from leadwire.db import Database
from leadwire.testing import eventually
from leadwire.testing.postgres_fixtures import MakeServiceDatabase
from stream_svc.app import SERVICE
from stream_svc.domain.facets import facets_of
from stream_svc.domain.filters import FILTERS, LeadFilter, parse_filter
from stream_svc.domain.follow import beginning
from stream_svc.domain.lead import ContactSide, Lead, Status, WorkSide
from stream_svc.domain.listing import Choice, Sort
from stream_svc.domain.news import News
from stream_svc.domain.steps import Page, behind
from stream_svc.storage.change_log import ChangeLog
from stream_svc.storage.lives import LifeStore
from stream_svc.storage.projection import Projections, ProjectionStore
from stream_svc.storage.reads import LeadReads
from stream_svc.usecases.take_news import take_news

START = datetime(2026, 1, 31, 9, tzinfo=UTC)
MANAGER, IMPORT = uuid7(), uuid7()
EVERY_LEAD = LeadFilter()


def contact(**changed: Any) -> ContactSide:
    values: dict[str, Any] = {
        "rev": 1,
        "name": "Ada",
        "family_name": "Lovelace",
        "email": "ada@example.org",
        "cellphone": None,
        "origin": "import",
        "import_id": None,
        "has_resume": False,
        "created_at": START,
        "updated_at": START,
    }
    return ContactSide(**(values | changed))


def work(status: Status, manager_id: UUID | None = None) -> WorkSide:
    return WorkSide(
        rev=1,
        status=status,
        manager_id=manager_id,
        manager_name="Grace" if manager_id else None,
        assigned_at=None,
        decided_at=None,
        updated_at=START,
    )


@pytest.fixture
async def database(make_service_database: MakeServiceDatabase) -> AsyncIterator[Database]:
    url = await make_service_database(SERVICE.schema, SERVICE.migrations)
    opened = Database(url=url, schema=SERVICE.schema, application_name="test")
    await opened.start()
    yield opened
    await opened.stop()


async def served(database: Database) -> ProjectionStore:
    """The life of the projection that readers see."""
    async with database.connection() as connection:
        [store] = Projections().of(await LifeStore().read(connection))
    return store


async def test_two_sides_that_race_to_be_the_first_are_both_kept(database: Database) -> None:
    """The second writer finds no row to lock, and must not overwrite the first one's."""
    store, lead_id = await served(database), uuid7()
    async with database.transaction() as first:
        await take_news(first, store, News(contacts={lead_id: contact()}))
        second = asyncio.create_task(_take_work(database, store, lead_id))
        await eventually(lambda: _somebody_waits_for_a_lock(database))
    await second
    stored = await LeadReads(database=database).lead(lead_id)
    assert stored is not None
    assert (stored.contact_rev, stored.work_rev) == (1, 1)
    assert (await ChangeLog(database=database).head()).pos == 2


async def test_a_transaction_that_is_rolled_back_leaves_no_gap_in_the_positions(
    database: Database,
) -> None:
    store = await served(database)

    async def fail() -> None:
        async with database.transaction() as connection:
            await take_news(
                connection, store, News(contacts={uuid7(): contact(), uuid7(): contact()})
            )
            raise _DeliberateError

    with pytest.raises(_DeliberateError):
        await fail()
    async with database.transaction() as connection:
        await take_news(connection, store, News(contacts={uuid7(): contact()}))
    assert await _positions(database) == [1]


async def test_a_reader_never_sees_a_position_without_all_before_it(database: Database) -> None:
    store, log = await served(database), ChangeLog(database=database)
    seen: list[tuple[int, int]] = []
    done = asyncio.Event()

    async def write() -> None:
        for _ in range(25):
            async with database.transaction() as connection:
                await take_news(
                    connection, store, News(contacts={uuid4(): contact() for _ in range(3)})
                )

    async def read() -> None:
        while not done.is_set():
            head = await log.head()
            seen.append((head.pos, len([p for p in await _positions(database) if p <= head.pos])))

    reading = asyncio.create_task(read())
    await asyncio.gather(*(write() for _ in range(4)))
    done.set()
    await reading
    assert await _positions(database) == list(range(1, 301))
    assert all(pos == changes for pos, changes in seen)
    assert len({pos for pos, _ in seen}) > 3


FILTER_CASES = [
    {"status": "pending"},
    {"status": "interested,reached_out"},
    {"manager_id": str(MANAGER)},
    {"assigned": "true"},
    {"assigned": "false"},
    {"origin": "form"},
    {"import_id": str(IMPORT)},
    {"email_domain": "example.org,example.net"},
    {"created_after": "2026-01-31T10:00:00Z"},
    {"created_before": "2026-01-31T10:00:00Z"},
    {"status": "pending", "assigned": "true", "created_after": "2026-01-31T09:30:00Z"},
]


async def test_the_database_filters_as_the_domain_does(database: Database) -> None:
    leads = _many_leads()
    store, reads = await served(database), LeadReads(database=database)
    async with database.transaction() as connection:
        await store.insert(connection, leads)
    assert {name for case in FILTER_CASES for name in case} == set(FILTERS)
    for case in FILTER_CASES:
        chosen = parse_filter(case)
        expected = [str(lead.id) for lead in leads if chosen.matches(facets_of(lead))]
        choice = Choice(chosen)
        page = await reads.page(choice, sort=Sort.CREATED_AT, after=None, limit=1000)
        assert sorted(str(lead.key.lead_id) for lead in page) == sorted(expected), case
        assert sum((await reads.counts(choice)).values()) == len(expected), case
        assert 0 < len(expected) < len(leads), case


async def test_a_page_holds_few_large_leads(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream_svc.storage.change_log.LARGE_LEADS_PER_PAGE", 2)
    store = await served(database)
    large = {uuid7(): contact(attributes={"blob": "x" * 3000}) for _ in range(5)}
    small = {uuid7(): contact() for _ in range(5)}
    async with database.transaction() as connection:
        await take_news(connection, store, News(contacts={**large, **small}))
    assert await _page_sizes(ChangeLog(database=database)) == [3, 7]


async def test_a_page_of_large_leads_that_do_not_match_does_not_end_the_snapshot(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream_svc.storage.change_log.LARGE_LEADS_PER_PAGE", 2)
    store = await served(database)
    large = {uuid7(): contact(attributes={"blob": "x" * 3000}) for _ in range(7)}
    wanted = {uuid7(): contact(origin="form") for _ in range(2)}
    async with database.transaction() as connection:
        await take_news(connection, store, News(contacts={**large, **wanted}))
    forms = parse_filter({"origin": "form"})
    assert await _page_sizes(ChangeLog(database=database), forms) == [0, 0, 2]


async def test_a_page_is_of_the_moment_up_to_which_changes_are_told(
    database: Database,
) -> None:
    store = await served(database)
    leads = [uuid7() for _ in range(3)]
    async with database.transaction() as connection:
        await take_news(connection, store, News(contacts={lead: contact() for lead in leads}))
    log = ChangeLog(database=database, leads_per_page=1)
    head = await log.head()
    place = beginning(epoch=head.epoch, pos=head.pos, snapshot=True)
    step = await log.step(place, EVERY_LEAD)
    assert (_leads_on(step.page), step.changes, step.pos) == (1, (), head.pos)
    place = behind(step, place=place)
    await _take_work(database, store, leads[0])
    step = await log.step(place, EVERY_LEAD)
    assert [change.lead_id for change in step.changes] == [leads[0]]
    assert (step.pos, _leads_on(step.page)) == (head.pos + 1, 1)


async def test_no_page_comes_with_changes_that_do_not_reach_the_head(database: Database) -> None:
    """It would be of a later moment than the position that the client then stands at."""
    store = await served(database)
    first, second = sorted(uuid7() for _ in range(2))
    async with database.transaction() as connection:
        await take_news(connection, store, News(contacts={first: contact(), second: contact()}))
    log = ChangeLog(database=database, changes_per_read=2, leads_per_page=1)
    head = await log.head()
    place = beginning(epoch=head.epoch, pos=head.pos, snapshot=True)
    place = behind(await log.step(place, EVERY_LEAD), place=place)
    for rev in (2, 3, 4):
        async with database.transaction() as connection:
            await take_news(connection, store, News(contacts={first: contact(rev=rev)}))
    step = await log.step(place, EVERY_LEAD)
    assert (len(step.changes), step.pos, step.page) == (2, head.pos + 2, None)
    place = behind(step, place=place)
    step = await log.step(place, EVERY_LEAD)
    assert (len(step.changes), step.pos) == (1, head.pos + 3)
    assert step.page is not None
    [frame] = step.page.frames
    assert str(second).encode() in frame


async def test_a_page_leaves_out_leads_that_readers_do_not_see(database: Database) -> None:
    store = await served(database)
    visible, erased, half = (uuid7() for _ in range(3))
    async with database.transaction() as connection:
        news = News(
            contacts={visible: contact(), erased: contact()},
            works={half: work(Status.PENDING)},
            erased={erased: 2},
        )
        await take_news(connection, store, news)
    assert await _page_sizes(ChangeLog(database=database)) == [1]


class _DeliberateError(Exception):
    pass


def _many_leads() -> list[Lead]:
    sides = [
        (status, manager, origin, minutes)
        for status in Status
        for manager in (None, MANAGER, uuid7())
        for origin in ("import", "form")
        for minutes in (0, 90)
    ]
    return [
        Lead(
            id=uuid7(),
            contact=contact(
                origin=origin,
                import_id=IMPORT if origin == "import" else None,
                email=f"a@{'Example.org' if minutes else 'other.example'}",
                created_at=START + timedelta(minutes=minutes),
            ),
            work=work(status, manager),
        )
        for status, manager, origin, minutes in sides
    ]


async def _page_sizes(log: ChangeLog, leads: LeadFilter = EVERY_LEAD) -> list[int]:
    """Give how many leads each page of a snapshot has."""
    head = await log.head()
    place, sizes = beginning(epoch=head.epoch, pos=head.pos, snapshot=True), []
    while not place.snapshot_complete:
        step = await log.step(place, leads)
        place = behind(step, place=place)
        sizes.append(_leads_on(step.page))
    return sizes


def _leads_on(page: Page | None) -> int:
    assert page is not None
    return len(page.frames)


async def _take_work(database: Database, store: ProjectionStore, lead_id: UUID) -> None:
    async with database.transaction() as connection:
        await take_news(connection, store, News(works={lead_id: work(Status.PENDING)}))


async def _somebody_waits_for_a_lock(database: Database) -> bool:
    async with database.connection() as connection:
        return bool(
            await connection.fetchval(
                "SELECT EXISTS (SELECT FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock')"
            )
        )


async def _positions(database: Database) -> list[int]:
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT pos FROM changes ORDER BY pos")
    return [row["pos"] for row in rows]
