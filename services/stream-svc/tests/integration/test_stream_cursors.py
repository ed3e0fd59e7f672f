"""Followers go on from a cursor, or are told that it cannot be served."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from leadwire.contracts import LeadStatus
from leadwire.testing import eventually
from stream_svc.domain.cursor import START_KEY, StreamCursor
from stream_svc.storage.change_log import ChangeLog
from stream_svc.usecases.prune_log import prune_log

if TYPE_CHECKING:
    from conftest import Frame, MakeContact, MakeWork, StartService, StreamService


def kinds(frames: "list[Frame]") -> list[str]:
    return [frame["type"] for frame in frames]


async def test_a_follower_that_resumes_hears_only_what_it_missed(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    kept, left = make_contact(), make_contact()
    await service.publisher.created(kept, left)
    await service.stored(2)
    async with service.stream(follow="true", status="pending") as stream:
        cursor = (await stream.until("synced"))[-1]["cursor"]
    missed = make_contact()
    await service.publisher.created(missed)
    await service.publisher.worked(make_work(left.id, 1, status=LeadStatus.INTERESTED))
    await service.stored(3)
    await service.stored(1, status="interested")

    frames = await service.snapshot(status="pending", cursor=cursor)

    told = {frame["id"]: frame["type"] for frame in frames if frame["type"] in {"put", "gone"}}
    assert told == {str(missed.id): "put", str(left.id): "gone"}
    assert frames[-1] == {"type": "end", "count": 1}


async def test_a_snapshot_cut_in_its_first_page_does_not_leave_stale_leads(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    """The client applied a whole page but holds only the cursor from before it."""
    contacts = [make_contact() for _ in range(3)]
    await service.publisher.created(*contacts)
    await service.stored(3)
    async with service.stream(follow="true", status="pending") as stream:
        cursor = (await stream.until("mark"))[-1]["cursor"]
        assert StreamCursor.decode(cursor).key == START_KEY
        assert [(await stream.frame())["type"] for _ in range(3)] == ["put"] * 3
    stale = contacts[1]
    await service.publisher.worked(make_work(stale.id, 1, status=LeadStatus.INTERESTED))
    await service.stored(1, status="interested")

    frames = await service.snapshot(status="pending", cursor=cursor)

    gone = [frame["id"] for frame in frames if frame["type"] == "gone"]
    assert gone == [str(stale.id)]
    assert frames[-1] == {"type": "end", "count": 2}


async def test_a_cursor_works_on_every_replica(
    start_service: "StartService", make_contact: "MakeContact"
) -> None:
    one, other = await start_service(), await start_service()
    await one.publisher.created(make_contact())
    await one.stored(1)
    cursor = (await one.snapshot())[-2]["cursor"]
    await one.publisher.created(make_contact())
    await other.stored(2)
    assert [f["why"] for f in await other.snapshot(cursor=cursor) if f["type"] == "put"] == [
        "enter"
    ]


async def test_cursors_that_cannot_be_served_are_refused_with_a_code(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    await service.publisher.created(make_contact(), make_contact())
    await service.stored(2)
    cursor = (await service.snapshot())[-2]["cursor"]
    place = StreamCursor.decode(cursor)

    async def refused(text: str, **params: str) -> tuple[int, str]:
        return await service.problem("/v1/leads/stream", cursor=text, **params)

    assert await refused("nonsense") == (400, "invalid_cursor")
    assert await refused(cursor[:-3]) == (400, "invalid_cursor")
    assert await refused(cursor, status="pending") == (400, "invalid_cursor")
    assert await refused(replace(place, epoch=UUID(int=4)).encode()) == (410, "cursor_expired")
    assert await refused(replace(place, pos=place.pos + 1).encode()) == (503, "cursor_ahead")


async def test_a_cursor_from_a_little_ahead_is_waited_for(
    service: "StreamService", make_contact: "MakeContact", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream_svc.usecases.begin_stream.AHEAD_SECONDS", 60.0)

    async def it_waits() -> bool:
        async with service.client.get("/metrics") as response:
            return 'leadwire_reads_waiting{service="stream-svc"} 1.0' in await response.text()

    await service.publisher.created(make_contact())
    await service.stored(1)
    place = StreamCursor.decode((await service.snapshot())[-2]["cursor"])
    ahead = replace(place, pos=place.pos + 1)
    reading = asyncio.create_task(service.snapshot(cursor=ahead.encode()))
    await eventually(it_waits)
    await service.publisher.created(make_contact())
    assert kinds(await reading)[-1] == "end"


async def test_a_cursor_older_than_the_log_is_expired(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    cursor = (await service.snapshot())[-2]["cursor"]
    await service.publisher.created(make_contact(), make_contact())
    await service.stored(2)
    await _prune_everything(service)

    assert await service.problem("/v1/leads/stream", cursor=cursor) == (410, "cursor_expired")
    assert (await service.snapshot())[-1] == {"type": "end", "count": 2}


async def test_pruning_keeps_what_is_younger(
    start_service: "StartService", make_contact: "MakeContact"
) -> None:
    # So that the rounds of the service itself leave all to this test.
    service = await start_service(log_retention_days=365)
    await service.publisher.created(*(make_contact() for _ in range(4)))
    await service.stored(4)
    async with service.database() as database:
        async with database.connection() as connection:
            await connection.execute(
                "UPDATE changes SET at = at - interval '8 days' WHERE pos <= 3"
            )
        log = ChangeLog(database=database)
        assert await prune_log(log, retention=timedelta(days=7)) == 3
        assert await prune_log(log, retention=timedelta(days=7)) == 0
        head = await log.head()
    assert (head.pos, head.pruned_to) == (4, 3)


async def _prune_everything(service: "StreamService") -> None:
    async with service.database() as database:
        log = ChangeLog(database=database)
        assert await log.prune(before=datetime.now(UTC) + timedelta(hours=1), limit=1000)
