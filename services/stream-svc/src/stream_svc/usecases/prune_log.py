"""Forget changes that are older than followers may be: the log does not grow for ever."""

import asyncio
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Final

import structlog

from leadwire.db import is_transient
from leadwire.lifecycle import BackgroundTask
from stream_svc.storage.change_log import ChangeLog

log = structlog.get_logger(__name__)

CHANGES_PER_ROUND: Final = 5000
PAUSE_SECONDS: Final = (45.0, 75.0)
"""Between two looks, at random, so that replicas take turns."""


class LogPruner:
    """Prunes the change log for as long as it runs; a component.

    Args:
        log: The log.
        retention: Age from which changes are forgotten. A cursor older than this is
            answered with 410.
    """

    def __init__(self, *, log: ChangeLog, retention: timedelta) -> None:
        self._log = log
        self._retention = retention
        self._task = BackgroundTask(name="prune the change log", body=self._run)

    async def start(self) -> None:
        """Begin to prune in the background."""
        await self._task.start()

    async def stop(self) -> None:
        """Stop; what is left is pruned by the next run."""
        await self._task.stop()

    async def wait(self) -> None:
        """Return once stopped; raise what ended the loop otherwise."""
        await self._task.wait()

    async def _run(self) -> None:
        while True:
            try:
                await prune_log(self._log, retention=self._retention)
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("log_not_pruned", error=type(error).__name__)
            await asyncio.sleep(SystemRandom().uniform(*PAUSE_SECONDS))


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
