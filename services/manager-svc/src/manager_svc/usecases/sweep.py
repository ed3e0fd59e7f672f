"""The net below the matcher: look every second whether somebody was forgotten."""

from typing import Final

import structlog

from leadwire.db import Database, is_transient
from leadwire.lifecycle import PeriodicTask
from manager_svc.storage.matching import MatchStore
from manager_svc.usecases.match import ACTOR, match
from manager_svc.usecases.unit import Units

log = structlog.get_logger(__name__)

INTERVAL: Final = 1.0


class Sweep(PeriodicTask):
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
        super().__init__(
            name="assignment sweep", interval=interval, body=self._sweep, passes=is_transient
        )

    async def _sweep(self) -> bool:
        async with self._database.connection() as connection:
            if not await MatchStore(connection=connection).is_possible():
                return False
        assigned = len(await self._units.run(match, actor=ACTOR))
        if assigned:
            log.info("sweep_assigned_leads", leads=assigned)
        return assigned > 0
