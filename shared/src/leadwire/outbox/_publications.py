"""Publications as spans, each in the trace of the change that it tells of."""

from collections.abc import Iterable

from leadwire.broker import Accepted, Message, Outcome
from leadwire.observability import record_span_below


def record_publications(
    published: Iterable[tuple[Message, Outcome]], *, started_ns: int, ended_ns: int
) -> None:
    """Record what a batch said, and what the broker answered.

    Args:
        published: Messages of the outbox, whose types are few.
        started_ns: Nanoseconds since the Unix epoch.
        ended_ns: Nanoseconds since the Unix epoch.
    """
    for message, outcome in published:
        record_span_below(
            message.headers.get("traceparent"),
            f"publish {message.type}",
            kind="producer",
            started_ns=started_ns,
            ended_ns=ended_ns,
            attributes={
                "messaging.message.id": message.id,
                "leadwire.outcome": type(outcome).__name__,
            },
            failed=not isinstance(outcome, Accepted),
        )
