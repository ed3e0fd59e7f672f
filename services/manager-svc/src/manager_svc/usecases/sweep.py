"""The net below the matcher: look every second whether somebody was forgotten."""

import asyncio
from typing import Final

import structlog

from leadwire.db import Database, is_transient
from leadwire.lifecycle import BackgroundTask
from manager_svc.storage.matching import MatchStore
from manager_svc.usecases.match import ACTOR, match
from manager_svc.usecases.unit import Units

log = structlog.get_logger(__name__)

INTERVAL: Final = 1.0


class Sweep:
    """Runs the matcher whenever a place is free while a lead waits.

    That is so after a lead's hour away from its manager has passed, after a batch larger
    than one transaction takes, after `MANAGER_AUTO_ASSIGN` was turned on, or after a fault.

    Args:
        database: To look without the lock.
        units: To match.
        interval: Seconds between two looks.
    """

    def __init__(self, *, database: Database, units: Units, interval: float = INTERVAL) -> None:
        self._database = database
        self._units = units
        self._interval = interval
        self._task = BackgroundTask(name="assignment sweep", body=self._run)

    async def start(self) -> None:
        """Begin to look."""
        await self._task.start()

    async def stop(self) -> None:
        """Stop looking."""
        await self._task.stop()

    async def wait(self) -> None:
        """Return once stopped; raise what ended the loop otherwise."""
        await self._task.wait()

    async def _run(self) -> None:
        while True:
            try:
                while await self._sweep():
                    pass
            except Exception as error:
                if not is_transient(error):
                    raise
                # The database is away; the next look comes in a second anyway.
                log.warning("sweep_failed", error=type(error).__name__)
            await asyncio.sleep(self._interval)

    async def _sweep(self) -> int:
        async with self._database.connection() as connection:
            if not await MatchStore(connection=connection).is_possible():
                return 0
        assigned = len(await self._units.run(match, actor=ACTOR))
        if assigned:
            log.info("sweep_assigned_leads", leads=assigned)
        return assigned
