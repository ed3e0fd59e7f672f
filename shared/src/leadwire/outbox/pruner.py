"""Forget handled events, and what operators decided on parked ones, after a while."""

import asyncio
import random
from datetime import timedelta
from typing import Final

import structlog

from leadwire.db import Database, Queries, is_transient
from leadwire.lifecycle import BackgroundTask

log = structlog.get_logger(__name__)

_random = random.SystemRandom()

DEFAULT_RETENTION: Final = timedelta(days=45)
"""Longer than the longest retry, and than the 30 days from which events are replayed."""

DECISIONS_KEPT: Final = timedelta(days=400)
"""So that last year's can still be looked up."""


class InboxPruner:
    """Deletes inbox rows that are older than any event that could still come.

    With them go decisions on parked events that are older than `DECISIONS_KEPT`.

    Several replicas may run it: each deletes what the others have not locked.

    Args:
        database: Of the service whose inbox it is.
        retention: Age from which a row is deleted.
        interval: Seconds between two looks.
        batch_size: Most rows deleted by one statement, so that locks stay short.
    """

    def __init__(
        self,
        *,
        database: Database,
        retention: timedelta = DEFAULT_RETENTION,
        interval: float = 3600.0,
        batch_size: int = 5_000,
    ) -> None:
        self._database = database
        self._retention = retention
        self._interval = interval
        self._batch_size = batch_size
        queries = Queries("leadwire.outbox.sql")
        self._prune = queries["prune_inbox"]
        self._prune_decisions = queries["prune_decisions"]
        self._task = BackgroundTask(name="inbox pruner", body=self._run)

    async def start(self) -> None:
        """Start to prune, now and then at every interval."""
        await self._task.start()

    async def stop(self) -> None:
        """Stop; a batch that runs is rolled back."""
        await self._task.stop()

    async def wait(self) -> None:
        """Return once stopped; raise what ended the pruner otherwise."""
        await self._task.wait()

    async def prune(self) -> int:
        """Delete everything that is old enough; return the number of inbox rows."""
        total = 0
        while True:
            async with self._database.connection() as connection:
                status = await connection.execute(self._prune, self._retention, self._batch_size)
            deleted = int(status.rpartition(" ")[2])
            total += deleted
            if deleted < self._batch_size:
                break
        async with self._database.connection() as connection:
            await connection.execute(self._prune_decisions, DECISIONS_KEPT)
        return total

    async def _run(self) -> None:
        while True:
            try:
                deleted = await self.prune()
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("inbox_prune_failed", error=type(error).__name__)
            else:
                log.debug("inbox_pruned", rows=deleted)
            await asyncio.sleep(self._interval * _random.uniform(0.9, 1.1))
