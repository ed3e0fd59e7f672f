"""A stopping server turns nobody away in the middle, and waits for nobody for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web
from structlog.testing import capture_logs

from leadwire.access import PUBLIC
from leadwire.http import (
    DRAINING,
    LEAVING,
    HttpServer,
    Operation,
    Refusals,
    Response,
    json_response,
    write_within,
    writing,
)
from leadwire.http.metrics import REGISTRIES
from leadwire.testing import eventually

Serve = Callable[..., Awaitable[Any]]


class Slow:
    """Handlers that go on until they are let go."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.let_go = asyncio.Event()
        self.finished = 0
        self.cancelled = 0

    async def work(self, _: web.Request) -> web.StreamResponse:
        self.entered.set()
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.finished += 1
        return json_response({"done": True})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"hello\n")
        self.entered.set()
        await request.app[DRAINING].wait()
        await response.write(b"bye\n")
        return response


def operation(method: str, handler: Callable[..., Awaitable[web.StreamResponse]]) -> Operation:
    return Operation(method, "/slow", handler, "s", "t", {200: Response(None, "x")}, access=PUBLIC)


@pytest.fixture
def slow() -> Slow:
    return Slow()


async def test_a_running_request_is_answered_before_the_server_stops(
    serve: Serve, slow: Slow
) -> None:
    served = await serve(operation("GET", slow.work))
    asking = asyncio.create_task(served.session.get("/slow"))
    await slow.entered.wait()

    stopping = asyncio.create_task(served.server.stop())
    await eventually(served.app[DRAINING].is_set)
    refused = await is_refused(served.port)
    slow.let_go.set()
    answer = await asking
    await stopping

    assert refused
    assert (answer.status, answer.headers["Connection"]) == (200, "close")


async def test_a_connection_kept_open_is_told_that_the_server_is_not_ready(
    serve: Serve, slow: Slow
) -> None:
    served = await serve(operation("GET", slow.work))
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    asking = asyncio.create_task(served.session.get("/slow"))
    await slow.entered.wait()

    stopping = asyncio.create_task(served.server.stop())
    await eventually(served.app[DRAINING].is_set)
    writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = await reader.read()
    slow.let_go.set()
    await asking
    await stopping
    writer.close()

    assert b" 503 " in answer.split(b"\r\n")[0]


async def test_a_balancer_sees_that_a_process_leaves_before_it_stops_listening(
    serve: Serve, slow: Slow
) -> None:
    served = await serve(operation("GET", slow.stream), drain_delay=60.0)
    stopping = asyncio.create_task(served.server.stop())
    await eventually(served.app[LEAVING].is_set)

    # Each on a connection of its own, as the answer closes it.
    ready = await served.session.get("/readyz")
    answer = await served.session.get("/slow")
    await slow.entered.wait()

    assert (ready.status, ready.headers["Connection"]) == (503, "close")
    assert (answer.status, answer.headers["Connection"]) == (200, "close")
    assert not served.app[DRAINING].is_set()
    stopping.cancel()
    await asyncio.wait([stopping])


async def test_a_process_stops_listening_when_its_delay_is_over(serve: Serve, slow: Slow) -> None:
    served = await serve(operation("GET", slow.work), drain_delay=0.3)

    async with asyncio.timeout(10):
        await served.server.stop()

    assert await is_refused(served.port)


async def test_a_request_that_outlasts_the_deadline_is_cut(serve: Serve, slow: Slow) -> None:
    served = await serve(operation("POST", slow.work), drain_within=0.2)
    asking = asyncio.create_task(served.session.post("/slow"))
    await slow.entered.wait()

    async with asyncio.timeout(5):
        await served.server.stop()

    assert slow.cancelled == 1
    with pytest.raises(aiohttp.ClientError):
        await asking


