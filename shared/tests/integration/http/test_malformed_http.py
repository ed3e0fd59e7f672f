"""What is not even HTTP gets a problem too, and never a stack trace."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from aiohttp import web
from pydantic import BaseModel
from structlog.testing import capture_logs

from leadwire.access import PUBLIC
from leadwire.http import Operation, RequestBody, Response, bodies, json_response
from leadwire.testing import eventually

Serve = Callable[..., Awaitable[Any]]


class Thing(BaseModel):
    name: str


async def add(_: web.Request, *, body: Thing) -> web.StreamResponse:
    return json_response(body)


ADD = Operation("POST", "/things", add, "s", "t", {200: Response(Thing, "x")}, access=PUBLIC)


def parts(answer: bytes) -> tuple[int, dict[str, str], Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return int(status.split()[1]), headers, orjson.loads(body)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"rubbish\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"BREW /things HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n",
        b"POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
async def test_bytes_that_are_no_request_are_a_malformed_request(serve: Serve, raw: bytes) -> None:
    served = await serve(ADD)

    status, headers, problem = parts(await served.say(raw))

    assert (status, problem["code"]) == (400, "malformed_request")
    assert headers["content-type"] == "application/problem+json"
    assert headers["server"] == "leadwire"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", (414, "uri_too_long")),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\nX: /" + b"a" * 20_000 + b"\r\n\r\n",
            (431, "headers_too_large"),
        ),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a" * 20_000 + b": 1\r\n\r\n",
            (431, "headers_too_large"),
        ),
    ],
)
async def test_what_is_too_long_is_told_apart(
    serve: Serve, raw: bytes, expected: tuple[int, str]
) -> None:
    served = await serve(ADD)

    status, _, problem = parts(await served.say(raw))

    assert (status, problem["code"]) == expected


async def test_an_unknown_method_and_too_many_headers_are_named(serve: Serve) -> None:
    served = await serve(ADD)
    headers = b"".join(b"X-%d: 1\r\n" % number for number in range(5_000))

    _, _, method = parts(await served.say(b"FOO /things HTTP/1.1\r\nHost: x\r\n\r\n"))
    status, _, many = parts(await served.say(b"GET / HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n"))

    assert "one of HTTP's methods" in method["detail"]
    assert (status, many["code"]) == (431, "headers_too_large")
    assert "at most 128 headers" in many["detail"]


async def test_headers_that_are_not_utf_8_are_refused(serve: Serve) -> None:
    served = await serve(ADD)

    answer = await served.say(
        b"GET /things HTTP/1.1\r\nHost: x\r\nX-Name: \xff\r\nConnection: close\r\n\r\n"
    )

    status, _, problem = parts(answer)
    assert (status, problem["code"]) == (400, "bad_request")


async def test_an_expectation_nobody_knows_is_a_problem(serve: Serve) -> None:
    served = await serve(ADD)

    answer = await served.say(b"POST /things HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n")

    status, headers, problem = parts(answer)
    assert (status, problem["code"]) == (417, "expectation_failed")
    assert headers["server"] == "leadwire"


async def test_broken_chunks_are_a_malformed_body(serve: Serve) -> None:
    served = await serve(ADD)

    answer = await served.say(
        b"POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"
    )

    status, _, problem = parts(answer)
    assert status == 400
    assert problem["code"] in {"malformed_body", "malformed_request"}


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Encoding: gzip\r\nContent-Length: 7\r\n\r\nno gzip",
        b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nno gzip\r\n0\r\n\r\n",
        b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
        b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\nzz\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_a_clients_broken_body_is_no_error_of_ours(
    serve: Serve, caplog: pytest.LogCaptureFixture, rest: bytes
) -> None:
    served = await serve(ADD)
    head = b"POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

    with capture_logs() as ours:
        answer = await served.say(head + b"Connection: close\r\n" + rest)

    assert parts(answer)[0] in {400, 415}
    assert [each for each in caplog.records if each.levelno > logging.INFO] == []
    assert {each["log_level"] for each in ours} <= {"info", "debug"}


async def test_a_body_that_drips_is_cut_off_with_408(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "PACE", replace(bodies.PACE, grace=0.2))
    served = await serve(ADD)

    answer = await served.say(
        b"POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b'Content-Length: 100\r\n\r\n{"na'
    )

    status, headers, problem = parts(answer)
    assert (status, problem["code"]) == (408, "request_timeout")
    assert headers["connection"] == "close"


POST = b"POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n"


class Reader:
    """Reads bodies to their end, and keeps them in sight."""

    def __init__(self) -> None:
        self.bodies: list[RequestBody] = []

    async def read(self, _: web.Request, *, body: RequestBody) -> web.StreamResponse:
        self.bodies.append(body)
        return json_response(Thing(name=str(len(await body.read()))))

    @property
    def operation(self) -> Operation:
        """What to serve."""
        responses = {200: Response(Thing, "x")}
        kinds = {"text/csv": "Rows"}
        return Operation(
            "POST", "/things", self.read, "s", "t", responses, consumes=kinds, access=PUBLIC
        )

    async def has_got(self, size: int) -> None:
        """Wait until so many bytes came in."""
        await eventually(lambda: bool(self.bodies) and self.bodies[-1].received >= size)


async def test_a_body_that_pauses_is_cut_off_with_408_however_fast_it_began(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "PACE", replace(bodies.PACE, idle=0.3))
    served = await serve(Reader().operation)

    answer = await served.say(POST % 900_000 + b"x" * 800_000)

    assert parts(answer)[0] == 408


async def test_a_client_that_is_told_to_hurry_is_cut_off_if_it_does_not(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "HURRIED_PACE", replace(bodies.HURRIED_PACE, grace=0.1))
    reader = Reader()
    served = await serve(reader.operation)

    answer = asyncio.create_task(served.say(POST % 100 + b"x"))
    await reader.has_got(1)
    reader.bodies[0].hurry()

    assert parts(await answer)[0] == 408


async def test_a_client_that_sends_well_may_be_told_to_hurry(serve: Serve) -> None:
    reader = Reader()
    served = await serve(reader.operation)

    receiving, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(POST % 200_000 + b"x" * 100_000)
    await reader.has_got(100_000)
    reader.bodies[0].hurry()
    writer.write(b"x" * 100_000)
    answer = await asyncio.wait_for(receiving.readuntil(b"}\n"), timeout=10)
    writer.close()

    assert parts(answer)[2] == {"name": "200000"}
    assert reader.bodies[0].rate > 0


async def test_headers_that_never_end_are_cut_off(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadwire.http.server.IDLE_CONNECTION_SECONDS", 0.3)
    served = await serve(ADD)

    assert await served.say(b"GET / HTTP/1.1\r\nHost: x\r\nX: ") == b""
