"""Webhooks: where events are sent to by HTTP."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where events are sent to.

    Attributes:
        types: Types of the events that are sent; none means every type.
        state: `enabled`, `paused` (events wait) or `disabled` (none is kept for it).
        state_reason: Why it is disabled, if nobody asked for that.
        failures: Deliveries that failed since the last that succeeded.
        failing_since: When the first of them did.
        resume_at: Nothing is sent before.
        previous_secret_until: Until then secrets that were replaced sign beside the new one.
    """

    id: UUID
    url: str
    state: str
    created_at: datetime
    updated_at: datetime
    types: tuple[str, ...] = ()
    description: str = ""
    state_reason: str | None = None
    failures: int = 0
    failing_since: datetime | None = None
    resume_at: datetime | None = None
    previous_secret_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookWithSecret(Webhook):
    """A webhook with its new secret.

    Attributes:
        secret: Signs what is sent. Keep it: it is not shown again.
    """

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAnswer:
    """What a webhook answered to a test event.

    Attributes:
        is_taken: Whether it answered with 2xx.
        status: What it answered; None if it did not.
        error: Why it did not.
        answer: The first 4 KiB of the body.
    """

    event_id: UUID
    is_taken: bool
    duration_ms: float
    status: int | None = None
    error: str | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discarded:
    """How many parked deliveries are given up for good."""

    discarded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """How many parked deliveries are tried again."""

    retried: int
