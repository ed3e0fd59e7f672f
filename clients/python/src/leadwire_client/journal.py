"""What the journal keeps of events, and what became of deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One event, as it was received.

    Attributes:
        subject: The lead or manager that it concerns.
        redacted_at: When an erased lead's personal data was taken out, if it was.
        event: The whole CloudEvent; None if nothing of it may be kept.
    """

    id: str
    source: str
    type: str
    received_at: datetime
    subject: str | None = None
    time: datetime | None = None
    redacted_at: datetime | None = None
    event: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalCounts:
    """How many events came in.

    Attributes:
        at: When the last of the minutes ended.
        per_minute: In each of the last minutes, oldest first.
    """

    at: datetime
    per_minute: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to somebody or something outside.

    Attributes:
        event_id: The event that asked for it.
        lead_id: Of an email.
        recipient: Of an email; None once the lead is erased.
        event_type: Of an event for a webhook.
        about: The subject of such an event.
        next_attempt_at: None unless it is pending.
        last_status: Of the last answer of a webhook.
    """

    id: UUID
    kind: str
    status: str
    event_id: str
    attempts: int
    created_at: datetime
    updated_at: datetime
    lead_id: UUID | None = None
    recipient: str | None = None
    webhook_id: UUID | None = None
    event_type: str | None = None
    about: str | None = None
    next_attempt_at: datetime | None = None
    last_status: int | None = None
    last_error: str | None = None
