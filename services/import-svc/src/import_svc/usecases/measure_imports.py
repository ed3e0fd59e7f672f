"""Tell those who watch how imports stand.

Measured, not counted along: so the numbers are true after restarts, and the same in every replica.
"""

from typing import Final

from import_svc.metrics import ImportMetrics
from import_svc.storage.background import BackgroundStore
from leadwire.db import Database, is_transient
from leadwire.lifecycle import PeriodicTask

MEASURE_EVERY: Final = 15.0
"""Seconds between two measurements."""


class ImportGauges(PeriodicTask):
    """Keeps the gauges of running and waiting imports true.

    Args:
        database: The service's database.
        background: Where imports wait.
        metrics: Told what was measured.
        interval: Seconds between two measurements.
    """

    def __init__(
        self,
        *,
        database: Database,
        background: BackgroundStore,
        metrics: ImportMetrics,
        interval: float = MEASURE_EVERY,
    ) -> None:
        self._database = database
        self._background = background
        self._metrics = metrics
        super().__init__(
            name="import gauges", interval=interval, body=self._measure, passes=is_transient
        )

    async def _measure(self) -> bool:
        async with self._database.connection() as connection:
            measured = await self._background.measure(connection)
        self._metrics.running.set(measured.running)
        self._metrics.waiting.set(measured.waiting)
        self._metrics.oldest_waiting.set(measured.oldest_seconds)
        return False
