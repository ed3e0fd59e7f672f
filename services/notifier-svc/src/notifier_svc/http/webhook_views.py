"""What clients are answered about webhooks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from notifier_svc.domain.webhooks import Webhook, WebhookState
from notifier_svc.usecases.ping_webhook import Ping


class WebhookView(BaseModel):
    """A webhook, without its secret."""

    id: UUID
    url: str
    types: list[str] = Field(description="Empty: every event.")
    description: str
    state: WebhookState = Field(
        description="`paused`: events wait, and none is sent. `disabled`: none is kept for it."
    )
    state_reason: str | None = Field(
        description="Why it is disabled, if that was not asked for: `gone` after an answer of 410."
    )
    failures: int = Field(
        description="Deliveries that failed since the last that succeeded: up to five, from which "
        "on the endpoint counts as down, and then those that were to find out."
    )
    failing_since: datetime | None = Field(description="When the first of them did.")
    resume_at: datetime | None = Field(
        description="Nothing is sent before, as too much failed or the endpoint asked for it."
    )
    previous_secret_until: datetime | None = Field(
        description="Until then secrets that were replaced sign beside the new one."
    )
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        """Show a webhook."""
        return cls.model_validate(webhook, from_attributes=True)


class SecretView(WebhookView):
    """A webhook with its secret, which is shown this once."""

    secret: str = Field(description="Keep it: it is not shown again.")


class WebhooksPage(BaseModel):
    """A page of webhooks, oldest first."""

    items: list[WebhookView]
    next_cursor: str | None

    @classmethod
    def of(cls, items: Sequence[Webhook], next_cursor: str | None) -> Self:
        """Show a page."""
        return cls(items=[WebhookView.of(each) for each in items], next_cursor=next_cursor)


class PingView(BaseModel):
    """What came of a test event."""

    event_id: UUID
    is_taken: bool = Field(description="Whether the endpoint answered with 2xx.")
    status: int | None = Field(description="What it answered.")
    error: str | None = Field(description="Why there was no answer.")
    answer: str = Field(description="The first 4 KiB of the answer's body. Nothing of it is kept.")
    duration_ms: float

    @classmethod
    def of(cls, ping: Ping) -> Self:
        """Show what came of it."""
        return cls.model_validate(ping, from_attributes=True)


class DiscardedView(BaseModel):
    """How many deliveries are given up for good."""

    discarded: int


class RetriedView(BaseModel):
    """How many deliveries are tried again."""

    retried: int
