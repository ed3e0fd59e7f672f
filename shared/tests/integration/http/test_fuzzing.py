"""Whatever is sent, the answer is HTTP, below 500, and an error is a problem with a code."""

import asyncio
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_from_bytes

import orjson
import pytest
from aiohttp import web
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from leadwire.access import PUBLIC
from leadwire.http import (
    HttpServer,
    Operation,
    RequestBody,
    Response,
    add_operations,
    json_response,
    new_application,
)

Exchange = Callable[..., bytes]


class Thing(BaseModel):
    name: str
    count: int = 0
    parts: list["Thing"] = []
    attributes: dict[str, str] = {}


class ThingQuery(BaseModel):
    limit: int = 100
    colour: list[str] | None = None
    since: uuid.UUID | None = None


class Things:
    async def add(self, _: web.Request, *, body: Thing) -> web.StreamResponse:
        return json_response(body)

    async def find(
        self, _: web.Request, *, key: uuid.UUID, query: ThingQuery
    ) -> web.StreamResponse:
        return json_response({"key": str(key), "query": query.model_dump_json()})

    async def name(self, _: web.Request, *, name: str) -> web.StreamResponse:
        return json_response({"name": name})

    async def load(self, _: web.Request, *, body: RequestBody) -> web.StreamResponse:
        return json_response({"bytes": len(await body.read())})


def operations() -> list[Operation]:
    things, ok = Things(), {200: Response(None, "x")}
    return [
        Operation("POST", "/things", things.add, "s", "t", ok, access=PUBLIC),
        Operation("GET", "/things/{key}", things.find, "s", "t", ok, access=PUBLIC),
        Operation("GET", "/names/{name}", things.name, "s", "t", ok, access=PUBLIC),
        Operation("PUT", "/loads", things.load, "s", "t", ok, consumes={"*/*": ""}, access=PUBLIC),
    ]


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    """Send bytes on a connection of their own; return all that comes back."""

    async def start() -> HttpServer:
        app = new_application(title="probe", version="1", authenticator=None, max_body=4096)
        add_operations(app, operations())
        server = HttpServer(app=app, host="127.0.0.1", port=0)
        await server.start()
        return server

    async def send(port: int, raw: bytes, half_close: bool) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(raw)
            if half_close:
                writer.write_eof()
            async with asyncio.timeout(10):
                return await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()

    with asyncio.Runner() as runner:
        server = runner.run(start())
        yield lambda raw, half_close=False: runner.run(send(server.port, raw, half_close))
        runner.run(server.stop())


def check(answer: bytes) -> int:
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    assert status < 500, answer
    if status >= 400:
        assert b"application/problem+json" in head
        problem: Any = orjson.loads(body)
        assert problem["code"]
        assert problem["status"] == status
        assert "Traceback" not in body.decode()
    return status


def request(
    method: str, target: str, *, kind: str = "application/json", body: bytes = b""
) -> bytes:
    return (
        f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("name"), inner),
    max_leaves=12,
)


@FUZZ
@given(body=st.binary(max_size=6000))
@example(body=b"")
@example(body=b"\x00")
def test_any_bytes_as_a_json_body(exchange: Exchange, body: bytes) -> None:
    assert check(exchange(request("POST", "/things", body=body))) >= 400


@FUZZ
@given(content=JSON)
@example(content={"name": "\x00"})
@example(content={"name": "a", "count": 10**400})
def test_any_json_as_a_body(exchange: Exchange, content: Any) -> None:
    body = json.dumps(content).encode()
    check(exchange(request("POST", "/things", body=body)))


@FUZZ
@given(segment=st.binary(min_size=1, max_size=80), query=st.binary(max_size=80))
@example(segment=b"\x00", query=b"")
@example(segment=b"\xff", query=b"\xff=\xff")
@example(segment=b"..", query=b"limit=1&limit")
def test_any_path_and_query(exchange: Exchange, segment: bytes, query: bytes) -> None:
    path, parameters = quote_from_bytes(segment, safe=""), quote_from_bytes(query, safe="=&;+%")
    for prefix in ("/names/", "/things/", "/"):
        check(exchange(request("GET", f"{prefix}{path}?{parameters}")))


@FUZZ
@given(
    name=st.sampled_from(["limit", "colour", "since"]),
    values=st.lists(st.text(max_size=30), max_size=3),
)
def test_any_value_of_a_known_parameter(exchange: Exchange, name: str, values: list[str]) -> None:
    pairs = "&".join(
        f"{name}={quote_from_bytes(each.encode('utf-8', 'surrogatepass'))}" for each in values
    )
    check(exchange(request("GET", f"/things/{uuid.uuid4()}?{pairs}")))


@FUZZ
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
)
@example(method="CONNECT")
def test_any_method(exchange: Exchange, method: str) -> None:
    for path in ("/things", "/loads", "/readyz", "/docs"):
        answer = exchange(request(method, path, body=b"{}"))
        assert int(answer.split()[1]) < 500, answer


@FUZZ
@given(kind=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
def test_any_content_type(exchange: Exchange, kind: str) -> None:
    check(exchange(request("POST", "/things", kind=kind, body=b'{"name": "a"}')))


@FUZZ
@given(value=st.binary(max_size=80).filter(lambda raw: not set(raw) & set(b"\r\n")))
def test_any_value_of_the_headers_that_are_read(exchange: Exchange, value: bytes) -> None:
    for name in (b"X-Request-Id", b"traceparent", b"Content-Encoding", b"Accept", b"Cookie"):
        raw = b"PUT /loads HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%b: %b\r\n" % (name, value)
        check(exchange(raw + b"Content-Length: 3\r\n\r\nabc"))


@FUZZ
@given(raw=st.binary(min_size=1, max_size=400))
def test_any_bytes_instead_of_http(exchange: Exchange, raw: bytes) -> None:
    answer = exchange(raw + b"\r\n\r\n", half_close=True)

    if answer:
        check(answer)
