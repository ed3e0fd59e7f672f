"""Streams and live copies of both clients, against a Leadwire in memory."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leadwire.testing import eventually
from leadwire_client import (
    AsyncClient,
    Batch,
    Bearer,
    Client,
    FileCheckpoint,
    Gone,
    InvalidRequestError,
    Lead,
    LeadCache,
    MemoryCheckpoint,
    Put,
    Reset,
    Stream,
    Synced,
    TransportError,
)
from leadwire_client.testing import FakeLeadwire

WithAsyncClient = Callable[[Callable[[AsyncClient], Any]], Any]
WITHIN = 20.0


def add(fake: FakeLeadwire, number: int) -> Lead:
    return fake.add_lead(name="N", family_name="F", email=f"lead{number}@example.com")


def until(holds: Callable[[], bool]) -> None:
    asyncio.run(eventually(holds, within=WITHIN))


def has(leads: LeadCache, lead: Lead) -> Callable[[], bool]:
    return lambda: lead.id in leads


def lacks(leads: LeadCache, lead: Lead) -> Callable[[], bool]:
    return lambda: lead.id not in leads


def test_a_stream_tells_what_is_and_what_becomes_of_it(client: Client, fake: FakeLeadwire) -> None:
    first = add(fake, 1)
    told = []
    with client.stream(status="pending") as stream:
        for change in stream:
            told.append(change)
            if isinstance(change, Synced):
                second = add(fake, 2)
                fake.mark_lead(first.id, "interested")
            if isinstance(change, Gone):
                break
    assert [type(each) for each in told] == [Put, Synced, Put, Gone]
    assert [each.id for each in told if isinstance(each, Put | Gone)] == [
        first.id,
        second.id,
        first.id,
    ]


def test_leads_are_what_is_put(client: Client, fake: FakeLeadwire) -> None:
    leads = [add(fake, number) for number in range(3)]
    assert list(client.stream(follow=False).leads()) == leads


def test_a_stream_goes_on_where_its_file_says(
    client: Client, fake: FakeLeadwire, tmp_path: Path
) -> None:
    checkpoint = FileCheckpoint(tmp_path / "cursor")
    add(fake, 1)
    assert len(list(client.stream(follow=False, checkpoint=checkpoint).leads())) == 1
    add(fake, 2)
    told = list(client.stream(follow=False, checkpoint=checkpoint))
    assert [type(each) for each in told] == [Put, Synced]
    fake.expire_cursors()
    told = list(client.stream(follow=False, checkpoint=checkpoint))
    assert [type(each) for each in told] == [Reset, Put, Put, Synced]


def test_a_checkpoint_of_another_stream_is_refused(client: Client) -> None:
    checkpoint = MemoryCheckpoint()
    list(client.stream(follow=False, checkpoint=checkpoint, status="pending"))
    with pytest.raises(InvalidRequestError) as refused:
        list(client.stream(follow=False, checkpoint=checkpoint, status="interested"))
    assert refused.value.code == "invalid_cursor"
    with pytest.raises(ValueError, match="not both"):
        client.stream(cursor="c", checkpoint=checkpoint)


def test_batches_bear_the_cursor_behind_them(client: Client, fake: FakeLeadwire) -> None:
    add(fake, 1)
    batches = list(client.stream(follow=False).batches())
    assert [len(each.changes) for each in batches] == [0, 1, 0]
    assert [each.synced for each in batches] == [False, False, True]
    add(fake, 2)
    resumed = list(client.stream(follow=False, cursor=batches[-1].cursor).batches())
    assert [len(each.changes) for each in resumed] == [1, 0]
    fake.restart()
    started_over = list(client.stream(follow=False, cursor=batches[-1].cursor).batches())
    assert [(each.reset, len(each.changes)) for each in started_over] == [
        (True, 0),
        (False, 2),
        (False, 0),
    ]


def test_a_batch_that_was_not_finished_is_not_saved(client: Client, fake: FakeLeadwire) -> None:
    add(fake, 1)
    checkpoint = MemoryCheckpoint()
    stream = client.stream(checkpoint=checkpoint)
    batches = stream.batches()
    first = next(batches)
    assert checkpoint.load() is None
    second = next(batches)
    stream.close()
    assert second.changes
    assert checkpoint.load() == first.cursor


def test_a_stream_that_does_not_follow_has_an_end_of_patience(nowhere: str) -> None:
    with Client(nowhere) as client, pytest.raises(TransportError):
        list(client.stream(follow=False, give_up_after=0.1))


def test_a_live_copy_is_current_whatever_happens(client: Client, fake: FakeLeadwire) -> None:
    first = add(fake, 1)
    with client.live(status="pending") as live:
        leads = live.wait(WITHIN)
        assert set(leads) == {first.id}
        second = add(fake, 2)
        until(lambda: second.id in leads)
        for spoil in (fake.cut_streams, fake.expire_cursors, fake.restart):
            spoil()
            third = add(fake, 3)
            until(has(leads, third))
            fake.erase_lead(third.id)
            until(lacks(leads, third))
        assert set(leads) == {first.id, second.id}
        assert live.failure is None


def test_a_live_copy_that_has_done_its_work_warns_of_nothing(
    fake: FakeLeadwire, with_async_client: WithAsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with Client(fake.url) as client, client.live() as live:
        live.wait(WITHIN)

    async def do(client: AsyncClient) -> None:
        async with client.live() as live:
            await live.wait(WITHIN)

    with_async_client(do)
    warned = [each for each in caplog.records if each.name.startswith("leadwire_client")]
    assert warned == []


def test_an_asyncio_live_copy_is_current_whatever_happens(
    fake: FakeLeadwire, with_async_client: WithAsyncClient
) -> None:
    first = add(fake, 1)

    async def do(client: AsyncClient) -> None:
        async with client.live(status="pending") as live:
            leads = await live.wait(WITHIN)
            assert set(leads) == {first.id}
            for spoil in (fake.cut_streams, fake.expire_cursors, fake.restart):
                spoil()
                added = add(fake, 2)
                await eventually(has(leads, added), within=WITHIN)
                fake.erase_lead(added.id)
                await eventually(lacks(leads, added), within=WITHIN)
            assert live.failure is None

    with_async_client(do)


def test_a_live_copy_tells_why_it_cannot_be(
    client: Client, fake: FakeLeadwire, with_async_client: WithAsyncClient
) -> None:
    fake.refuse_next(403, "forbidden", times=2)
    with client.live() as live, pytest.raises(Exception, match="403 forbidden"):
        live.wait(WITHIN)

    async def do(asynchronous: AsyncClient) -> None:
        async with asynchronous.live() as live_async:
            await live_async.wait(WITHIN)

    with pytest.raises(Exception, match="403 forbidden"):
        with_async_client(do)


def test_a_stream_that_waits_for_news_can_be_closed_by_another_thread(client: Client) -> None:
    stream = client.stream()
    told: list[object] = []
    reader = threading.Thread(target=lambda: told.extend(stream))
    reader.start()
    until(lambda: len(told) == 1)  # a cursor comes before
    stream.close()
    reader.join(timeout=WITHIN)
    assert not reader.is_alive()
    assert [type(each) for each in told] == [Synced]


def test_a_stream_can_be_closed_while_it_connects(fake: FakeLeadwire) -> None:
    streams: list[Stream] = []

    def token() -> str:
        # Asked for when the request is made: the connection is not there yet.
        streams[0].close()
        return "token"

    with Client(fake.url, credentials=Bearer(token)) as client:
        streams.append(client.stream())
        assert list(streams[0]) == []


def test_many_streams_do_not_wait_for_each_other(client: Client) -> None:
    streams = [client.stream() for _ in range(120)]
    told = [iter(each) for each in streams]
    assert all(isinstance(next(each), Synced) for each in told)
    for each in streams:
        each.close()


def test_an_asyncio_stream_can_be_left_and_cancelled(
    fake: FakeLeadwire, with_async_client: WithAsyncClient
) -> None:
    add(fake, 1)
    checkpoint = MemoryCheckpoint()

    async def do(client: AsyncClient) -> list[Batch]:
        async with client.stream(checkpoint=checkpoint) as stream:
            batches = [each async for each in _first(stream.batches(), 3)]
        async with client.stream(checkpoint=checkpoint) as stream:
            following = asyncio.create_task(_read(stream))
            await asyncio.sleep(0)
            following.cancel()
            with pytest.raises(asyncio.CancelledError):
                await following
        return batches

    batches = with_async_client(do)
    assert [len(each.changes) for each in batches] == [0, 1, 0]
    assert checkpoint.cursor == batches[1].cursor


async def _first(items: Any, count: int) -> Any:
    async for each in items:
        yield each
        count -= 1
        if count == 0:
            return


async def _read(stream: Any) -> None:
    async for _ in stream:
        pass


class Database:
    """A checkpoint with waits, as a database's driver for asyncio has."""

    def __init__(self) -> None:
        self.cursor: str | None = None

    async def load(self) -> str | None:
        await asyncio.sleep(0)
        return self.cursor

    async def save(self, cursor: str) -> None:
        await asyncio.sleep(0)
        self.cursor = cursor


def test_an_asyncio_checkpoint_is_awaited(
    fake: FakeLeadwire, with_async_client: WithAsyncClient
) -> None:
    add(fake, 1)
    database = Database()

    async def do(client: AsyncClient) -> list[object]:
        async for _ in client.stream(follow=False, checkpoint=database):
            pass
        add(fake, 2)
        return [each async for each in client.stream(follow=False, checkpoint=database)]

    told = with_async_client(do)
    assert [type(each) for each in told] == [Put, Synced]
