"""Send events of the journal to a subscription once more.

They are published as they were received: id, type, body, headers and content type. So they look
like any repetition, which every subscriber must expect anyway, and no header says that it is a
replay: what was published once and what is replayed would not be the same bytes.

The place moves on after the broker has accepted, so a process that dies in between leaves events
that come twice, and none that does not come.
"""

from collections.abc import Iterable, Iterator, Sequence

import structlog

from leadwire.broker import (
    Accepted,
    Broker,
    BrokerError,
    Message,
    Outcome,
    Rejected,
    Unroutable,
)
from leadwire.db import Database
from notifier_svc.domain.journal import JournalEntry
from notifier_svc.domain.replays import HeldUpBy, Replay, ReplayFailure, Settled
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.storage.replays import ReplayStore

log = structlog.get_logger(__name__)

Hindrance = HeldUpBy | ReplayFailure
"""Why events are not sent now, or never will be."""


class SubscriptionReader:
    """Gives replayed events to the broker.

    Args:
        database: Of the service.
        broker: Takes them.
        metrics: Counts.
        max_backlog: So many events that wait for a subscription are enough.
    """

    def __init__(
        self, *, database: Database, broker: Broker, metrics: NotifierMetrics, max_backlog: int
    ) -> None:
        self._database = database
        self._broker = broker
        self._metrics = metrics
        self._max_backlog = max_backlog

    async def hindrance(self, replay: Replay) -> Hindrance | None:
        """Say why nothing may be sent now, before it is tried."""
        try:
            waiting = await self._broker.waiting(_name(replay), up_to=self._max_backlog)
        except BrokerError:
            return HeldUpBy.BROKER_UNAVAILABLE
        return HeldUpBy.BACKLOG if waiting >= self._max_backlog else None

    async def send(self, replay: Replay, page: Sequence[JournalEntry]) -> Hindrance | None:
        """Publish what may be sent of a page, and move the replay on behind what is settled.

        Returns:
            What kept the rest from being sent.
        """
        messages = [_message(entry) for entry in page if entry.body is not None]
        try:
            outcomes = await self._broker.publish(messages, only=_name(replay)) if messages else ()
        except BrokerError:
            return HeldUpBy.BROKER_UNAVAILABLE
        settled, hindrance = _settle(replay, page, iter(outcomes))
        if settled is not None:
            async with self._database.connection() as connection:
                await ReplayStore(connection=connection).move_on(replay, settled)
            self._metrics.replayed(settled.sent, to="subscription")
        return hindrance


def _settle(
    replay: Replay, page: Iterable[JournalEntry], outcomes: Iterator[Outcome]
) -> tuple[Settled | None, Hindrance | None]:
    """Find out how far a page is done with, and what hinders the rest.

    What the broker has taken behind an event that it has not is published again with that: the
    place is one for all.
    """
    settled: Settled | None = None
    sent = skipped = 0
    for entry in page:
        outcome = None if entry.body is None else next(outcomes)
        if (hindrance := _hindrance(replay, outcome)) is not None:
            return settled, hindrance
        if isinstance(outcome, Accepted):
            sent += 1
        else:
            skipped += 1
        if isinstance(outcome, Rejected):
            log.error("replay_event_refused", replay_id=str(replay.id), event_id=entry.id)
        settled = Settled(
            place=entry.place, reached_at=entry.received_at, sent=sent, skipped=skipped
        )
    return settled, None


def _hindrance(replay: Replay, outcome: Outcome | None) -> Hindrance | None:
    match outcome:
        case None | Accepted() | Rejected(permanent=True):
            return None
        case Rejected():
            return HeldUpBy.BROKER_REFUSES
        case Unroutable():
            return ReplayFailure(
                code="subscription_unknown",
                detail=f"the broker has no subscription {_name(replay)!r}; on RabbitMQ another "
                "team's queue has to be bound to leadwire.directed under its name",
            )
        case _:
            return HeldUpBy.BROKER_UNAVAILABLE


def _name(replay: Replay) -> str:
    return replay.order.subscription or ""


def _message(entry: JournalEntry) -> Message:
    return Message(
        id=entry.id,
        type=entry.type,
        body=entry.body or b"",
        headers=entry.headers,
        content_type=entry.content_type,
    )
