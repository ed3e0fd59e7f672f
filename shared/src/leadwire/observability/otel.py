"""Send finished spans to an OpenTelemetry collector, over OTLP/HTTP.

Needs the extra `leadwire[otel]`; imported by `leadwire.observability.export` only where an
endpoint is set. Ids come from our own trace context, so the exported trace is the one that
requests, events and logs name, whether or not anything exports it.
"""

from collections.abc import Mapping

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import SpanKind as OtelSpanKind

from leadwire.observability.spans import FinishedSpan, SpanKind
from leadwire.observability.trace import TraceContext

_TRACES_PATH = "/v1/traces"
_SEND_WITHIN = 10.0

_KINDS: Mapping[SpanKind, OtelSpanKind] = {
    "internal": OtelSpanKind.INTERNAL,
    "server": OtelSpanKind.SERVER,
    "consumer": OtelSpanKind.CONSUMER,
    "producer": OtelSpanKind.PRODUCER,
}


class OtelRecorder:
    """Queues spans, boundedly, for a thread that sends them in batches.

    Spans that find the queue full are dropped: watching never slows what is watched.

    Args:
        endpoint: Base address of the collector, `http://host:4318`.
        service: Reported as `service.name`.
    """

    def __init__(self, *, endpoint: str, service: str) -> None:
        base = endpoint.rstrip("/").removesuffix(_TRACES_PATH)
        exporter = OTLPSpanExporter(endpoint=base + _TRACES_PATH, timeout=_SEND_WITHIN)
        self._ids = _GivenIds()
        self._provider = TracerProvider(
            resource=Resource.create({SERVICE_NAME: service}),
            sampler=ALWAYS_ON,
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("leadwire")

    def record(self, span: FinishedSpan) -> None:
        """Queue one span."""
        self._ids.context = span.context
        recorded = self._tracer.start_span(
            span.name,
            context=set_span_in_context(NonRecordingSpan(_parent(span.context))),
            kind=_KINDS[span.kind],
            attributes=dict(span.attributes),
            start_time=span.started_ns,
        )
        if span.failed:
            recorded.set_status(StatusCode.ERROR)
        recorded.end(span.ended_ns)

    def close(self) -> None:
        """Send what is queued, then stop."""
        self._provider.shutdown()


class _GivenIds(IdGenerator):
    """Gives a span the ids that it had while it ran."""

    context: TraceContext

    def generate_span_id(self) -> int:
        """The span's own id."""
        return int(self.context.span_id, 16)

    def generate_trace_id(self) -> int:
        """The span's own trace."""
        return int(self.context.trace_id, 16)


def _parent(context: TraceContext) -> SpanContext:
    # Without a parent the ids are 0, which makes the context invalid: a root span.
    return SpanContext(
        trace_id=int(context.trace_id, 16) if context.parent_id else 0,
        span_id=int(context.parent_id or "0", 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
