"""Give up what waits for webhooks in vain."""

from datetime import timedelta
from typing import Final

import structlog

from leadwire.db import Database, is_transient
from leadwire.lifecycle import PeriodicTask
from leadwire.outbox import Outbox, OutgoingEvent
from notifier_svc.domain.attempts import lead_of
from notifier_svc.domain.deliveries import DeliveryKind, DeliveryStatus
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.storage.webhook_deliveries import OverdueDelivery, WebhookDeliveryStore
from notifier_svc.usecases.announce_failure import notification_failed
from notifier_svc.usecases.settle_attempts import is_announced

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 500


class DeliveryClearing(PeriodicTask):
    """Cancels what waits for webhooks that want nothing, and parks what waited for too long.

    In small transactions, each of which stands by itself: a process that dies between two of them
    leaves the rest to the next.

    Args:
        database: Of the service.
        outbox: Takes `notification_failed`.
        retry_for: How long an event is tried.
        metrics: Counts.
        interval: Seconds between two looks.
    """

    def __init__(
        self,
        *,
        database: Database,
        outbox: Outbox,
        retry_for: timedelta,
        metrics: NotifierMetrics,
        interval: float = 2.0,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._retry_for = retry_for
        self._metrics = metrics
        super().__init__(
            name="webhook clearing", interval=interval, body=self.clear, passes=is_transient
        )

    async def clear(self) -> bool:
        """Give up some; tell whether there may be more."""
        cancelled, parked = await self._cancel(), await self._park()
        return cancelled or parked

    async def _cancel(self) -> bool:
        async with self._database.connection() as connection:
            store = WebhookDeliveryStore(connection=connection)
            cancelled = await store.cancel_unwanted(limit=_AT_ONCE)
        if cancelled:
            log.info("webhook_deliveries_cancelled", deliveries=cancelled)
        return cancelled >= _AT_ONCE

    async def _park(self) -> bool:
        hours = self._retry_for / timedelta(hours=1)
        async with self._database.transaction() as connection:
            parked = await WebhookDeliveryStore(connection=connection).park_overdue(
                retry_for=self._retry_for,
                error=f"the endpoint failed for {hours:g} h",
                limit=_AT_ONCE,
            )
            events = [_failure(each) for each in parked if is_announced(each.event_type)]
            await self._outbox.add(connection, events)
        if parked:
            self._metrics.sent(DeliveryStatus.PARKED, times=len(parked))
            log.warning("webhook_deliveries_parked", deliveries=len(parked))
        return len(parked) == _AT_ONCE


def _failure(delivery: OverdueDelivery) -> OutgoingEvent:
    return notification_failed(
        delivery_id=delivery.id,
        kind=DeliveryKind.WEBHOOK,
        event_id=delivery.event_id,
        lead_id=lead_of(delivery.event_type, delivery.about),
        attempts=delivery.attempts,
        reason=delivery.last_error,
        failed_at=delivery.updated_at,
    )
