"""Every request reaches the service that answers it, and nothing else reaches any."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway.conftest import StartGateway, Upstreams
from gateway.nginx import ROOT, SERVICES, Gateway
from gateway.wire import Answer, exchange, request

from leadwire.testing import eventually

DOCUMENTS: dict[str, Path] = {
    name: ROOT / "docs" / "reference" / "openapi" / f"{name}.json" for name in SERVICES
}
ID = "019a2f3c-0000-7000-8000-000000000001"
METRICS_TRICKS = [
    "/metrics",
    "/metrics/",
    "//metrics",
    "/./metrics",
    "/v1/../metrics",
    "/v1/leads/../../metrics",
    "/v1/leads/%2e%2e/%2e%2e/metrics",
    "/v1/leads/..%2f..%2fmetrics",
    "/v1/leads/..%2F..%2Fmetrics?x=/v1/leads",
    "/v1/leads/..;/..;/metrics",
    "/v1/leads/..%5c..%5cmetrics",
    "/%6detrics",
    "/METRICS",
    "/metrics%00",
    "/metrics%20",
    "/metrics;/v1/leads",
    "/metrics?/v1/leads",
    "/metrics#/v1/leads",
    "/v1/leads/x/../../../metrics",
    "/v1/../v1/../metrics",
    "http://import-svc:8080/metrics",
    "http://localhost/v1/../metrics",
    "http://localhost/metrics",
    "/readyz",
    "/v1/../readyz",
    "/-/once",
    "/-/change",
    "/-/form",
    "/-/problem",
    "/v1",
    "/v1/",
    "/v1/metrics",
]


def operations() -> Iterator[tuple[str, str, str]]:
    for service, path in DOCUMENTS.items():
        for template, item in json.loads(path.read_text())["paths"].items():
            for method in item:
                yield service, method.upper(), template


OPERATIONS = sorted(operations())


def all_targets(upstreams: Upstreams) -> dict[str, list[str]]:
    return {name: server.targets for name, server in upstreams.items() if server.targets}


async def test_every_operation_reaches_its_own_service(
    gateway: Gateway, upstreams: Upstreams
) -> None:
    assert len(OPERATIONS) > 60, "the documents are read"
    for service, method, template in OPERATIONS:
        path = re.sub(r"\{\w+\}", ID, template) + "?q=a%20b&q=%2F"
        answer = await exchange(gateway.port, request(method, path))
        assert answer.status == 200, (method, template)
        assert all_targets(upstreams) == {service: [f"{method} {path}"]}, (method, template)
        upstreams[service].exchanges.clear()


async def test_head_goes_where_get_goes_and_other_methods_are_told_which_there_are(
    gateway: Gateway, upstreams: Upstreams
) -> None:
    head = await asyncio.wait_for(_head(gateway, f"/v1/leads/{ID}"), 20)
    assert head.status == 200
    assert all_targets(upstreams) == {"stream-svc": [f"HEAD /v1/leads/{ID}"]}
    upstreams["stream-svc"].exchanges.clear()
    for method in ("OPTIONS", "PUT", "BREW", "POST"):
        answer = await exchange(gateway.port, request(method, f"/v1/leads/{ID}"))
        assert (answer.status, answer.code) == (405, "method_not_allowed"), method
        assert answer.header("Allow") == "DELETE, GET, HEAD, PATCH"
    for method in ("TRACE", "CONNECT"):
        assert (await exchange(gateway.port, request(method, "/v1/leads"))).status in (400, 405)
    assert all_targets(upstreams) == {}
    await eventually(lambda: "BREW" in {each["method"] for each in gateway.requests()}, within=10)


async def _head(gateway: Gateway, path: str) -> Answer:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(request("HEAD", path))
    line = await reader.readline()
    writer.transport.abort()
    return Answer(int(line.split()[1]), {}, b"")


async def test_a_fixed_word_wins_over_a_parameter(gateway: Gateway, upstreams: Upstreams) -> None:
    targets = ["GET /v1/leads/count", "GET /v1/leads/stream"]
    for target in targets:
        await exchange(gateway.port, request(*target.split()))
    await exchange(gateway.port, request("PATCH", "/v1/leads/count"))
    assert all_targets(upstreams) == {"stream-svc": targets}


@pytest.mark.parametrize("target", METRICS_TRICKS)
async def test_no_trick_reaches_what_is_internal(
    gateway: Gateway, upstreams: Upstreams, target: str
) -> None:
    answer = await exchange(gateway.port, request("GET", target))
    reached = [sent for targets in all_targets(upstreams).values() for sent in targets]
    # What a service gets as a parameter, it gets as it was sent: it has no path of that name.
    assert all(re.fullmatch(r"GET /v1/leads/[^/]+", sent) for sent in reached), reached
    if not reached:
        assert answer.status in (400, 404), answer
        assert answer.code in ("bad_request", "not_found")


async def test_a_path_is_passed_on_as_it_was_sent(gateway: Gateway, upstreams: Upstreams) -> None:
    sent = [
        "/v1/leads/%E7%8E%8B?q=%E7%8E%8B&x=a+b",
        "/v1/leads/a%2Cb",
        "/v1/leads/a%0d%0aX-Evil:%201",
        "/v1/leads?q=%0d%0aX-Evil:%201",
        "/v1/leads?",
        "/v1/leads/a~b'(c)*!$&=,;:@",
    ]
    for target in sent:
        assert (await exchange(gateway.port, request("GET", target))).status == 200, target
    assert upstreams["stream-svc"].targets == [f"GET {target}" for target in sent]
    assert not any(each.values("X-Evil") for each in upstreams["stream-svc"].exchanges)


async def test_no_sign_in_a_path_hides_that_nothing_answers_it(
    gateway: Gateway, upstreams: Upstreams
) -> None:
    for sign in (":", "%3A", ":none:", "%0A", "%0a:", "a:b"):
        for method, path in (("GET", f"/v1/{sign}"), ("DELETE", f"/v1/leads/{ID}/{sign}")):
            answer = await exchange(gateway.port, request(method, path))
            assert (answer.status, answer.code) == (404, "not_found"), path
        answer = await exchange(gateway.port, request("PUT", f"/v1/leads/{sign}"))
        assert (answer.status, answer.code) == (405, "method_not_allowed"), sign
    assert all_targets(upstreams) == {}


async def test_an_absolute_target_is_understood(gateway: Gateway, upstreams: Upstreams) -> None:
    raw = request("GET", "http://leads.example/v1/leads?q=a", host="other.example")
    assert (await exchange(gateway.port, raw)).status == 200
    assert upstreams["stream-svc"].targets == ["GET /v1/leads?q=a"]
    assert upstreams["stream-svc"].exchanges[0].values("Host") == ["leads.example"]


async def test_a_host_that_is_not_served_is_refused_but_for_the_health_check(
    start_gateway: StartGateway, upstreams: Upstreams
) -> None:
    gateway = await start_gateway(GATEWAY_HOSTS="leads.example *.office.example")

    async def asked(host: str, path: str = "/v1/leads") -> int:
        return (await exchange(gateway.port, request("GET", path, host=host))).status

    for host in ("leads.example", "LEADS.example", "leads.example:8080", "a.office.example"):
        assert await asked(host) == 200, host
    upstreams["stream-svc"].exchanges.clear()
    for host in ("evil.example", "127.0.0.1", "leads.example.evil.example", "office.example.evil"):
        for path in ("/v1/leads", "/docs", "/", "/v1/leads/stream"):
            answer = await exchange(gateway.port, request("GET", path, host=host))
            assert (answer.status, answer.code) == (421, "misdirected_request"), (host, path)
    assert await asked("10.0.0.7:8080", "/healthz") == 200
    assert all_targets(upstreams) == {}
