"""In which form a stream is answered, how it ends, and to how many."""

import asyncio
import json
import zlib
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession

from leadwire.http import DRAINING
from leadwire.testing import eventually

if TYPE_CHECKING:
    from conftest import Frame, MakeContact, StartService, StreamService


def kinds(frames: "list[Frame]") -> list[str]:
    return [frame["type"] for frame in frames]


async def test_the_answer_is_neither_buffered_nor_stored(service: "StreamService") -> None:
    async with service.stream() as stream:
        headers = stream.response.headers
        assert headers["Content-Type"] == "application/x-ndjson"
        assert headers["X-Accel-Buffering"] == "no"
        assert headers["Cache-Control"] == "no-store, no-transform"


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
    await service.stored(1)
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
    await service.stored(1)
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
    await service.stored(len(contacts))

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


async def _cut_streams_is(service: "StreamService", expected: int) -> bool:
    return await _metric_is(service, "leadwire_streams_cut_total", expected)


async def _open_streams_is(service: "StreamService", expected: int) -> bool:
    return await _metric_is(service, "leadwire_streams_open", expected)


async def _metric_is(service: "StreamService", name: str, expected: int) -> bool:
    async with service.client.get("/metrics") as response:
        return f'{name}{{service="stream-svc"}} {expected}.0' in await response.text()
