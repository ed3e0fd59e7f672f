"""What clients ask for."""

import re
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Field,
)

from leadwire.http import PageQuery, Reason
from notifier_svc.domain.deliveries import DeliveryKind, DeliveryStatus


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("it lies outside of the calendar in UTC") from None


def _dated(sent: object) -> object:
    """Let in what begins with a date: a bare number, as a year, would be seconds after 1970."""
    match = isinstance(sent, str) and re.match(r"\d{4}-\d\d-\d\d([Tt ]|\Z)", sent, re.ASCII)
    if not match:
        raise ValueError("must be a moment as 2026-01-31T09:00:00Z, or a day as 2026-01-31")
    return sent if match[1] else f"{sent}T00:00:00Z"


# A day alone is its beginning in UTC.
Moment = Annotated[AwareDatetime, BeforeValidator(_dated), AfterValidator(_in_utc)]


EventType = Annotated[str, Field(max_length=255)]


class JournalQuery(PageQuery):
    """Which events of the journal."""

    type: list[EventType] = Field(
        default_factory=list, max_length=50, description="Event types; repeat it for several."
    )
    since: Moment | None = Field(
        default=None,
        validation_alias="from",
        description="Moment of receipt at or after which an event stands in the journal; a day "
        "alone, as `2026-01-31`, is its beginning in UTC.",
        examples=["2026-01-31T09:00:00Z"],
    )
    until: Moment | None = Field(
        default=None, validation_alias="to", description="Moment of receipt before which it does."
    )


class JournalCountQuery(BaseModel):
    """Which events of the journal are counted."""

    type: list[EventType] = Field(
        min_length=1, max_length=50, description="Event types; repeat it for several."
    )
    minutes: int = Field(default=15, ge=1, le=60, description="How many minutes back from now.")


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    status: DeliveryStatus | None = None
    webhook_id: UUID | None = None
    kind: DeliveryKind | None = None


class DiscardingDeliveries(BaseModel):
    """Why deliveries are given up for good."""

    reason: Reason = Field(
        description="Why; kept with each as its `last_error`. Write nothing personal: it is not "
        "erased.",
    )
