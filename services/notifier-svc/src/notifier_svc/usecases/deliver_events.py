"""Deliver events to webhooks.

One coroutine speaks to the database: it writes down what has ended, claims what is due, and starts
it. What is under way runs beside it, so nothing waits for the slowest; and while the database is
busy, more ends and is written down together.

Each webhook has room of its own. Together they are bounded by the number of webhooks, so that
however many endpoints hang, the others have all theirs.

What is under way when the process dies is due again when its lease ends, and what could not be
written down as well: an endpoint may get an event twice, with the same id. An answer that comes
after the lease counts no more; somebody else may be at it.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

import structlog

from leadwire.db import Database, is_transient
from leadwire.outbox import Outbox
from notifier_svc.domain.attempts import EventDelivery, Outcome, Reply, judge, unsendable
from notifier_svc.domain.deliveries import DeliveryStatus
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.storage.webhook_deliveries import WebhookDeliveryStore
from notifier_svc.usecases.error_fields import error_fields
from notifier_svc.usecases.settle_attempts import settle_attempts

log = structlog.get_logger(__name__)

AT_ONCE: Final = 8
"""Requests to one webhook at a time, in one process."""

IN_HAND: Final = 2 * AT_ONCE
"""Deliveries to one webhook that are claimed at a time, so that it need not wait for the next."""

LEASE_MARGIN: Final = timedelta(seconds=30)

SendEvent = Callable[[EventDelivery], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPolicy:
    """How events are tried.

    Attributes:
        retry_for: For so long; then a delivery is parked.
        answer_within: Seconds that an endpoint has to answer.
    """

    retry_for: timedelta
    answer_within: float


class EventDeliverer:
    """Delivers what is due.

    Args:
        database: Of the service.
        outbox: Takes `notification_failed`.
        send: Makes one attempt; what it raises was not foreseen and counts as a failure.
        policy: How events are tried.
        metrics: Counts.
    """

    def __init__(
        self,
        *,
        database: Database,
        outbox: Outbox,
        send: SendEvent,
        policy: WebhookPolicy,
        metrics: NotifierMetrics,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._send = send
        self._policy = policy
        self._metrics = metrics
        self._under_way: dict[asyncio.Task[Outcome], UUID] = {}
        self._lanes: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()
        self._ended: list[Outcome] = []

    async def work(self, *, on_end: Callable[[], None]) -> None:
        """Write down what has ended, and start what is due.

        Args:
            on_end: Called when an attempt has ended.

        Raises:
            Exception: The database's, if it passes; what has ended is kept.
        """
        await self._settle()
        for delivery in await self._claim():
            task = asyncio.create_task(self._attempt(delivery), name="webhook delivery")
            self._under_way[task] = delivery.webhook_id
            task.add_done_callback(self._take_up)
            task.add_done_callback(lambda _: on_end())

    async def finish(self, *, within: float) -> None:
        """Give what is under way a moment to end, and write down what has."""
        if self._under_way:
            _, running = await asyncio.wait(set(self._under_way), timeout=within)
            for task in running:
                task.cancel()
            if running:
                await asyncio.wait(running)
        await self._settle()

    async def _claim(self) -> list[EventDelivery]:
        rounds = IN_HAND // AT_ONCE
        lease = timedelta(seconds=self._policy.answer_within) * rounds + LEASE_MARGIN
        async with self._database.connection() as connection:
            return await WebhookDeliveryStore(connection=connection).claim(
                in_use=Counter(self._under_way.values()), room=IN_HAND, lease=lease
            )

    async def _attempt(self, delivery: EventDelivery) -> Outcome:
        if (outcome := unsendable(delivery)) is not None:
            return outcome
        lane = self._lanes.setdefault(delivery.webhook_id, asyncio.Semaphore(AT_ONCE))
        try:
            async with lane:
                reply = await self._send(delivery)
        except Exception as error:  # noqa: BLE001 - no delivery decides over the process
            log.error("delivery_failed_unforeseen", **_fields(delivery), **error_fields(error))
            reply = Reply(error=type(error).__name__)
        return judge(delivery, reply, now=datetime.now(UTC), retry_for=self._policy.retry_for)

    def _take_up(self, task: asyncio.Task[Outcome]) -> None:
        del self._under_way[task]
        if not task.cancelled():
            self._ended.append(task.result())

    async def _settle(self) -> None:
        ended, self._ended = self._ended, []
        if not ended:
            return
        try:
            await settle_attempts(self._database, self._outbox, ended)
        except asyncio.CancelledError:
            self._ended = ended + self._ended
            raise
        except Exception as error:
            if is_transient(error):
                self._ended = ended + self._ended
                raise
            log.error("deliveries_settled_singly", error=type(error).__name__)
            await self._settle_singly(ended)
        else:
            self._tell(ended)

    async def _settle_singly(self, ended: list[Outcome]) -> None:
        """Let no delivery keep others from being written down; it is due again by its lease."""
        for each in ended:
            try:
                await settle_attempts(self._database, self._outbox, [each])
            except Exception as error:  # noqa: BLE001 - the others are to be settled all the same
                fields = _fields(each.delivery) | error_fields(error)
                log.error("delivery_not_settled", **fields)
            else:
                self._tell([each])

    def _tell(self, outcomes: list[Outcome]) -> None:
        for each in outcomes:
            self._metrics.sent(each.status)
            say = log.debug if each.status is DeliveryStatus.DELIVERED else log.warning
            say(
                "webhook_attempted",
                **_fields(each.delivery),
                status=each.status,
                answer=each.answer,
                reason=each.error,
            )


def _fields(delivery: EventDelivery) -> dict[str, str | int]:
    return {
        "delivery_id": str(delivery.id),
        "webhook_id": str(delivery.webhook_id),
        "attempts": delivery.attempts,
    }
