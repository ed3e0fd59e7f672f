"""Logs, traces and spans: what a process tells those who watch it."""

from leadwire.observability.export import OtelNotInstalledError, export_spans
from leadwire.observability.logs import LogFormat, configure_logging
from leadwire.observability.spans import (
    FinishedSpan,
    SpanRecorder,
    bind_traceparent,
    record_span,
    record_span_below,
    set_span_recorder,
    span,
    spans_are_recorded,
)
from leadwire.observability.trace import (
    TraceContext,
    bind_trace,
    continue_trace,
    current_trace,
    current_traceparent,
)

__all__ = [
    "FinishedSpan",
    "LogFormat",
    "OtelNotInstalledError",
    "SpanRecorder",
    "TraceContext",
    "bind_trace",
    "bind_traceparent",
    "configure_logging",
    "continue_trace",
    "current_trace",
    "current_traceparent",
    "export_spans",
    "record_span",
    "record_span_below",
    "set_span_recorder",
    "span",
    "spans_are_recorded",
]
