"""A replay: which events of the journal are sent once more, to whom, and how far it is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from notifier_svc.domain.journal import JournalPlace, JournalSelection


class ReplayStatus(StrEnum):
    """Where a replay stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


class HeldUpBy(StrEnum):
    """Why a replay that runs sends nothing just now."""

    BACKLOG = "backlog"
    BROKER_UNAVAILABLE = "broker_unavailable"
    BROKER_REFUSES = "broker_refuses"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOrder:
    """What somebody asks for: events for a subscription, or for a webhook.

    Attributes:
        types: Event types; all if empty.
        since: Events that were received at or after this moment.
        until: Those received before; None for all that happened until the order is given.
    """

    subscription: str | None
    webhook_id: UUID | None
    types: tuple[str, ...]
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFailure:
    """Why a replay cannot go on."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A replay as it stands.

    Attributes:
        place: Everything up to here in the journal is settled: sent, or skipped.
        reached_at: When the event there was received; None if it is at the start.
        total: Events to settle, as counted when it began; None if there are too many to count.
        sent: Events that the broker has taken, or whose delivery to the webhook is planned.
        skipped: Events that nobody may be sent any more, or that the broker refuses for ever.
    """

    id: UUID
    status: ReplayStatus
    order: ReplayOrder
    place: JournalPlace
    reached_at: datetime | None
    total: int | None
    sent: int
    skipped: int
    held_up_by: HeldUpBy | None
    failure: ReplayFailure | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def selection(self) -> JournalSelection:
        """The entries of the journal that it is about."""
        return JournalSelection(
            types=self.order.types,
            since=self.order.since,
            until=self.order.until,
            happened_before=self.created_at if self.order.until is None else None,
        )

    @property
    def settled(self) -> int:
        """Events that are done with."""
        return self.sent + self.skipped

    def rate(self, now: datetime) -> float | None:
        """Return the events a second that it has settled until now, or its end."""
        seconds = ((self.finished_at or now) - self.created_at).total_seconds()
        return self.settled / seconds if self.settled and seconds > 0 else None

    def seconds_left(self, now: datetime) -> float | None:
        """Estimate how long it will run yet; None if that cannot be told."""
        rate = self.rate(now)
        if self.status is not ReplayStatus.RUNNING or self.total is None or rate is None:
            return None
        return max(0, self.total - self.settled) / rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of the first events of a page.

    Attributes:
        place: Of the last one.
        reached_at: When that was received.
        sent: How many are in other hands.
        skipped: How many nobody gets.
    """

    place: JournalPlace
    reached_at: datetime
    sent: int
    skipped: int
