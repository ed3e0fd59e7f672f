"""Timed pieces of work, recorded only where somebody collects them.

Without a recorder a span costs one comparison. `leadwire.observability.otel` installs
the recorder that exports to OpenTelemetry.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

from leadwire.observability.trace import (
    TraceContext,
    bind_trace,
    continue_trace,
    current_trace,
)

SpanKind = Literal["internal", "server", "consumer", "producer"]
AttributeValue = str | bool | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedSpan:
    """What is known of a piece of work when it has ended.

    Attributes:
        name: A name with few different values: a route template, never a path.
        context: Its place in the trace.
        kind: What it was in the exchange between processes.
        started_ns: Nanoseconds since the Unix epoch.
        ended_ns: Nanoseconds since the Unix epoch.
        attributes: Details; ids only, no personal data.
        failed: Whether an exception ended it.
    """

    name: str
    context: TraceContext
    kind: SpanKind
    started_ns: int
    ended_ns: int
    attributes: Mapping[str, AttributeValue]
    failed: bool


class SpanRecorder(Protocol):
    """Takes finished spans; must neither block nor raise."""

    def record(self, span: FinishedSpan) -> None:
        """Take one span."""
        ...


class _Recording:
    """The one recorder of the process, as logging has one root logger."""

    recorder: SpanRecorder | None = None


def set_span_recorder(recorder: SpanRecorder | None) -> None:
    """Record every sampled span of this process from now on; None stops it."""
    _Recording.recorder = recorder


def spans_are_recorded() -> bool:
    """Tell whether anybody collects spans."""
    return _Recording.recorder is not None


@contextmanager
def span(
    name: str, *, kind: SpanKind = "internal", **attributes: AttributeValue
) -> Iterator[dict[str, AttributeValue]]:
    """Time the block as a span below the current one.

    Args:
        name: A name with few different values.
        kind: What it is in the exchange between processes.
        attributes: Details known at the start; the block may add to the dictionary that
            it gets.
    """
    if _Recording.recorder is None:
        yield attributes
        return
    parent = current_trace()
    context = parent.child() if parent is not None else continue_trace(None)
    with bind_trace(context), record_span(name, context, kind=kind, attributes=attributes):
        yield attributes


@contextmanager
def bind_traceparent(
    value: str | None, *, name: str = "handle event", kind: SpanKind = "consumer"
) -> Iterator[TraceContext]:
    """Continue the trace that a message came with, for the block, as a span of its own.

    Args:
        value: The `traceparent` as received. None or anything malformed starts a new
            trace, as W3C Trace Context asks.
        name: Name of the span, with few different values.
        kind: What it is in the exchange between processes.
    """
    context = continue_trace(value)
    with bind_trace(context), record_span(name, context, kind=kind, attributes={}):
        yield context


@contextmanager
def record_span(
    name: str,
    context: TraceContext,
    *,
    kind: SpanKind,
    attributes: dict[str, AttributeValue],
) -> Iterator[None]:
    """Time the block as the span that `context` already names."""
    recorder = _Recording.recorder
    if recorder is None or not context.sampled:
        yield
        return
    started, failed = time.time_ns(), True
    try:
        yield
        failed = False
    finally:
        recorder.record(
            FinishedSpan(
                name=name,
                context=context,
                kind=kind,
                started_ns=started,
                ended_ns=time.time_ns(),
                attributes=attributes,
                failed=failed,
            )
        )


def record_span_below(
    traceparent: str | None,
    name: str,
    *,
    kind: SpanKind,
    started_ns: int,
    ended_ns: int,
    attributes: Mapping[str, AttributeValue],
    failed: bool,
) -> None:
    """Record a piece of work that has ended, below the span that a message came from.

    Args:
        traceparent: Of the message; without one the span begins a trace.
        name: A name with few different values.
        kind: What it was in the exchange between processes.
        started_ns: Nanoseconds since the Unix epoch.
        ended_ns: Nanoseconds since the Unix epoch.
        attributes: Details; ids only.
        failed: Whether it did not do what it was to do.
    """
    context = continue_trace(traceparent)
    if _Recording.recorder is not None and context.sampled:
        _Recording.recorder.record(
            FinishedSpan(
                name=name,
                context=context,
                kind=kind,
                started_ns=started_ns,
                ended_ns=ended_ns,
                attributes=attributes,
                failed=failed,
            )
        )
