"""Try the emails that are due.

No delivery decides over the process, which would die of it again after every restart, or
over another delivery:

- What is raised while one is sent is a failure of that delivery. A `NotDeliveredError` says
  itself whether it passes. Anything else was not foreseen: unless it is database trouble that
  passes, it is taken to fail for ever.
- Where the outcome cannot be written down, the delivery is due again when its lease ends.
  Attempts are counted as they begin, so this too has an end: once there are none left it is
  parked unsent, also if it is what killed the processes that tried it.
- A failure that is told after the lease counts no more: somebody else may be at it.

Only if nothing can be claimed the loop is told.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from leadwire.db import Database, is_transient
from leadwire.outbox import Outbox
from notifier_svc.domain.deliveries import EmailDelivery, NotDeliveredError, delay_after
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.storage.email_deliveries import EmailDeliveryStore
from notifier_svc.usecases.announce_failure import notification_failed
from notifier_svc.usecases.error_fields import error_fields

log = structlog.get_logger(__name__)

LONGEST_EMAIL_DELAY: Final = timedelta(minutes=15)
"""A server that was away for hours gets its emails so soon after it is back."""

LEASE_MARGIN: Final = timedelta(seconds=30)

SendEmail = Callable[[EmailDelivery], Awaitable[None]]
"""Makes a delivery: returns when it is in other hands, raises `NotDeliveredError` if not."""

Room = Callable[[int], int]
"""Tells how many deliveries may be tried now, at most the number given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailPolicy:
    """How deliveries are tried.

    Attributes:
        max_attempts: After this many failures a delivery is parked.
        send_within: Seconds that one attempt may take.
        at_once: Deliveries under way at the same time, so that one that hangs does not delay
            others much, and no server is given more connections than it likes.
    """

    max_attempts: int
    send_within: float
    at_once: int


class EmailDeliverer:
    """Makes the deliveries that are due and writes down what came of each.

    Args:
        database: Of the service.
        outbox: Takes `notification_failed`.
        send: Makes one.
        policy: How they are tried.
        metrics: Counts.
        room: Says whether there is room for more: what cannot succeed is not even claimed, so
            that it uses up no attempt.
    """

    def __init__(
        self,
        *,
        database: Database,
        outbox: Outbox,
        send: SendEmail,
        policy: EmailPolicy,
        metrics: NotifierMetrics,
        room: Room,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._send = send
        self._policy = policy
        self._metrics = metrics
        self._room = room
        self._round: asyncio.Task[None] | None = None

    async def deliver_due(self) -> bool:
        """Try some of the deliveries that are due; tell whether there may be more.

        They go on if the caller is cancelled: see `finish`.

        Raises:
            Exception: The database's, if none can be claimed.
        """
        limit = self._room(self._policy.at_once)
        if limit == 0:
            return False
        lease = timedelta(seconds=self._policy.send_within) + LEASE_MARGIN
        async with self._database.connection() as connection:
            due = await EmailDeliveryStore(connection=connection).claim_due(
                limit=limit, lease=lease
            )
        self._round = asyncio.create_task(self._deliver_all(due), name="emails under way")
        await asyncio.shield(self._round)
        return len(due) == limit

    async def finish(self, *, within: float) -> None:
        """Give what is under way a moment to end; what does not is due again by its lease."""
        if self._round is None:
            return
        await asyncio.wait([self._round], timeout=within)
        self._round.cancel()
        await asyncio.wait([self._round])

    async def _deliver_all(self, due: Sequence[EmailDelivery]) -> None:
        results = await asyncio.gather(*map(self._deliver, due), return_exceptions=True)
        for delivery, error in zip(due, results, strict=True):
            if error is not None:
                log.error("delivery_not_settled", **_fields(delivery), **error_fields(error))

    async def _deliver(self, delivery: EmailDelivery) -> None:
        failure = await self._attempt(delivery)
        if failure is None:
            await self._delivered(delivery)
        else:
            await self._failed(delivery, failure)

    async def _attempt(self, delivery: EmailDelivery) -> NotDeliveredError | None:
        """Try once; return what prevented it."""
        if delivery.attempts > self._policy.max_attempts:
            return NotDeliveredError("no attempt is left", permanent=True)
        # `gather` tells two cancellations apart: that of the loop is raised here, and one that
        # leaks out of the sending is returned as a failure.
        [error] = await asyncio.gather(self._send_in_time(delivery), return_exceptions=True)
        if error is None or isinstance(error, NotDeliveredError):
            return error
        log.error("delivery_failed_unforeseen", **_fields(delivery), **error_fields(error))
        return NotDeliveredError(type(error).__name__, permanent=not is_transient(error))

    async def _send_in_time(self, delivery: EmailDelivery) -> None:
        try:
            async with asyncio.timeout(self._policy.send_within):
                await self._send(delivery)
        except TimeoutError:
            raise NotDeliveredError(f"not sent within {self._policy.send_within:g} s") from None

    async def _delivered(self, delivery: EmailDelivery) -> None:
        async with self._database.connection() as connection:
            await EmailDeliveryStore(connection=connection).mark_delivered(delivery.id)
        self._metrics.delivered(delivery.kind)
        log.info("delivery_made", **_fields(delivery))

    async def _failed(self, delivery: EmailDelivery, failure: NotDeliveredError) -> None:
        gives_up = failure.permanent or delivery.attempts >= self._policy.max_attempts
        log.warning("delivery_failed", **_fields(delivery), reason=str(failure), parked=gives_up)
        self._metrics.failed(delivery.kind, parked=gives_up)
        if gives_up:
            await self._park(delivery, str(failure))
        else:
            await self._postpone(delivery, failure)

    async def _postpone(self, delivery: EmailDelivery, failure: NotDeliveredError) -> None:
        delay = max(
            delay_after(delivery.attempts, longest=LONGEST_EMAIL_DELAY),
            failure.retry_after or timedelta(),
        )
        async with self._database.connection() as connection:
            store = EmailDeliveryStore(connection=connection)
            await store.postpone(delivery, delay=delay, error=str(failure))

    async def _park(self, delivery: EmailDelivery, reason: str) -> None:
        """Park the delivery and say so to everybody, in one transaction."""
        async with self._database.transaction() as connection:
            store = EmailDeliveryStore(connection=connection)
            failed_at = await store.park(delivery, error=reason)
            if failed_at is None:
                return
            event = notification_failed(
                delivery_id=delivery.id,
                kind=delivery.kind,
                event_id=delivery.event_id,
                lead_id=delivery.lead_id,
                attempts=delivery.attempts,
                reason=reason,
                failed_at=failed_at,
            )
            await self._outbox.add(connection, [event])


def _fields(delivery: EmailDelivery) -> dict[str, str | int]:
    return {
        "delivery_id": str(delivery.id),
        "kind": delivery.kind,
        "attempts": delivery.attempts,
    }
