"""A follower that is slow is served from memory, then from the log, then told to start over."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from leadwire.db import Database
from leadwire.testing import eventually
from leadwire.testing.postgres_fixtures import MakeServiceDatabase
from stream_svc.app import SERVICE
from stream_svc.domain.filters import LeadFilter
from stream_svc.domain.follow import Frames, Place
from stream_svc.domain.lead import ContactSide
from stream_svc.domain.news import News
from stream_svc.domain.steps import Step, told_by
from stream_svc.storage.change_log import ChangeLog
from stream_svc.storage.lives import LifeStore
from stream_svc.storage.projection import Projections
from stream_svc.usecases.begin_stream import Wish, begin_stream
from stream_svc.usecases.follow_leads import Chunk, Follower
from stream_svc.usecases.prune_log import prune_log
from stream_svc.usecases.tail import Tail
from stream_svc.usecases.take_news import take_news

LEADS = [UUID(int=number) for number in range(1, 40)]


@pytest.fixture
async def database(make_service_database: MakeServiceDatabase) -> AsyncIterator[Database]:
    url = await make_service_database(SERVICE.schema, SERVICE.migrations)
    opened = Database(url=url, schema=SERVICE.schema, application_name="test")
    await opened.start()
    yield opened
    await opened.stop()


@asynccontextmanager
async def running_tail(database: Database) -> AsyncIterator[Tail]:
    tail = Tail(database=database, log=ChangeLog(database=database))
    await tail.start()
    try:
        yield tail
    finally:
        await tail.stop()


def contact(rev: int) -> ContactSide:
    now = datetime.now(UTC)
    return ContactSide(
        rev=rev,
        name="Ada",
        family_name="Lovelace",
        email="ada@example.org",
        cellphone=None,
        attributes={"blob": "x" * 2000},
        origin="import",
        import_id=None,
        has_resume=False,
        created_at=now,
        updated_at=now,
    )


async def change_all(database: Database, rev: int) -> None:
    """Change each lead in a transaction of its own."""
    for lead_id in LEADS:
        async with database.transaction() as connection:
            [store] = Projections().of(await LifeStore().read(connection))
            await take_news(connection, store, News(contacts={lead_id: contact(rev)}))


async def follow(
    database: Database, tail: Tail, log: ChangeLog | None = None
) -> AsyncGenerator[Chunk]:
    log = log or ChangeLog(database=database)
    wish = Wish(leads=LeadFilter(), follow=True)
    follower = Follower(
        log=log,
        tail=tail,
        wish=wish,
        place=await begin_stream(log, tail, wish),
        heartbeat_seconds=15,
        leave_after={},
        may_stay=lambda: True,
        draining=asyncio.Event(),
    )
    async with aclosing(follower.chunks()) as chunks:
        async for chunk in chunks:
            yield chunk


async def until(
    chunks: AsyncGenerator[Chunk], kind: str, revs: dict[str, int]
) -> dict[str, object]:
    """Take chunks up to the first frame of a kind, and note the revs of leads; give the frame."""
    async with asyncio.timeout(20):
        async for chunk in chunks:
            for frame in map(json.loads, chunk.lines.splitlines()):
                if frame["type"] == "put":
                    revs[frame["id"]] = frame["rev"]
                if frame["type"] == kind:
                    found: dict[str, object] = frame
                    return found
    raise AssertionError(f"the stream ended without {kind}")


async def test_one_that_the_memory_does_not_reach_back_to_goes_on_from_the_log(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream_svc.usecases.tail.RING_BYTES", 20_000)
    async with running_tail(database) as tail, aclosing(follow(database, tail)) as chunks:
        revs: dict[str, int] = {}
        await until(chunks, "synced", revs)
        await change_all(database, 1)
        await change_all(database, 2)
        await eventually(lambda: _has_come_to(tail, 2 * len(LEADS)))
        assert len(tail.ring._batches) < len(LEADS)  # what came first has made room

        while revs != {str(lead_id): 2 for lead_id in LEADS}:
            await until(chunks, "mark", revs)


async def test_one_that_the_log_does_not_reach_back_to_is_told_to_start_over(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream_svc.usecases.tail.RING_BYTES", 20_000)
    async with running_tail(database) as tail, aclosing(follow(database, tail)) as chunks:
        await until(chunks, "synced", {})
        await change_all(database, 1)
        await change_all(database, 2)
        await eventually(lambda: _has_come_to(tail, 2 * len(LEADS)))
        assert await prune_log(ChangeLog(database=database), retention=timedelta(days=-1))
        ended = await until(chunks, "error", {})
        assert (ended["code"], ended["retryable"]) == ("cursor_expired", False)


async def test_one_whose_step_the_database_does_not_serve_in_time_is_told_to_come_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = ChangeLog(database=database, concurrency=1)
    async with running_tail(database) as tail, aclosing(follow(database, tail, log)) as chunks:
        await anext(chunks)
        monkeypatch.setattr("stream_svc.storage.change_log.TURN_SECONDS", 0.05)
        async with log._turn():  # somebody else's step, which takes its time
            ended = await until(chunks, "error", {})
        assert (ended["code"], ended["retryable"]) == ("unavailable", True)
        assert [chunk async for chunk in chunks] == []


async def test_those_who_read_snapshots_share_what_is_read_of_them_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each slow reader holds a page, so many of them must hold small ones."""
    monkeypatch.setattr("stream_svc.storage.change_log.LARGE_LEADS_PER_PAGE", 4000)
    monkeypatch.setattr("stream_svc.storage.change_log.LEADS_OF_ALL_PAGES", 30)
    monkeypatch.setattr("stream_svc.storage.change_log.LEAST_LEADS_PER_PAGE", 10)
    await change_all(database, 1)
    log = ChangeLog(database=database)
    async with running_tail(database) as tail, AsyncExitStack() as stack:

        async def pages_of_another() -> list[int]:
            chunks = await stack.enter_async_context(aclosing(follow(database, tail, log)))
            await anext(chunks)  # hello
            return await _pages(chunks)

        async with (
            aclosing(follow(database, tail, log)) as slow,
            aclosing(follow(database, tail, log)) as slower,
        ):
            for chunks in (slow, slower):
                await anext(chunks)
                await anext(chunks)
            # Those who hold all of it, and only follow, count no more.
            assert [await pages_of_another() for _ in range(3)] == [[10, 10, 10, 9]] * 3
        assert await pages_of_another() == [30, 9]


