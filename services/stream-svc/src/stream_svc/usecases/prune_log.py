"""Forget changes that are older than followers may be: the log does not grow for ever."""

from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from leadwire.db import is_transient
from leadwire.lifecycle import PeriodicTask
from stream_svc.storage.change_log import ChangeLog

log = structlog.get_logger(__name__)

CHANGES_PER_ROUND: Final = 5000
INTERVAL: Final = 60.0
JITTER: Final = 0.25


class LogPruner(PeriodicTask):
    """Prunes the change log for as long as it runs; a component.

    Args:
        log: The log.
        retention: Age from which changes are forgotten. A cursor older than this is
            answered with 410.
    """

    def __init__(self, *, log: ChangeLog, retention: timedelta) -> None:
        self._log = log
        self._retention = retention
        super().__init__(
            name="prune the change log",
            interval=INTERVAL,
            jitter=JITTER,
            body=self._prune,
            passes=is_transient,
        )

    async def _prune(self) -> bool:
        await prune_log(self._log, retention=self._retention)
        return False


async def prune_log(change_log: ChangeLog, *, retention: timedelta) -> int:
    """Forget what is older than `retention`, in short transactions; return how many changes."""
    before = datetime.now(UTC) - retention
    forgotten = 0
    while True:
        count = await change_log.prune(before=before, limit=CHANGES_PER_ROUND)
        forgotten += count
        if count < CHANGES_PER_ROUND:
            break
    if forgotten:
        log.info("log_pruned", changes=forgotten)
    return forgotten
