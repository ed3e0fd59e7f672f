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
        previous_secret_until: Until then the secret that was replaced signs beside the new one.
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
