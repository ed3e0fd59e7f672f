"""With an endpoint set, spans arrive at a collector, under the ids that events bear."""

import builtins
import http.server
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from leadwire.observability import (
    OtelNotInstalledError,
    bind_traceparent,
    current_traceparent,
    export_spans,
    span,
)

INCOMING = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector(http.server.ThreadingHTTPServer):
    """A tiny OTLP/HTTP receiver that decodes what it gets."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.requests: list[tuple[str, ExportTraceServiceRequest]] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def spans(self) -> dict[str, Any]:
        return {
            span.name: span
            for _, request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }


class _Receiver(http.server.BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, ExportTraceServiceRequest.FromString(body)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its signature
        """Keep the test's output clean."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_spans_arrive_with_the_ids_that_were_sent_along(collector: Collector) -> None:
    with (
        export_spans(collector.endpoint, service="probe-svc"),
        bind_traceparent(INCOMING, name="handle leads_created"),
    ):
        outer = current_traceparent()
        with span("store", rows=3):
            inner = current_traceparent()

    spans = collector.spans()
    received, store = spans["handle leads_created"], spans["store"]
    assert ids(received) == tuple(outer.split("-")[1:3])
    assert ids(store) == tuple(inner.split("-")[1:3])
    assert received.parent_span_id.hex() == "b7ad6b7169203331"
    assert store.parent_span_id == received.span_id
    assert store.attributes[0].key == "rows"
    assert store.start_time_unix_nano <= store.end_time_unix_nano


def test_the_service_is_named_and_the_path_is_the_standard_one(collector: Collector) -> None:
    with export_spans(collector.endpoint + "/v1/traces", service="probe-svc"), span("work"):
        pass

    path, request = collector.requests[0]
    attributes = {
        a.key: a.value.string_value for a in request.resource_spans[0].resource.attributes
    }
    assert path == "/v1/traces"
    assert attributes["service.name"] == "probe-svc"


def test_a_root_span_has_no_parent(collector: Collector) -> None:
    with export_spans(collector.endpoint, service="probe-svc"), span("work"):
        pass

    assert collector.spans()["work"].parent_span_id == b""


def test_without_an_endpoint_nothing_is_recorded(collector: Collector) -> None:
    with export_spans(None, service="probe-svc"), span("work"):
        pass

    assert collector.requests == []


def test_an_endpoint_without_the_extra_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real_import = builtins.__import__

    def without_otel(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("opentelemetry"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real_import(name, *args, **kwargs)

    monkeypatch.delitem(sys.modules, "leadwire.observability.otel", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_otel)

    with (
        pytest.raises(OtelNotInstalledError, match=r"leadwire\[otel\]"),
        export_spans("http://127.0.0.1:1", service="probe-svc"),
    ):
        pass


def ids(span: Any) -> tuple[str, str]:
    return span.trace_id.hex(), span.span_id.hex()
