"""What is to be delivered, why it may not be, and when a failed delivery is tried again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import SystemRandom
from typing import Final
from uuid import UUID

_random = SystemRandom()

FIRST_DELAY: Final = timedelta(seconds=5)
LONGEST_DELAY: Final = timedelta(hours=1)


class DeliveryKind(StrEnum):
    """What is delivered: which email, of which each has a template of this name, or an event."""

    ACKNOWLEDGEMENT = "acknowledgement"
    ALERT = "alert"
    WEBHOOK = "webhook"


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    PARKED = "parked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEmail:
    """An email to send because of an event; there is one per event, kind and lead."""

    source: str
    event_id: str
    kind: DeliveryKind
    lead_id: UUID
    recipient: str
    subject: str
    body: str
    html: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDelivery:
    """A delivery that is being tried.

    Attributes:
        attempts: Including the one that is made now.
    """

    id: UUID
    event_id: str
    kind: DeliveryKind
    lead_id: UUID
    recipient: str
    subject: str
    body: str
    html: str | None
    attempts: int
    created_at: datetime

    @property
    def key(self) -> str:
        """Names the email, the same at every attempt."""
        return f"{self.event_id}.{self.lead_id}.{self.kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """A delivery as the log shows it; without its text.

    Attributes:
        event_type: Of a delivery to a webhook.
        about: Its event's subject.
        last_status: Of the endpoint's last answer.
    """

    id: UUID
    event_id: str
    kind: DeliveryKind
    lead_id: UUID | None
    recipient: str | None
    webhook_id: UUID | None
    event_type: str | None
    about: str | None
    status: DeliveryStatus
    attempts: int
    next_attempt_at: datetime | None
    last_status: int | None
    last_error: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_pending(self) -> bool:
        """Whether it will be tried."""
        return self.status is DeliveryStatus.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySelection:
    """Which deliveries: those that stand so, to this webhook, of this kind."""

    status: DeliveryStatus | None = None
    webhook_id: UUID | None = None
    kind: DeliveryKind | None = None


class NotDeliveredError(Exception):
    """A delivery was tried and not made.

    Args:
        reason: Why, without personal data: it is logged, stored and published.
        permanent: True if the same delivery will fail for ever.
        retry_after: How long to wait at least before it is tried again, if somebody asks to.
    """

    def __init__(
        self, reason: str, *, permanent: bool = False, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.retry_after = retry_after


def delay_after(attempts: int, *, longest: timedelta = LONGEST_DELAY) -> timedelta:
    """Return the pause after the nth failed attempt: doubling, bounded, spread by a fifth."""
    doubled = FIRST_DELAY * (1 << min(attempts - 1, 20))
    return min(doubled, longest) * _random.uniform(0.8, 1.2)
