"""What operators are answered."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Self

from pydantic import BaseModel, Field

from leadwire.ops.errors import OpsError
from leadwire.ops.parked import Requeued
from leadwire.ops.status import Status
from leadwire.outbox import Decision, DecisionKind, ParkedEvent, ParkedId, Place


class ParkedView(BaseModel):
    """An event that is set aside."""

    id: str = Field(examples=["consumer-12"])
    place: Place
    subscription: str | None = Field(
        description="Whose delivery it was; null for an event that the broker did not take."
    )
    source: str
    event_id: str
    type: str
    reason: str = Field(description="Why it was set aside; may quote the event.")
    attempts: int
    parked_at: datetime
    size: int = Field(description="Bytes of the body.")

    @classmethod
    def of(cls, event: ParkedEvent) -> Self:
        """Show an event."""
        return cls(**_shown(event))


class WholeParkedView(ParkedView):
    """An event that is set aside, with all that was published."""

    content_type: str
    headers: Mapping[str, str]
    body: str | None = Field(description="Null if it is no text in UTF-8.")
    body_base64: str | None = Field(description="Null if `body` has it.")

    @classmethod
    def of(cls, event: ParkedEvent) -> Self:
        """Show an event."""
        body = b"" if event.body is None else event.body
        text = _text(body)
        return cls(
            **_shown(event),
            content_type=event.content_type,
            headers=event.headers,
            body=text,
            body_base64=b64encode(body).decode() if text is None else None,
        )


class ParkedPage(BaseModel):
    """A page of what is set aside: deliveries first, each kind oldest first."""

    items: list[ParkedView]
    next_cursor: str | None

    @classmethod
    def of(cls, items: Sequence[ParkedEvent], next_cursor: str | None) -> Self:
        """Show a page."""
        return cls(items=[ParkedView.of(each) for each in items], next_cursor=next_cursor)


class DecisionView(BaseModel):
    """What was done with a parked event."""

    parked_id: str
    decision: DecisionKind
    subscription: str | None
    source: str
    event_id: str
    type: str
    reason: str | None
    decided_at: datetime

    @classmethod
    def of(cls, decision: Decision) -> Self:
        """Show a decision."""
        return cls.model_validate(decision, from_attributes=True)


class DecisionsPage(BaseModel):
    """A page of decisions, newest first."""

    items: list[DecisionView]
    next_cursor: str | None

    @classmethod
    def of(cls, items: Sequence[Decision], next_cursor: str | None) -> Self:
        """Show a page."""
        return cls(items=[DecisionView.of(each) for each in items], next_cursor=next_cursor)


class RefusedView(BaseModel):
    """An event that could not be requeued, and is parked as before."""

    id: str
    code: str
    detail: str

    @classmethod
    def of(cls, parked_id: ParkedId, error: OpsError) -> Self:
        """Show a refusal."""
        return cls(id=str(parked_id), code=error.code, detail=str(error))


class RequeuedView(BaseModel):
    """What one batch came to."""

    requeued: int
    refused: list[RefusedView]
    next_cursor: str | None = Field(description="For the next batch; null after the last one.")

    @classmethod
    def of(cls, batch: Requeued, next_cursor: str | None) -> Self:
        """Show a batch."""
        refused = [RefusedView.of(each, error) for each, error in batch.refused.items()]
        return cls(requeued=batch.count, refused=refused, next_cursor=next_cursor)


class OutboxView(BaseModel):
    """What the service has to publish."""

    pending: int = Field(description="Events that the broker has not accepted yet.")
    oldest_pending_seconds: float = Field(description="The relay's lag.")
    parked: int = Field(description="Events that the broker will never take.")


class SubscriptionView(BaseModel):
    """How a subscription stands."""

    name: str
    waiting: int | None = Field(
        description="The consumer's lag: events that wait for it, without those that it holds, or "
        "that wait for another attempt on RabbitMQ. Null if the broker does not answer."
    )
    parked: int


class StatusView(BaseModel):
    """How the service stands. No count goes beyond 100,001, which stands for that or more."""

    service: str
    version: str = Field(examples=["1.2.3"])
    at: datetime
    outbox: OutboxView
    subscriptions: list[SubscriptionView]
    missing: list[str] | None = Field(
        description="What the broker lacks of the service's queues and bindings; null if it does "
        "not answer."
    )

    @classmethod
    def of(cls, status: Status) -> Self:
        """Show a status."""
        return cls.model_validate(
            {
                "service": status.service,
                "version": version("leadwire"),
                "at": status.at,
                "outbox": OutboxView.model_validate(status.outbox, from_attributes=True),
                "subscriptions": [
                    SubscriptionView.model_validate(each, from_attributes=True)
                    for each in status.subscriptions
                ],
                "missing": status.missing,
            }
        )


def _shown(event: ParkedEvent) -> dict[str, object]:
    shown = ("subscription", "source", "event_id", "type", "reason", "attempts", "parked_at")
    columns = {name: getattr(event, name) for name in (*shown, "size")}
    return {"id": str(event.id), "place": event.id.place, **columns}


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