async def test_a_long_stream_says_goodbye(serve: Serve, slow: Slow) -> None:
    served = await serve(operation("GET", slow.stream))
    answer = await served.session.get("/slow")
    await slow.entered.wait()

    stopping = asyncio.create_task(served.server.stop())
    text = await answer.text()
    await stopping

    assert text == "hello\nbye\n"


async def test_a_reader_that_leaves_ends_its_handler(serve: Serve, slow: Slow) -> None:
    served = await serve(operation("GET", slow.work))
    asking = asyncio.create_task(served.session.get("/slow"))
    await slow.entered.wait()

    asking.cancel()

    await eventually(lambda: slow.cancelled == 1)


async def test_a_change_goes_on_when_its_client_leaves(serve: Serve, slow: Slow) -> None:
    served = await serve(operation("POST", slow.work))
    asking = asyncio.create_task(served.session.post("/slow"))
    await slow.entered.wait()

    asking.cancel()
    await eventually(lambda: counted(served, status="499"))
    stopping = asyncio.create_task(served.server.stop())
    await eventually(served.app[DRAINING].is_set)
    slow.let_go.set()
    await stopping

    assert (slow.finished, slow.cancelled) == (1, 0)


class TakenError(Exception):
    """Somebody else was faster."""

    code = "taken"


@pytest.mark.parametrize(
    ("error", "told"),
    [(RuntimeError("broken"), ["request_failed"]), (TakenError("taken"), [])],
    ids=["a fault", "a refusal"],
)
async def test_a_change_that_fails_after_its_client_left_tells_the_log_of_faults_only(
    serve: Serve, slow: Slow, error: Exception, told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(request: web.Request) -> web.StreamResponse:
        await slow.work(request)
        raise error

    served = await serve(operation("POST", fail), refusals=Refusals({TakenError: 409}))
    headers = {"X-Request-Id": "the-one"}
    asking = asyncio.create_task(served.session.post("/slow", headers=headers))
    await slow.entered.wait()
    asking.cancel()
    await eventually(lambda: counted(served, status="499"))

    with capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        slow.let_go.set()
        await served.server.stop()

    errors = [line for line in lines if line["log_level"] == "error"]
    assert [line["event"] for line in errors] == told
    assert all((line["route"], line["request_id"]) == ("/slow", "the-one") for line in errors)
    assert not [record for record in caplog.records if record.name == "asyncio"]


async def whole(_: web.Request) -> web.StreamResponse:
    return web.Response(body=b"x" * 50_000_000)


async def in_pieces(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    async with write_within(request):
        await response.write(b"x" * 50_000_000)
    return response


@pytest.mark.parametrize("handler", [whole, in_pieces])
async def test_a_client_that_reads_nothing_does_not_hold_its_answer_for_ever(
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
    handler: Callable[..., Awaitable[web.StreamResponse]],
) -> None:
    monkeypatch.setattr(writing, "WRITE_WITHIN", 0.2)
    served = await serve(operation("GET", handler))
    with capture_logs() as lines:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=1024)
        writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readline()

        await eventually(lambda: counted(served, status="499"))
        assert len(await reader.read()) < 50_000_000
        writer.close()
    assert not [line for line in lines if line["log_level"] == "error"]


async def test_a_stream_that_breaks_is_cut_and_not_ended(serve: Serve) -> None:
    async def breaking(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"hello")
        raise RuntimeError("broken")

    served = await serve(operation("GET", breaking))

    answer = await served.session.get("/slow")
    with pytest.raises(aiohttp.ClientError):
        await answer.read()


async def test_stopping_twice_or_without_a_start_is_harmless(serve: Serve) -> None:
    served = await serve()

    await served.server.stop()
    await served.server.stop()
    await HttpServer(app=served.app, host="127.0.0.1", port=0).stop()


async def is_refused(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


def counted(served: Any, *, status: str) -> bool:
    registry = served.app[REGISTRIES]["probe"]
    labels = {"route": "/slow", "status": status}
    return any(
        labels.items() <= sample.labels.items()
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == "leadwire_http_requests_total"
    )
