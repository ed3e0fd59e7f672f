"""The W3C trace context of what runs now, carried in a context variable.

A request or a delivery binds the `traceparent` it came with; whatever is published
meanwhile reads it back through `current_traceparent`. So one trace id leads from the
HTTP request through outbox and broker to the last handler, with or without a tracing
system behind it. See https://www.w3.org/TR/trace-context/.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NO_TRACE = "0" * 32
_NO_SPAN = "0" * 16
_SAMPLED = 0x01


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceContext:
    """One span's place in its trace.

    Attributes:
        trace_id: 32 hexadecimal digits, the same for everything one cause led to.
        span_id: 16 hexadecimal digits of this span.
        parent_id: The span that led here; None where the trace began.
        sampled: Whether the one who began the trace asked for it to be recorded.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    sampled: bool

    @property
    def traceparent(self) -> str:
        """The value of the W3C `traceparent` header that continues this span."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    def child(self) -> "TraceContext":
        """A new span below this one."""
        return TraceContext(
            trace_id=self.trace_id,
            span_id=secrets.token_hex(8),
            parent_id=self.span_id,
            sampled=self.sampled,
        )


_current: ContextVar[TraceContext | None] = ContextVar("leadwire_trace", default=None)


def current_trace() -> TraceContext | None:
    """The span that runs now; None outside of every request, delivery and span."""
    return _current.get()


def current_traceparent() -> str:
    """The `traceparent` to send along; a new trace where none is bound."""
    return (_current.get() or _new_trace()).traceparent


@contextmanager
def bind_trace(context: TraceContext) -> Iterator[TraceContext]:
    """Make a span the current one for the duration of the block."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def continue_trace(value: str | None) -> TraceContext:
    """Return a new span below the given `traceparent`, or the first of a new trace."""
    match = _TRACEPARENT.fullmatch(value) if value else None
    if match is None or value is None:
        return _new_trace()
    trace_id, parent_id, flags, rest = match.groups()
    malformed = trace_id == _NO_TRACE or parent_id == _NO_SPAN or (rest and value[:2] == "00")
    if malformed:
        return _new_trace()
    return TraceContext(
        trace_id=trace_id,
        span_id=secrets.token_hex(8),
        parent_id=parent_id,
        sampled=bool(int(flags, 16) & _SAMPLED),
    )


def _new_trace() -> TraceContext:
    return TraceContext(
        trace_id=secrets.token_hex(16),
        span_id=secrets.token_hex(8),
        parent_id=None,
        sampled=True,
    )
