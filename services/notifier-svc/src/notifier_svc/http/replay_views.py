"""What clients are shown of replays."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from notifier_svc.domain.replays import HeldUpBy, Replay, ReplayStatus


class ReplayProgressView(BaseModel):
    """How far a replay is."""

    total: int | None = Field(description="Events to go through; null if there are too many.")
    sent: int = Field(
        description="Events that the broker has taken, or whose delivery to the webhook is planned."
    )
    skipped: int = Field(
        description="Events of erased leads, and such as the broker will never take."
    )
    reached_at: datetime | None = Field(
        description="When the last of them was received; null if there was none yet."
    )
    rate: float | None = Field(description="Events a second since it began.")
    seconds_left: float | None = Field(description="An estimate; null if there is none.")


class ReplayErrorView(BaseModel):
    """Why a replay failed."""

    code: str
    detail: str


class ReplayView(BaseModel):
    """A replay as it stands."""

    id: UUID
    status: ReplayStatus
    subscription: str | None
    webhook_id: UUID | None
    since: datetime = Field(serialization_alias="from")
    until: datetime | None = Field(
        serialization_alias="to", description="Null: all that had happened when it was asked for."
    )
    types: Sequence[str]
    progress: ReplayProgressView
    held_up_by: HeldUpBy | None = Field(
        description="Why it sends nothing just now. `backlog`: its reader has to catch up; "
        "`broker_unavailable`: the broker does not answer; `broker_refuses`: its queue is full."
    )
    error: ReplayErrorView | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, replay: Replay) -> Self:
        """Show a replay."""
        now = datetime.now(UTC)
        rate, left = replay.rate(now), replay.seconds_left(now)
        failure = replay.failure
        return cls(
            id=replay.id,
            status=replay.status,
            subscription=replay.order.subscription,
            webhook_id=replay.order.webhook_id,
            since=replay.order.since,
            until=replay.order.until,
            types=replay.order.types,
            progress=ReplayProgressView(
                total=replay.total,
                sent=replay.sent,
                skipped=replay.skipped,
                reached_at=replay.reached_at,
                rate=None if rate is None else round(rate, 1),
                seconds_left=None if left is None else round(left, 1),
            ),
            held_up_by=replay.held_up_by,
            error=failure and ReplayErrorView(code=failure.code, detail=failure.detail),
            created_at=replay.created_at,
            finished_at=replay.finished_at,
        )


class ReplaysPage(BaseModel):
    """A page of replays, newest first."""

    items: list[ReplayView]
    next_cursor: str | None

    @classmethod
    def of(cls, items: Sequence[Replay], next_cursor: str | None) -> Self:
        """Show a page."""
        return cls(items=[ReplayView.of(each) for each in items], next_cursor=next_cursor)
