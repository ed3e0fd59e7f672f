"""What comes of an attempt to deliver an event to a webhook."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from uuid import UUID

from notifier_svc.domain.deliveries import DeliveryStatus, delay_after

LONGEST_RETRY_AFTER: Final = timedelta(hours=6)
"""For so long an endpoint may ask to be left alone."""

OPENS_AFTER: Final = 5
"""So many failures without a success make the endpoint count as down."""

MAX_ATTEMPTS: Final = 1_000
"""More than fit into the time: what is tried so often has ended the processes that tried it."""

_NOTHING_LEFT: Final = "nothing of the event is kept any more"
_GONE: Final = 410


def lead_of(event_type: str, about: str | None) -> UUID | None:
    """Return the lead that an event of this type and subject is about, if it is about one."""
    if about is None or not event_type.startswith("lead_"):
        return None
    try:
        return UUID(about)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDelivery:
    """An event that is being sent to a webhook.

    Attributes:
        about: The event's subject.
        attempts: Including the one that is made now.
        waiting_since: From then on it is tried.
        body: None if nothing of the event is kept.
        secrets: All that sign, the newest first.
        failures: Deliveries to the webhook that failed since one succeeded.
    """

    id: UUID
    event_id: str
    event_type: str
    about: str | None
    attempts: int
    waiting_since: datetime
    body: bytes | None = field(repr=False)
    webhook_id: UUID
    url: str
    secrets: Sequence[str] = field(repr=False)
    failures: int

    @property
    def probes(self) -> bool:
        """Whether the endpoint is tried by it, since too much failed before."""
        return self.failures >= OPENS_AFTER

    @property
    def lead_id(self) -> UUID | None:
        """The lead that the event is about, if it is about one."""
        return lead_of(self.event_type, self.about)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was heard of the endpoint.

    Attributes:
        status: HTTP status; None if there was no answer.
        error: Why there was none.
        retry_after: The header of this name.
    """

    status: int | None = None
    error: str | None = None
    retry_after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is to be written down of an attempt.

    Attributes:
        status: Where the delivery stands now.
        answer: HTTP status that was answered.
        error: Why it is not delivered.
        delay: Until it is tried again, if it is.
        counts: Whether it tells something of the endpoint's health: the first failure of a
            delivery does, or that of a probe. So one event that an endpoint never takes does not
            keep others from it.
        pause: For how long the endpoint wants to be left alone.
        gone: Whether it wants nothing any more.
    """

    delivery: EventDelivery
    status: DeliveryStatus
    answer: int | None = None
    error: str | None = None
    delay: timedelta = timedelta()
    counts: bool = False
    pause: timedelta | None = None
    gone: bool = False

    @property
    def is_expected(self) -> bool:
        """Whether it changes nothing but its delivery."""
        return self.status is DeliveryStatus.DELIVERED and self.delivery.failures == 0


def unsendable(delivery: EventDelivery) -> Outcome | None:
    """Return what comes of a delivery that is not to be tried; None if it is."""
    if delivery.body is None:
        return Outcome(delivery=delivery, status=DeliveryStatus.CANCELLED, error=_NOTHING_LEFT)
    if delivery.attempts > MAX_ATTEMPTS:
        return Outcome(delivery=delivery, status=DeliveryStatus.PARKED, error="no attempt is left")
    return None


def judge(delivery: EventDelivery, reply: Reply, *, now: datetime, retry_for: timedelta) -> Outcome:
    """Decide what comes of an attempt.

    Args:
        delivery: What was tried.
        reply: What was heard.
        now: In UTC.
        retry_for: How long an event is tried again.
    """
    if reply.status is not None and 200 <= reply.status < 300:
        return Outcome(delivery=delivery, status=DeliveryStatus.DELIVERED, answer=reply.status)
    error = reply.error or f"answered {reply.status}"
    if reply.status == _GONE:
        return Outcome(
            delivery=delivery,
            status=DeliveryStatus.CANCELLED,
            answer=reply.status,
            error=error,
            gone=True,
        )
    left = delivery.waiting_since + retry_for - now
    pause = asked_pause(reply.retry_after, now=now)
    delay = max(delay_after(delivery.attempts), pause or timedelta())
    return Outcome(
        delivery=delivery,
        status=DeliveryStatus.PENDING if left > timedelta() else DeliveryStatus.PARKED,
        answer=reply.status,
        error=error,
        delay=min(delay, max(left, timedelta())),
        counts=delivery.attempts == 1 or delivery.probes,
        pause=pause,
    )


def asked_pause(retry_after: str | None, *, now: datetime) -> timedelta | None:
    """Read a `Retry-After`, in seconds or as a date; None if it asks for nothing sensible."""
    if retry_after is None:
        return None
    try:
        if retry_after.isascii() and retry_after.isdigit():
            asked = timedelta(seconds=min(int(retry_after[:10]), 10**9))
        else:
            moment = parsedate_to_datetime(retry_after)
            asked = moment.replace(tzinfo=moment.tzinfo or UTC) - now
    except (ValueError, OverflowError):
        return None
    return min(asked, LONGEST_RETRY_AFTER) if asked > timedelta() else None
