"""The backbone on a real Postgres: traces through it, and what happens while it is away."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from leadwire.outbox import OUTBOX_MIGRATIONS
from leadwire.service import create_app
from leadwire.testing import TcpProxy, eventually

MakeServiceDatabase = Callable[..., Awaitable[str]]
Client = TestClient[web.Request, web.Application]

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
async def proxy(make_service_database: MakeServiceDatabase) -> AsyncIterator[tuple[TcpProxy, str]]:
    """A way to the database that can be cut, and the URL through it."""
    url = await make_service_database("probe_svc", [OUTBOX_MIGRATIONS])
    credentials, _, rest = url.removeprefix("postgresql://").rpartition("@")
    address, _, name = rest.partition("/")
    host, _, port = address.partition(":")
    async with TcpProxy(host, int(port)) as proxy:
        yield proxy, f"postgresql://{credentials}@127.0.0.1:{proxy.port}/{name}"


@pytest.fixture
async def client(probe: ModuleType, proxy: tuple[TcpProxy, str]) -> AsyncIterator[Client]:
    settings = probe.ProbeSettings(
        auth="off",
        broker_url=SecretStr(f"memory://{uuid.uuid4()}"),
        database_url=SecretStr(proxy[1]),
    )
    async with TestClient(TestServer(create_app(probe.SERVICE, settings))) as client:
        yield client


async def test_the_trace_of_a_request_reaches_the_handler_of_its_event(client: Client) -> None:
    headers = {"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"}

    answer = await client.post("/publish", headers=headers)

    assert answer.status == 202
    await eventually(lambda: traces(client, [TRACE_ID]))


async def test_a_request_without_a_trace_begins_one(client: Client) -> None:
    await client.post("/publish")
    await client.post("/publish")

    async def two_traces() -> bool:
        found = (await (await client.get("/traces")).json())["traces"]
        return len(set(found)) == 2

    await eventually(two_traces)


async def test_the_service_is_ready_when_database_and_broker_answer(client: Client) -> None:
    answer = await client.get("/readyz")

    assert answer.status == 200
    assert (await answer.json())["checks"] == {
        "probe-svc database": "ok",
        "probe-svc broker": "ok",
    }


async def test_metrics_of_the_service_bear_its_name(client: Client) -> None:
    text = await (await client.get("/metrics")).text()

    assert 'leadwire_outbox_backlog_events{service="probe-svc"}' in text
    assert 'leadwire_broker_missing{service="probe-svc"} 0.0' in text


async def test_a_database_that_is_away_is_a_503_and_comes_back_by_itself(
    client: Client, proxy: tuple[TcpProxy, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    way, _ = proxy
    way.refuse()
    way.cut()

    answer = await client.post("/publish")
    readiness = await client.get("/readyz")
    way.accept()

    problem: Any = await answer.json()
    assert (answer.status, problem["code"]) == (503, "unavailable")
    assert readiness.status == 503
    assert (await client.get("/healthz")).status == 200
    await eventually(lambda: is_ready(client), within=30)
    assert (await client.post("/publish")).status == 202


async def traces(client: Client, expected: list[str]) -> bool:
    return bool((await (await client.get("/traces")).json())["traces"] == expected)


async def is_ready(client: Client) -> bool:
    return (await client.get("/readyz")).status == 200
