"""What clients are answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field, JsonValue
from pydantic_core import from_json

from notifier_svc.domain.deliveries import DeliveryKind, DeliveryRecord, DeliveryStatus
from notifier_svc.domain.journal import JournalCounts, JournalEntry


class JournalEntryView(BaseModel):
    """An event in the journal."""

    id: str
    source: str
    type: str
    subject: str | None
    time: datetime | None
    received_at: datetime
    redacted_at: datetime | None = Field(
        description="When an erased lead's personal data was taken out, if it was."
    )
    event: JsonValue = Field(description="The whole CloudEvent; null if nothing of it may be kept.")

    @classmethod
    def of(cls, entry: JournalEntry) -> Self:
        """Show an entry."""
        return cls(
            id=entry.id,
            source=entry.source,
            type=entry.type,
            subject=entry.subject,
            time=entry.time,
            received_at=entry.received_at,
            redacted_at=entry.redacted_at,
            event=None if entry.body is None else from_json(entry.body),
        )


class JournalPage(BaseModel):
    """A page of the journal, in the order in which events were taken in."""

    items: list[JournalEntryView]
    next_cursor: str | None

    @classmethod
    def of(cls, items: Sequence[JournalEntry], next_cursor: str | None) -> Self:
        """Show a page."""
        return cls(items=[JournalEntryView.of(each) for each in items], next_cursor=next_cursor)


class JournalCountsView(BaseModel):
    """How many events came in, minute by minute."""

    at: datetime = Field(description="Now, when the last of the minutes ends.")
    per_minute: list[int] = Field(
        description="By their moments of receipt, oldest minute first; as many as were asked for."
    )

    @classmethod
    def of(cls, counts: JournalCounts) -> Self:
        """Show counts."""
        return cls(at=counts.at, per_minute=list(counts.per_minute))


class DeliveryView(BaseModel):
    """An email or an event for a webhook, and how it fares."""

    id: UUID
    kind: DeliveryKind
    status: DeliveryStatus
    event_id: str = Field(description="The event that asked for it.")
    lead_id: UUID | None = Field(description="Of an email.")
    recipient: str | None = Field(description="Of an email. Null once the lead is erased.")
    webhook_id: UUID | None
    event_type: str | None = Field(description="Of an event for a webhook.")
    about: str | None = Field(description="The subject of an event for a webhook.")
    attempts: int
    next_attempt_at: datetime | None = Field(
        description="Null unless it is pending; while it is tried, when it is tried again if "
        "nothing is heard of that."
    )
    last_status: int | None = Field(description="Status of the endpoint's last answer.")
    last_error: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, record: DeliveryRecord) -> Self:
        """Show a delivery."""
        return cls.model_validate(record, from_attributes=True)


class DeliveriesPage(BaseModel):
    """A page of deliveries, newest first."""

    items: list[DeliveryView]
    next_cursor: str | None

    @classmethod
    def of(cls, items: Sequence[DeliveryRecord], next_cursor: str | None) -> Self:
        """Show a page."""
        return cls(items=[DeliveryView.of(each) for each in items], next_cursor=next_cursor)