async def test_the_next_page_is_asked_for_before_the_one_that_came_is_made_into_bytes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Database and process work beside each other, not in turn."""
    happened: list[str] = []

    class NotingLog(ChangeLog):
        async def step(self, place: Place, leads: LeadFilter) -> Step:
            happened.append("asked")
            return await super().step(place, leads)

    def told(step: Step, *, place: Place, leads: LeadFilter) -> Frames:
        happened.append("told")
        return told_by(step, place=place, leads=leads)

    monkeypatch.setattr("stream_svc.usecases.follow_leads.told_by", told)
    await change_all(database, 1)
    log = NotingLog(database=database, leads_per_page=20)
    async with running_tail(database) as tail, aclosing(follow(database, tail, log)) as chunks:
        await until(chunks, "synced", {})
    assert happened == ["asked", "asked", "told", "told"]


async def _pages(chunks: AsyncGenerator[Chunk]) -> list[int]:
    """Take a snapshot to its end; give how many leads each page had."""
    sizes = []
    async with asyncio.timeout(20):
        async for chunk in chunks:
            sizes.append(chunk.lines.count(b'"type":"put"'))
            if b'"type":"synced"' in chunk.lines:
                return sizes
    raise AssertionError("the stream ended in its snapshot")


async def _has_come_to(tail: Tail, pos: int) -> bool:
    return tail.ring.pos == pos
