"""Tell those who watch how the queue stands.

Measured, not counted along: so the numbers are true after restarts, and the same in every replica.
"""

from typing import Final

from leadwire.db import Database, is_transient
from leadwire.lifecycle import PeriodicTask
from manager_svc.metrics import ManagerMetrics
from manager_svc.storage.matching import MatchStore

MEASURE_EVERY: Final = 15.0
"""Seconds between two measurements."""


class QueueGauges(PeriodicTask):
    """Keeps the gauges of waiting leads and free places true.

    Args:
        database: Of the service.
        metrics: Told what was measured.
        interval: Seconds between two measurements.
    """

    def __init__(
        self, *, database: Database, metrics: ManagerMetrics, interval: float = MEASURE_EVERY
    ) -> None:
        self._database = database
        self._metrics = metrics
        super().__init__(
            name="queue gauges", interval=interval, body=self._measure, passes=is_transient
        )

    async def _measure(self) -> bool:
        async with self._database.connection() as connection:
            measured = await MatchStore(connection=connection).measure()
        self._metrics.waiting.set(measured.waiting)
        self._metrics.oldest_waiting.set(measured.oldest_seconds)
        self._metrics.free_places.set(measured.free_places)
        return False
