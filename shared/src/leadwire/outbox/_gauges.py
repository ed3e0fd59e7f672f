"""Measure the outbox while this process leads."""

import asyncio

import structlog

from leadwire.db import is_transient
from leadwire.outbox._store import OutboxStore
from leadwire.outbox.metrics import RelayMetrics

log = structlog.get_logger(__name__)


class OutboxGauges:
    """Keeps the gauges of a leader true, also while the broker does not answer."""

    def __init__(self, *, store: OutboxStore, metrics: RelayMetrics, interval: float) -> None:
        self._store = store
        self._metrics = metrics
        self._interval = interval

    async def run(self) -> None:
        """Measure at every interval until cancelled; then take the numbers back."""
        self._metrics.leader.set(1)
        try:
            while True:
                await self._measure()
                await asyncio.sleep(self._interval)
        finally:
            self._metrics.stood_down()

    async def _measure(self) -> None:
        try:
            found = await self._store.measure()
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("outbox_not_measured", error=type(error).__name__)
        else:
            self._metrics.measured(
                pending=found.pending,
                parked=found.parked,
                oldest_pending=found.oldest_pending_seconds,
            )
