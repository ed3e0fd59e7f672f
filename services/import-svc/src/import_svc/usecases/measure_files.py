"""Tell those who watch how full the disk of the store of files is, before it refuses any."""

from typing import Final

from import_svc.metrics import ImportMetrics
from import_svc.storage.file_errors import FileStoreError
from import_svc.storage.files import FileStore
from leadwire.lifecycle import PeriodicTask

MEASURE_EVERY: Final = 30.0
"""Seconds between two measurements."""


class FileGauges(PeriodicTask):
    """Keeps the gauges of the disk true; a bucket has none, and both stay 0.

    Args:
        files: The store.
        metrics: Told what was measured.
        interval: Seconds between two measurements.
    """

    def __init__(
        self, *, files: FileStore, metrics: ImportMetrics, interval: float = MEASURE_EVERY
    ) -> None:
        self._files = files
        self._metrics = metrics
        super().__init__(
            name="file gauges",
            interval=interval,
            body=self._measure,
            passes=lambda error: isinstance(error, FileStoreError),
        )

    async def _measure(self) -> bool:
        space = await self._files.space()
        if space is not None:
            self._metrics.files_free.set(space.free)
            self._metrics.files_size.set(space.size)
        return False
