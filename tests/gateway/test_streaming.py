"""What streams through the gateway: frames out, bodies in, and the end of either side."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from gateway.conftest import StartGateway, Upstreams
from gateway.nginx import Gateway
from gateway.upstream import OK, Exchange, Script
from gateway.wire import connected, exchange, request

from leadwire.testing import eventually

MIB = b"x" * 1024 * 1024
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
LONG = ("import-svc", "stream-svc")
UPLOADS = [
    ("POST", "/v1/imports"),
    ("POST", "/v1/leads"),
    ("PUT", "/v1/leads/x/resume"),
]


def gone(closed: asyncio.Event) -> Script:
    """Begin a stream, and tell when its reader has left."""

    async def script(each: Exchange) -> None:
        await each.send(STREAM_HEAD + b'\r\n{"type":"hello"}\n')
        await each.reader.read()
        closed.set()

    return script


@pytest.mark.parametrize(
    ("path", "service"),
    [("/v1/leads/stream?follow=true", "stream-svc"), ("/v1/imports/x/failures", "import-svc")],
)
async def test_a_frame_arrives_while_the_stream_stays_open(
    gateway: Gateway, upstreams: Upstreams, path: str, service: str
) -> None:
    frames: asyncio.Queue[bytes] = asyncio.Queue()

    async def stream(each: Exchange) -> None:
        await each.send(STREAM_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        while frame := await frames.get():
            await each.send(b"%x\r\n%b\r\n" % (len(frame), frame))

    upstreams[service].script = stream
    async with connected(gateway.port) as connection:
        await connection.send(request("GET", path, "Accept-Encoding: gzip"))
        assert (await connection.head()).header("Content-Encoding") is None
        for number in range(3):
            # The next frame is not made before the last one is here.
            frames.put_nowait(b'{"type":"put","n":%d}\n' % number)
            async with asyncio.timeout(20):
                await connection.reader.readuntil(b'"n":%d}\n' % number)
    frames.put_nowait(b"")


async def test_a_stream_that_its_service_compressed_is_passed_on_as_it_is(
    gateway: Gateway, upstreams: Upstreams
) -> None:
    packed = b"\x1f\x8b\x08\x00 stands for gzip"

    async def stream(each: Exchange) -> None:
        head = STREAM_HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
        await each.send(head + packed)

    upstreams["stream-svc"].script = stream
    raw = request("GET", "/v1/leads/stream", "Accept-Encoding: gzip")
    answer = await exchange(gateway.port, raw)
    assert answer.body == packed
    assert upstreams["stream-svc"].exchanges[0].values("Accept-Encoding") == ["gzip"]


@pytest.mark.parametrize("path", ["/v1/leads/stream", "/v1/imports/x/failures", "/v1/leads"])
async def test_a_client_that_leaves_is_known_to_the_service(
    gateway: Gateway, upstreams: Upstreams, path: str
) -> None:
    closed = asyncio.Event()
    for server in upstreams.values():
        server.script = gone(closed)
    async with connected(gateway.port) as connection:
        await connection.send(request("GET", path))
        await eventually(lambda: any(server.exchanges for server in upstreams.values()), within=10)
    await asyncio.wait_for(closed.wait(), 20)


@pytest.mark.parametrize(("method", "path"), UPLOADS)
async def test_an_upload_streams_through_before_its_end_is_sent(
    gateway: Gateway, upstreams: Upstreams, method: str, path: str
) -> None:
    came: asyncio.Queue[int] = asyncio.Queue()

    async def receive(each: Exchange) -> None:
        for _ in range(3):
            came.put_nowait(len(await each.reader.readexactly(len(MIB))))
        await each.send(OK)

    upstreams["import-svc"].script = receive
    async with connected(gateway.port) as connection:
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {3 * len(MIB)}\r\n\r\n"
        await connection.send(head.encode())
        for _ in range(3):
            # The next part is not sent before the service has the last one.
            await connection.send(MIB)
            assert await asyncio.wait_for(came.get(), 20) == len(MIB)
        assert (await connection.head()).status == 200


async def test_no_body_waits_in_the_gateway_for_its_end(
    gateway: Gateway, upstreams: Upstreams
) -> None:
    half, came = b"x" * (len(MIB) // 2), asyncio.Event()

    async def receive(each: Exchange) -> None:
        await each.reader.readexactly(len(half))
        came.set()
        await each.reader.read()

    for server in upstreams.values():
        server.script = receive
    # Somebody who ends nothing needs no credentials for it.
    for target in (
        "PUT /v1/leads/x/status",
        "POST /v1/managers",
        "DELETE /v1/leads/x",
        "GET /v1/leads",
    ):
        came.clear()
        head = f"{target} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(MIB)}\r\n\r\n"
        async with connected(gateway.port) as connection:
            await connection.send(head.encode() + half)
            await asyncio.wait_for(came.wait(), 20)


async def test_a_chunked_upload_streams_through_too(gateway: Gateway, upstreams: Upstreams) -> None:
    part, came = b"name,family_name\n", asyncio.Event()

    async def receive(each: Exchange) -> None:
        await each.reader.readuntil(part)
        came.set()
        await each.reader.readuntil(b"\r\n0\r\n\r\n")
        await each.send(OK)

    upstreams["import-svc"].script = receive
    async with connected(gateway.port) as connection:
        head = b"POST /v1/imports HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        await connection.send(head + b"%x\r\n%b\r\n" % (len(part), part))
        await asyncio.wait_for(came.wait(), 20)
        await connection.send(b"0\r\n\r\n")
        assert (await connection.head()).status == 200


async def test_who_stops_sending_is_cut_off_at_the_service_too(
    gateway: Gateway, upstreams: Upstreams
) -> None:
    cut = asyncio.Event()

    async def receive(each: Exchange) -> None:
        rest = await each.reader.read()
        if len(rest) < len(MIB):
            cut.set()

    upstreams["import-svc"].script = receive
    async with connected(gateway.port) as connection:
        head = f"POST /v1/imports HTTP/1.1\r\nHost: x\r\nContent-Length: {len(MIB)}\r\n\r\n"
        await connection.send(head.encode() + b"some")
        await eventually(lambda: bool(upstreams["import-svc"].exchanges), within=10)
    await asyncio.wait_for(cut.wait(), 20)


async def test_a_refusal_reaches_a_client_that_still_sends(
    gateway: Gateway, upstreams: Upstreams
) -> None:
    problem = b'{"code":"unsupported_media_type"}'

    async def refuse(each: Exchange) -> None:
        await each.reader.read(1)
        await each.send(
            b"HTTP/1.1 415 Unsupported Media Type\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(problem), problem)
        )
        # As the services do: what still comes is dropped, for longer than this takes.
        while await each.reader.read(len(MIB)):
            pass

    upstreams["import-svc"].script = refuse
    async with connected(gateway.port) as connection:
        head = f"POST /v1/imports HTTP/1.1\r\nHost: x\r\nContent-Length: {64 * len(MIB)}\r\n\r\n"
        await connection.send(head.encode())
        sending = asyncio.create_task(_send_until_refused(connection.send))
        answer = await connection.answer()
        assert (answer.status, answer.body) == (415, problem)
        sending.cancel()


@pytest.mark.parametrize(("method", "path"), UPLOADS)
async def test_a_service_that_dies_of_a_large_upload_is_a_bad_gateway(
    gateway: Gateway, upstreams: Upstreams, method: str, path: str
) -> None:
    async def die(each: Exchange) -> None:
        await each.reader.readexactly(len(MIB))
        each.writer.transport.abort()

    upstreams["import-svc"].script = die
    async with connected(gateway.port) as connection:
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {8 * len(MIB)}\r\n\r\n"
        await connection.send(head.encode())
        sending = asyncio.create_task(_send_until_refused(connection.send))
        answer = await connection.answer()
        assert (answer.status, answer.code) == (502, "bad_gateway")
        sending.cancel()
    assert len(upstreams["import-svc"].exchanges) == 1


async def _send_until_refused(send: Callable[[bytes], Awaitable[None]]) -> None:
    try:
        for _ in range(64):
            await send(MIB)
    except ConnectionError:
        pass


async def test_a_slow_reader_of_a_large_answer_costs_the_gateway_no_disk(
    start_gateway: StartGateway, upstreams: Upstreams
) -> None:
    # nginx warns of an answer that it stores.
    gateway = await start_gateway(GATEWAY_ERROR_LOG_LEVEL="warn")
    sent = 0

    async def large(each: Exchange) -> None:
        nonlocal sent
        await each.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 * len(MIB)))
        for _ in range(64):
            await each.send(MIB)
            sent += 1

    upstreams["stream-svc"].script = large
    async with connected(gateway.port) as connection:
        await connection.send(request("GET", "/v1/leads"))
        await connection.head()
        await eventually(lambda: sent > 0, within=10)
        left = 64 * len(MIB)
        while part := await connection.reader.read(len(MIB)):
            left -= len(part)
        assert left == 0
    assert "temporary file" not in gateway.log()


async def test_an_import_and_a_stream_are_waited_for_longer_than_all_else(
    new_home: Callable[[], Path], start_gateway: StartGateway, upstreams: Upstreams
) -> None:
    home = new_home()
    template = home / "nginx.conf.template"
    text = template.read_text()
    assert "proxy_read_timeout 120s;" in text
    template.write_text(text.replace("proxy_read_timeout 120s;", "proxy_read_timeout 1s;"))
    gateway = await start_gateway(home)
    others_had_their_time = asyncio.Event()

    async def late(each: Exchange) -> None:
        await others_had_their_time.wait()
        await each.send(OK)

    for server in upstreams.values():
        server.script = late
    async with connected(gateway.port) as importing, connected(gateway.port) as following:
        await importing.send(request("POST", "/v1/imports"))
        await following.send(request("GET", "/v1/leads/stream?follow=true"))
        await eventually(lambda: all(upstreams[each].exchanges for each in LONG), within=10)
        answer = await exchange(gateway.port, request("POST", "/v1/managers"))
        assert (answer.status, answer.code) == (504, "gateway_timeout")
        others_had_their_time.set()
        assert (await importing.head()).status == 200
        assert (await following.head()).status == 200


async def test_a_stream_is_cut_when_a_stop_has_waited_long_enough(
    start_gateway: StartGateway, upstreams: Upstreams
) -> None:
    gateway = await start_gateway(GATEWAY_DRAIN_WITHIN_S="1")
    closed = asyncio.Event()
    upstreams["stream-svc"].script = gone(closed)
    async with connected(gateway.port) as connection:
        await connection.send(request("GET", "/v1/leads/stream?follow=true"))
        await connection.head()
        assert await gateway.stop() == 0
        await asyncio.wait_for(closed.wait(), 20)
