"""How a service stands, what is parked in it, and what operators did with that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEvent:
    """An event that is set aside, until somebody requeues or discards it.

    Attributes:
        place: `consumer` for a delivery that could not be handled, `outbox` for an event that the
            broker will never take.
        subscription: Whose delivery it was; None in the outbox.
        reason: Why it was set aside; may quote the event.
        size: Bytes of the body.
        content_type: None in lists, as are headers and body.
        body: None also if it is no text in UTF-8; then `body_base64` has it.
    """

    id: str
    place: str
    source: str
    event_id: str
    type: str
    reason: str
    attempts: int
    parked_at: datetime
    size: int
    subscription: str | None = None
    content_type: str | None = None
    headers: Mapping[str, str] | None = None
    body: str | None = None
    body_base64: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedDecision:
    """What an operator did with a parked event.

    Attributes:
        decision: `requeued` or `discarded`.
        reason: Why it was discarded.
    """

    parked_id: str
    decision: str
    source: str
    event_id: str
    type: str
    decided_at: datetime
    subscription: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequeueRefusal:
    """An event that could not be requeued, and is parked as before."""

    id: str
    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeued:
    """How many events were requeued, and which were not."""

    requeued: int
    refused: tuple[RequeueRefusal, ...] = ()
    next_cursor: str | None = None

    def followed_by(self, batch: "Requeued") -> "Requeued":
        """Give this and the next batch as one."""
        return Requeued(
            requeued=self.requeued + batch.requeued,
            refused=(*self.refused, *batch.refused),
            next_cursor=batch.next_cursor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxStatus:
    """What a service has to publish.

    Attributes:
        oldest_pending_seconds: The lag of its relay.
        parked: Events that the broker will never take.
    """

    pending: int
    oldest_pending_seconds: float
    parked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionStatus:
    """How a subscription stands.

    Attributes:
        waiting: Events that wait for its consumer; None if the broker does not answer.
    """

    name: str
    parked: int
    waiting: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """How a service stands; 100,001 of anything stands for that many or more.

    Attributes:
        missing: What the broker lacks of its queues; None if that does not answer.
    """

    service: str
    at: datetime
    outbox: OutboxStatus
    version: str = ""
    subscriptions: tuple[SubscriptionStatus, ...] = ()
    missing: tuple[str, ...] | None = None
