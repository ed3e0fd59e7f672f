"""What those who watch see of the services as they run: one trace, its log lines, all metrics."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from gateway.nginx import SERVICES, Gateway, furnished_home
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families

from e2e.collector import Collector, ReceivedSpan
from e2e.conftest import StartSystem
from e2e.leads import as_csv, valid_rows
from e2e.office import Office
from e2e.prometheus import Prometheus
from e2e.subscriber import Subscriber
from e2e.system import System
from leadwire.broker import Accepted, Message, broker_from_url
from leadwire.testing import eventually
from leadwire.testing.services import PREFIXES
from leadwire_standalone.metrics_reference import metrics_by_owner

ROOT: Final = Path(__file__).parents[3]
DASHBOARD: Final = ROOT / "deploy" / "grafana" / "dashboards" / "leadwire.json"
SILENT: Final = ("leadwire_notifier_webhook_attempts", "leadwire_notifier_replayed_events")
"""What has labels and has not happened here has no series."""
PARK: Final = ("manager", "notifier", "stream")
PAGE: Final = ROOT / "docs" / "operations" / "observability.md"
TRACE_ID: Final = "0af7651916cd43dd8448eb211c80319c"
CALLER: Final = "b7ad6b7169203331"
TRACEPARENT: Final = f"00-{TRACE_ID}-{CALLER}-01"
EVENT: Final = "lead_interested_created"


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Collector]:
    async with Collector() as collector:
        monkeypatch.setenv("LEADWIRE_OTEL_ENDPOINT", collector.endpoint)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        yield collector


@pytest.mark.timeout(300)
async def test_one_trace_leads_from_the_request_to_every_subscriber_and_its_logs(
    collector: Collector, start_system: StartSystem, broker_url: str, tmp_path: Path
) -> None:
    system = await start_system()
    async with Subscriber(url=broker_url, event_type=EVENT) as subscriber:
        await Office(system=system).hire("Ada")
        await system.import_leads(as_csv(valid_rows(2)), "text/csv", region="US")
        [lead] = await eventually(partial(_held_leads, system), within=30)
        async with aiohttp.ClientSession() as session:
            url = f"{system.service('manager_svc').url}/v1/leads/{lead}/status"
            headers = {"traceparent": TRACEPARENT}
            async with session.put(url, json={"status": "interested"}, headers=headers) as answer:
                assert answer.status == 200
        await eventually(lambda: subscriber.effects, within=30)
        spans = await eventually(lambda: _whole_trace(collector), within=30)
    [event] = subscriber.effects
    [header] = subscriber.traceparents
    request = spans["manager-svc", "PUT /v1/leads/{lead_id}/status"]
    assert (request.kind, request.parent_id) == (Span.SPAN_KIND_SERVER, CALLER)
    assert request.attributes["http.route"] == "/v1/leads/{lead_id}/status"
    # The event bears the span of the request, in its body and as a header.
    assert event["traceparent"] == header == f"00-{TRACE_ID}-{request.span_id}-01"
    for service, name, kind in (
        ("manager-svc", "add to outbox", Span.SPAN_KIND_INTERNAL),
        ("manager-svc", f"publish {EVENT}", Span.SPAN_KIND_PRODUCER),
        ("stream-svc", "handle event", Span.SPAN_KIND_CONSUMER),
        ("notifier-svc", "handle event", Span.SPAN_KIND_CONSUMER),
    ):
        span = spans[service, name]
        assert (span.kind, span.parent_id) == (kind, request.span_id), name
    logged = [line for line in _log_lines(system, "manager_svc") if line["event"] == "request"]
    [line] = [line for line in logged if line.get("trace_id") == TRACE_ID]
    assert (line["route"], line["status"]) == ("/v1/leads/{lead_id}/status", 200)
    assert line.keys() == _documented_line().keys()

    await _publish_what_nobody_can_read(broker_url)
    for module in ("stream_svc", "notifier_svc"):
        await eventually(partial(_tells_of_parking, system, module), within=30)
    await _metrics_are_those_of_the_reference(system)
    async with (
        _gateway_before(system) as gateway,
        Prometheus(targets=_targets(system, gateway), directory=tmp_path) as prometheus,
    ):
        await _prometheus_finds_what_it_is_asked_for(prometheus, system)
        # The one thing that is wrong with this system, and no other.
        expected = {("LeadwireDeliveriesParked", f"{name}-svc") for name in PARK}
        await eventually(partial(_fires, prometheus, expected), within=60)


@asynccontextmanager
async def _gateway_before(system: System) -> AsyncIterator[Gateway]:
    upstreams = {name: _address(system, name) for name in SERVICES}
    with furnished_home() as home:
        gateway = Gateway(home=home, upstreams=upstreams, settings={})
        await gateway.start()
        try:
            yield gateway
        finally:
            await gateway.stop()


def _targets(system: System, gateway: Gateway) -> dict[str, str]:
    services = {name: _address(system, name) for name in SERVICES}
    return {"gateway": f"127.0.0.1:{gateway.metrics_port}", **services}


def _address(system: System, name: str) -> str:
    return system.service(name.replace("-", "_")).url.removeprefix("http://")


async def _prometheus_finds_what_it_is_asked_for(prometheus: Prometheus, system: System) -> None:
    """Every rule is evaluated, and every panel of the dashboard has something to show."""

    async def nothing_is_wrong() -> bool:
        return await prometheus.faults() == []

    await eventually(nothing_is_wrong, within=30)

    async def only_these_are_empty() -> bool:
        await system.get("manager_svc", "/v1/managers")  # of no requests there is no share
        empty = {query for query in _dashboard_queries() if not await prometheus.query(query)}
        assert all(any(metric in query for metric in SILENT) for query in empty), empty
        return True

    await eventually(only_these_are_empty, within=30)


async def _fires(prometheus: Prometheus, expected: set[tuple[str, str]]) -> bool:
    firing = await prometheus.query('ALERTS{alertstate="firing"}')
    found = {(each["alertname"], each.get("service", each.get("job", ""))) for each in firing}
    assert found == expected
    return True


def _dashboard_queries() -> Iterator[str]:
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"].replace("$__rate_interval", "1m").replace("$service", ".*")


def _documented_line() -> dict[str, Any]:
    [sample] = re.findall(r"^```json\n(.*)\n```", PAGE.read_text(), re.MULTILINE)
    line: dict[str, Any] = json.loads(sample)
    return line


async def _held_leads(system: System) -> list[str]:
    managers = await system.get("manager_svc", "/v1/managers")
    return [lead["id"] for manager in managers["items"] for lead in manager["leads"]]


def _whole_trace(collector: Collector) -> dict[tuple[str, str], ReceivedSpan]:
    """Give the spans of the trace once all have arrived; none before."""
    found = {
        (span.service, span.name): span
        for span in collector.of_trace(TRACE_ID)
        if span.attributes.get("leadwire.event.type", EVENT) == EVENT
    }
    expected = {
        ("manager-svc", "PUT /v1/leads/{lead_id}/status"),
        ("manager-svc", "add to outbox"),
        ("manager-svc", f"publish {EVENT}"),
        ("stream-svc", "handle event"),
        ("notifier-svc", "handle event"),
    }
    return found if expected <= found.keys() else {}


async def _publish_what_nobody_can_read(broker_url: str) -> None:
    broker = broker_from_url(broker_url, name="another team")
    await broker.start()
    headers = {"traceparent": TRACEPARENT}
    unreadable = Message(id="unreadable", type="leads_created", body=b"{", headers=headers)
    assert list(await broker.publish([unreadable])) == [Accepted()]
    await broker.stop()


def _tells_of_parking(system: System, module: str) -> bool:
    parked = [line for line in _log_lines(system, module) if line["event"] == "delivery_parked"]
    return [line["trace_id"] for line in parked] == [TRACE_ID]


def _log_lines(system: System, module: str) -> Iterator[dict[str, Any]]:
    for line in system.service(module).log.read_text().splitlines():
        if line.startswith("{"):
            yield json.loads(line)


async def _metrics_are_those_of_the_reference(system: System) -> None:
    """Each process prints what docs/reference/metrics.md says, with no other labels."""
    owners = metrics_by_owner()
    async with aiohttp.ClientSession() as session:
        for module in PREFIXES:
            service = module.replace("_", "-")
            async with session.get(f"{system.service(module).url}/metrics") as response:
                text = await response.text()
            described = {
                metric.name: metric for metric in [*owners["Every process"], *owners[service]]
            }
            printed = _printed(text)
            assert printed.keys() == described.keys(), service
            for name, labels in printed.items():
                assert labels <= {"service", *described[name].labels}, name


def _printed(text: str) -> dict[str, set[str]]:
    """Give the labels of each metric, `le` of histograms aside."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        if not family.name.startswith("python_") and not family.name.endswith("_created"):
            suffix = "_total" if family.type == "counter" else ""
            labels = {label for sample in family.samples for label in sample.labels}
            found[family.name + suffix] = labels - {"le"}
    return found
