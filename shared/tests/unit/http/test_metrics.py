"""Requests are counted by route template; registries of several services become one."""

from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from leadwire.access import PUBLIC
from leadwire.http import Operation, Response, add_registry, new_application

Client = TestClient[web.Request, web.Application]
Serve = Callable[..., Awaitable[Client]]


async def show(_: web.Request, *, name: str) -> web.StreamResponse:
    return web.Response(text=name)


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"x")
    return response


OPERATIONS = [
    Operation("GET", "/people/{name}", show, "s", "t", {200: Response(None, "x")}, access=PUBLIC),
    Operation("GET", "/stream", stream, "s", "t", {200: Response(None, "x")}, access=PUBLIC),
]


async def samples(client: Client) -> dict[tuple[str, str], float]:
    text = await (await client.get("/metrics")).text()
    return {
        (sample.name, sample.labels.get("route", sample.labels.get("service", ""))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("leadwire") and not sample.name.endswith("_bucket")
    }


async def test_paths_are_counted_under_their_template(serve: Serve) -> None:
    client = await serve(*OPERATIONS)
    for path in ("/people/a", "/people/b", "/nowhere/1", "/nowhere/2"):
        await client.get(path)

    found = await samples(client)

    assert found["leadwire_http_requests_total", "/people/{name}"] == 2
    assert found["leadwire_http_requests_total", "unmatched"] == 2
    assert found["leadwire_http_request_duration_seconds_count", "/people/{name}"] == 2


async def test_an_uncommon_method_becomes_other(serve: Serve) -> None:
    client = await serve(*OPERATIONS)

    await client.request("PROPFIND", "/people/a")

    text = await (await client.get("/metrics")).text()
    assert 'method="OTHER"' in text
    assert "PROPFIND" not in text


async def test_a_stream_is_counted_but_does_not_spoil_the_latency(serve: Serve) -> None:
    client = await serve(*OPERATIONS)
    await (await client.get("/stream")).read()

    found = await samples(client)

    assert found["leadwire_http_requests_total", "/stream"] == 1
    assert ("leadwire_http_request_duration_seconds_count", "/stream") not in found


async def test_equal_metrics_of_two_services_stand_in_one_block(serve: Serve) -> None:
    app = new_application(title="probe", version="1", authenticator=None)
    for service, count in (("import-svc", 2), ("manager-svc", 3)):
        registry = CollectorRegistry()
        Counter("leadwire_things_total", "Things.", registry=registry).inc(count)
        add_registry(app, service, registry)
    client = await serve(app=app)

    text = await (await client.get("/metrics")).text()

    assert text.count("# TYPE leadwire_things_total counter") == 1
    found = await samples(client)
    assert found["leadwire_things_total", "import-svc"] == 2
    assert found["leadwire_things_total", "manager-svc"] == 3


def test_a_service_has_one_registry() -> None:
    app = new_application(title="probe", version="1", authenticator=None)
    add_registry(app, "import-svc", CollectorRegistry())

    with pytest.raises(ValueError, match="import-svc"):
        add_registry(app, "import-svc", CollectorRegistry())
