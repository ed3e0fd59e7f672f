"""Take events into the projection; types that it has no use for are acknowledged."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from leadwire.broker import Ack, Delivery, Verdict
from leadwire.contracts import Event, EventType, read_event
from leadwire.db import Connection, Database
from leadwire.outbox import BatchingHandler
from stream_svc.messaging.news import leads_in, news_of
from stream_svc.messaging.subscription import SUBSCRIPTION
from stream_svc.metrics import StreamMetrics
from stream_svc.storage.lives import LifeStore
from stream_svc.storage.projection import Projections
from stream_svc.usecases.take_news import take_news

PROJECTED: Final = frozenset(set(EventType) - {EventType.NOTIFICATION_FAILED})
"""Types that say something of a lead or a manager; all others are ignored."""

LEADS_PER_BATCH: Final = 1000
"""Leads that are changed in one transaction, about: others wait so long for the log's head."""


class LeadEvents:
    """Takes events, those that wait in one transaction.

    Args:
        database: Of the projection.
        metrics: Told how late events take effect.
    """

    def __init__(self, *, database: Database, metrics: StreamMetrics) -> None:
        self._lives = LifeStore()
        self._projections = Projections()
        self._metrics = metrics
        self._handler = BatchingHandler(
            database=database,
            subscription=SUBSCRIPTION.name,
            read=read_event,
            apply=self._apply,
            weigh=leads_in,
            most=LEADS_PER_BATCH,
        )

    async def handle(self, delivery: Delivery) -> Verdict:
        """Handle one delivery."""
        if delivery.message.type not in PROJECTED:
            return Ack()
        return await self._handler.handle(delivery)

    async def _apply(self, connection: Connection, events: Sequence[Event]) -> None:
        news = news_of(events)
        lives = await self._lives.read(connection)
        for store in self._projections.of(lives):
            await take_news(connection, store, news)
        if lives.coming is not None:
            # Also an event that changed nothing that is served may have changed what is coming.
            await self._lives.confirm(connection, lives.coming)
        now = datetime.now(UTC)
        for event in events:
            self._metrics.projection_lag.observe(max(0.0, (now - event.time).total_seconds()))
