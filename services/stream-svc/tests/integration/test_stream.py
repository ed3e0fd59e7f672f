"""The stream's protocol, through HTTP."""

import asyncio
import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from aiohttp import ClientSession
from uuid_utils.compat import uuid7

from leadwire.contracts import (
    Contact,
    EventData,
    InterestedLead,
    LeadInterestedCreated,
    LeadNotInterestedCreated,
    LeadStatus,
    Work,
)
from leadwire.http import DRAINING
from leadwire.testing import eventually
from stream_svc.domain.cursor import START_KEY, StreamCursor
from stream_svc.storage.change_log import ChangeLog
from stream_svc.usecases.prune_log import prune_log

if TYPE_CHECKING:
    from conftest import Frame, MakeContact, MakeWork, StartService, StreamService


async def stored(service: "StreamService", count: int) -> None:
    async def there() -> bool:
        return await service.counted() == count

    await eventually(there, message=f"{count} leads in the projection")


def kinds(frames: "list[Frame]") -> list[str]:
    return [frame["type"] for frame in frames]


async def test_a_snapshot_begins_with_hello_and_a_mark_and_ends_with_its_count(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    contacts = [make_contact() for _ in range(3)]
    await service.publisher.created(*contacts)
    await stored(service, 3)

    frames = await service.snapshot()

    assert kinds(frames) == ["hello", "mark", "put", "put", "put", "mark", "synced", "end"]
    assert frames[0]["protocol"] == 1
    assert frames[0]["heartbeat_s"] == 15
    assert [frame["id"] for frame in frames[2:5]] == [str(each.id) for each in contacts]
    assert frames[-1]["count"] == 3
    read = await service.get(f"/v1/leads/{contacts[0].id}")
    assert frames[2] == {
        "type": "put",
        "id": read["id"],
        "rev": read["rev"],
        "why": "snapshot",
        "lead": read,
    }


async def test_an_empty_projection_streams_nothing_and_says_so(service: "StreamService") -> None:
    assert kinds(await service.snapshot()) == ["hello", "mark", "mark", "synced", "end"]


async def test_the_answer_is_neither_buffered_nor_stored(service: "StreamService") -> None:
    async with service.stream() as stream:
        headers = stream.response.headers
        assert headers["Content-Type"] == "application/x-ndjson"
        assert headers["X-Accel-Buffering"] == "no"
        assert headers["Cache-Control"] == "no-store, no-transform"


async def test_a_snapshot_takes_the_filters(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    held, free = make_contact(), make_contact()
    await service.publisher.created(held, free)
    await service.publisher.worked(make_work(held.id, 1, manager_id=uuid7()))
    await eventually(lambda: _assigned_is(service, 1))

    frames = await service.snapshot(assigned="true", status="pending")

    assert [frame["id"] for frame in frames if frame["type"] == "put"] == [str(held.id)]
    assert frames[-1] == {"type": "end", "count": 1}


async def test_a_follower_is_told_of_what_enters_changes_and_leaves(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    first, second = make_contact(), make_contact()
    await service.publisher.created(first)
    await stored(service, 1)
    async with service.stream(follow="true", status="pending") as stream:
        await stream.until("synced")

        await service.publisher.created(second)
        [entered, mark] = await stream.until("mark")
        assert (entered["id"], entered["why"]) == (str(second.id), "enter")
        assert 0 <= mark["lag_ms"] < 5000

        await service.publisher.worked(make_work(first.id, 1, manager_id=uuid7()))
        [changed, _] = await stream.until("mark")
        assert (changed["id"], changed["why"], changed["rev"]) == (str(first.id), "change", 2)

        await service.publisher.worked(make_work(first.id, 2, status=LeadStatus.REACHED_OUT))
        [left, _] = await stream.until("mark")
        assert left == {"type": "gone", "id": str(first.id), "rev": 3, "why": "left"}

        await service.publisher.erased(second.id, 2)
        [erased, _] = await stream.until("mark")
        assert erased == {"type": "gone", "id": str(second.id), "rev": 2, "why": "erased"}


async def test_a_corrected_decision_moves_the_lead_whatever_is_said_again_later(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    contact, other = make_contact(), make_contact()
    decided, corrected, once_more = (
        _decision(make_work(contact.id, rev, status=status), contact)
        for rev, status in enumerate(
            (LeadStatus.INTERESTED, LeadStatus.NOT_INTERESTED, LeadStatus.INTERESTED), start=1
        )
    )
    await service.publisher.created(contact)
    await stored(service, 1)
    async with service.stream(follow="true", status="interested") as stream:
        await stream.until("synced")

        await service.publisher.publish(decided)
        [entered, _] = await stream.until("mark")
        assert (entered["lead"]["status"], entered["rev"]) == ("interested", 2)

        await service.publisher.publish(corrected)
        [left, _] = await stream.until("mark")
        assert left == {"type": "gone", "id": str(contact.id), "rev": 3, "why": "left"}

        await service.publisher.publish(decided)  # late, and under another id
        await service.publisher.created(other)
        await stored(service, 2)
        assert (await service.get(f"/v1/leads/{contact.id}"))["status"] == "not_interested"

        await service.publisher.publish(once_more)
        found = await stream.until("put")
        assert {frame["type"] for frame in found[:-1]} <= {"mark"}
        assert (found[-1]["why"], found[-1]["rev"]) == ("enter", 4)


def _decision(work: Work, contact: Contact) -> EventData:
    if work.status is LeadStatus.NOT_INTERESTED:
        return LeadNotInterestedCreated(lead=work, manager=None, actor="test", reason="a slip")
    lead = InterestedLead.model_validate(contact.model_dump())
    return LeadInterestedCreated(lead=lead, manager=None, marked_at=work.updated_at, work=work)


async def test_a_manager_s_new_name_is_told_with_the_rev_that_the_lead_has(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    """Neither side of the lead changed: see docs/adr/0008-a-new-name-keeps-the-rev.md."""
    contact, manager_id = make_contact(), uuid7()
    await service.publisher.created(contact)
    await service.publisher.worked(make_work(contact.id, 1, manager_id=manager_id), "Grace")
    await eventually(lambda: _assigned_is(service, 1))
    before = await service.get(f"/v1/leads/{contact.id}")
    async with service.stream(follow="true", start="now", assigned="true") as stream:
        await stream.until("synced")

        await service.publisher.manager(manager_id, "Grace Hopper", 2)

        [renamed, _] = await stream.until("mark")
        assert renamed == {
            "type": "put",
            "id": str(contact.id),
            "rev": 2,
            "why": "change",
            "lead": before | {"manager": {"id": str(manager_id), "name": "Grace Hopper"}},
        }


async def test_starting_now_tells_only_of_what_changes_from_now_on(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    old, new = make_contact(), make_contact()
    await service.publisher.created(old)
    await stored(service, 1)
    async with service.stream(follow="true", start="now") as stream:
        assert kinds(await stream.until("synced")) == ["hello", "mark", "mark", "synced"]
        await service.publisher.created(new)
        assert (await stream.frame())["id"] == str(new.id)


async def test_a_silent_stream_sends_marks_that_move_on(
    start_service: "StartService", make_contact: "MakeContact"
) -> None:
    service = await start_service(heartbeat_s=0.1)
    async with service.stream(follow="true", status="interested") as stream:
        first = (await stream.until("synced"))[-1]["cursor"]
        await service.publisher.created(make_contact())
        await stored(service, 1)

        async def moved_on() -> bool:
            frame = await stream.frame()
            assert frame["type"] == "mark"
            return bool(frame["cursor"] != first)

        await eventually(moved_on)


async def test_a_stream_without_any_change_gives_signs_of_life(
    start_service: "StartService",
) -> None:
    service = await start_service(heartbeat_s=0.1)
    async with service.stream(follow="true") as stream:
        cursor = (await stream.until("synced"))[-1]["cursor"]
        for _ in range(3):
            frame = await stream.frame()
            assert (frame["type"], frame["cursor"]) == ("mark", cursor)


async def test_a_follower_that_resumes_hears_only_what_it_missed(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    kept, left = make_contact(), make_contact()
    await service.publisher.created(kept, left)
    await stored(service, 2)
    async with service.stream(follow="true", status="pending") as stream:
        cursor = (await stream.until("synced"))[-1]["cursor"]
    missed = make_contact()
    await service.publisher.created(missed)
    await service.publisher.worked(make_work(left.id, 1, status=LeadStatus.INTERESTED))
    await stored(service, 3)
    await eventually(lambda: _interested_is(service, 1))

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
    await stored(service, 3)
    async with service.stream(follow="true", status="pending") as stream:
        cursor = (await stream.until("mark"))[-1]["cursor"]
        assert StreamCursor.decode(cursor).key == START_KEY
        assert [(await stream.frame())["type"] for _ in range(3)] == ["put"] * 3
    stale = contacts[1]
    await service.publisher.worked(make_work(stale.id, 1, status=LeadStatus.INTERESTED))
    await eventually(lambda: _interested_is(service, 1))

    frames = await service.snapshot(status="pending", cursor=cursor)

    gone = [frame["id"] for frame in frames if frame["type"] == "gone"]
    assert gone == [str(stale.id)]
    assert frames[-1] == {"type": "end", "count": 2}


async def test_a_cursor_works_on_every_replica(
    start_service: "StartService", make_contact: "MakeContact"
) -> None:
    one, other = await start_service(), await start_service()
    await one.publisher.created(make_contact())
    await stored(one, 1)
    cursor = (await one.snapshot())[-2]["cursor"]
    await one.publisher.created(make_contact())
    await stored(other, 2)
    assert [f["why"] for f in await other.snapshot(cursor=cursor) if f["type"] == "put"] == [
        "enter"
    ]


async def test_cursors_that_cannot_be_served_are_refused_with_a_code(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    await service.publisher.created(make_contact(), make_contact())
    await stored(service, 2)
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
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    await service.publisher.created(make_contact())
    await stored(service, 1)
    place = StreamCursor.decode((await service.snapshot())[-2]["cursor"])
    ahead = replace(place, pos=place.pos + 1)
    reading = asyncio.create_task(service.snapshot(cursor=ahead.encode()))
    await service.publisher.created(make_contact())
    assert kinds(await reading)[-1] == "end"


async def test_a_cursor_older_than_the_log_is_expired(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    cursor = (await service.snapshot())[-2]["cursor"]
    await service.publisher.created(make_contact(), make_contact())
    await stored(service, 2)
    await _prune_everything(service)

    assert await service.problem("/v1/leads/stream", cursor=cursor) == (410, "cursor_expired")
    assert (await service.snapshot())[-1] == {"type": "end", "count": 2}


async def test_pruning_keeps_what_is_younger(
    start_service: "StartService", make_contact: "MakeContact"
) -> None:
    # So that the rounds of the service itself leave all to this test.
    service = await start_service(log_retention_days=365)
    await service.publisher.created(*(make_contact() for _ in range(4)))
    await stored(service, 4)
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


async def test_a_stopping_process_says_goodbye(service: "StreamService") -> None:
    async with service.stream(follow="true") as stream:
        await stream.until("synced")
        service.client.app[DRAINING].set()
        frame = await stream.frame()
        assert (frame["type"], frame["reason"]) == ("bye", "shutdown")
        assert frame["reconnect_ms"] > 0
        assert not await stream.response.content.read()


async def test_a_follower_is_asked_to_reconnect_after_a_while_and_misses_nothing(
    start_service: "StartService", make_contact: "MakeContact"
) -> None:
    service = await start_service(rotate_after_s=0.3)
    async with service.stream(follow="true", start="now") as stream:
        frames = [frame async for frame in stream.frames()]
    assert frames[-1]["type"] == "bye"
    assert frames[-1]["reason"] == "rotation"
    assert frames[-1]["reconnect_ms"] > 0
    contact = make_contact()
    await service.publisher.created(contact)
    await stored(service, 1)
    resumed = await service.snapshot(cursor=frames[-2]["cursor"])
    assert [frame["id"] for frame in resumed if frame["type"] == "put"] == [str(contact.id)]


async def test_a_compressed_stream_holds_no_batch_back(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    unpacked = zlib.decompressobj(zlib.MAX_WBITS | 16)
    url = service.client.make_url("/v1/leads/stream?follow=true")
    async with (
        ClientSession(auto_decompress=False, headers={"Accept-Encoding": "gzip"}) as session,
        session.get(url) as response,
    ):
        assert response.headers["Content-Encoding"] == "gzip"
        text = b""
        async with asyncio.timeout(10):
            while b'"type":"synced"' not in text:
                text += unpacked.decompress(await response.content.readany())
            contact = make_contact()
            await service.publisher.created(contact)
            while str(contact.id).encode() not in text:
                text += unpacked.decompress(await response.content.readany())


async def test_a_stream_is_compressed_only_for_those_who_take_it(service: "StreamService") -> None:
    for accepted, coding in (("identity", None), ("gzip;q=0, br", None), ("br, gzip", "gzip")):
        headers = {"Accept-Encoding": accepted}
        async with service.client.get("/v1/leads/stream", headers=headers) as response:
            assert response.headers.get("Content-Encoding") == coding
            assert (await response.text()).endswith('{"type":"end","count":0}\n')


async def test_an_event_source_gets_events_and_resumes_by_its_last_id(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    await service.publisher.created(make_contact())
    await stored(service, 1)
    accept = {"Accept": "text/event-stream"}
    async with service.client.get("/v1/leads/stream", headers=accept) as response:
        assert response.content_type == "text/event-stream"
        events = (await response.read()).split(b"\n\n")
    frames = [json.loads(event.split(b"\n")[0].removeprefix(b"data: ")) for event in events[:-1]]
    assert kinds(frames) == ["hello", "mark", "put", "mark", "synced", "end"]
    last_id = events[-2].split(b"\nid: ")[1].decode()
    assert last_id == frames[-2]["cursor"]

    resumed = accept | {"Last-Event-ID": last_id}
    async with service.client.get("/v1/leads/stream", headers=resumed) as response:
        assert b'"type":"put"' not in await response.read()


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/x-ndjson"),
        ("text/event-stream, */*;q=0.1", "text/event-stream"),
        ("text/event-stream;q=0.2, application/x-ndjson;q=0.8", "application/x-ndjson"),
    ],
)
async def test_the_form_of_the_stream_is_negotiated(
    service: "StreamService", accept: str, media_type: str
) -> None:
    headers = {"Accept": accept}
    async with service.client.get("/v1/leads/stream", headers=headers) as response:
        assert (response.status, response.content_type) == (200, media_type)


async def test_what_cannot_be_answered_is_refused_before_anything_is_sent(
    service: "StreamService",
) -> None:
    async with service.client.get("/v1/leads/stream", headers={"Accept": "text/html"}) as response:
        assert response.status == 406
        assert (await response.json())["code"] == "not_acceptable"
    assert await service.problem("/v1/leads/stream", follow="maybe") == (400, "invalid_request")
    assert await service.problem("/v1/leads/stream", start="later") == (400, "invalid_request")
    assert await service.problem("/v1/leads/stream", assigned="?") == (400, "invalid_request")


async def test_a_process_serves_a_bounded_number_of_streams(start_service: "StartService") -> None:
    service = await start_service(max_streams=1)
    async with service.stream(follow="true") as stream:
        await stream.until("synced")
        assert await service.problem("/v1/leads/stream") == (503, "too_many_streams")

    async def free_again() -> bool:
        async with service.client.get("/v1/leads/stream") as response:
            return response.status == 200

    await eventually(free_again, message="the place of the stream that was left is free")


async def test_a_reader_that_reads_nothing_is_cut_and_holds_nobody_up(
    start_service: "StartService", make_contact: "MakeContact"
) -> None:
    service = await start_service(write_within_s=0.5)
    blob = "x" * 20_000
    contacts = [make_contact(attributes={"blob": blob}) for _ in range(400)]
    for start in range(0, len(contacts), 2):
        await service.publisher.created(*contacts[start : start + 2])
    await stored(service, len(contacts))

    stuck = await service.client.session.get(
        service.client.make_url("/v1/leads/stream?follow=true"),
        read_bufsize=2**10,
        headers={"Accept-Encoding": "identity"},
    )
    try:
        frames = await service.snapshot()
        assert frames[-1] == {"type": "end", "count": len(contacts)}
        await eventually(lambda: _cut_streams_is(service, 1))
        await eventually(lambda: _open_streams_is(service, 0))
    finally:
        stuck.close()


async def _prune_everything(service: "StreamService") -> None:
    async with service.database() as database:
        log = ChangeLog(database=database)
        assert await log.prune(before=datetime.now(UTC) + timedelta(hours=1), limit=1000)


async def _assigned_is(service: "StreamService", expected: int) -> bool:
    return await service.counted(assigned="true") == expected


async def _interested_is(service: "StreamService", expected: int) -> bool:
    return await service.counted(status="interested") == expected


async def _cut_streams_is(service: "StreamService", expected: int) -> bool:
    return await _metric_is(service, "leadwire_streams_cut_total", expected)


async def _open_streams_is(service: "StreamService", expected: int) -> bool:
    return await _metric_is(service, "leadwire_streams_open", expected)


async def _metric_is(service: "StreamService", name: str, expected: int) -> bool:
    async with service.client.get("/metrics") as response:
        return f'{name}{{service="stream-svc"}} {expected}.0' in await response.text()
