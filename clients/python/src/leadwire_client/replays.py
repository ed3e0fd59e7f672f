"""Replays: events of the journal that are sent once more."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayProgress:
    """How far a replay is.

    Attributes:
        sent: Events that the broker has taken, or whose delivery to the webhook is planned.
        skipped: Events of erased leads, and such as the broker will never take.
        total: Events to go through; None if there are too many to count.
        reached_at: When the last of them was received.
        rate: Events a second since it began.
        seconds_left: An estimate; None if there is none.
    """

    sent: int
    skipped: int
    total: int | None = None
    reached_at: datetime | None = None
    rate: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayError:
    """Why a replay failed."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A replay as it stands.

    Attributes:
        status: `running`, `completed`, `cancelled` or `failed`.
        subscription: Who gets the events; None if a webhook does.
        webhook_id: Who gets the events; None if a subscription does.
        since: Events that were received then or later; `from` in JSON.
        until: Received before; `to` in JSON. None for all until it was asked for.
        types: Of these types; all if there are none.
        held_up_by: Why it sends nothing just now: `backlog`, `broker_unavailable` or
            `broker_refuses`.
    """

    id: UUID
    status: str
    progress: ReplayProgress
    created_at: datetime
    subscription: str | None = None
    webhook_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    types: tuple[str, ...] = ()
    held_up_by: str | None = None
    error: ReplayError | None = None
    finished_at: datetime | None = None

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self.status == "running"
