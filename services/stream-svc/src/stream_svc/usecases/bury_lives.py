"""Delete what lives of the projection left that have ended: it holds personal data, too."""

from typing import Final

import structlog

from leadwire.db import Database, is_transient
from leadwire.lifecycle import PeriodicTask
from stream_svc.storage.lives import LifeStore

log = structlog.get_logger(__name__)

LEADS_PER_ROUND: Final = 2000
INTERVAL: Final = 30.0


class Undertaker(PeriodicTask):
    """Deletes ended lives, in short transactions; a component.

    Args:
        database: Of the projection.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database
        self._lives = LifeStore()
        super().__init__(
            name="delete ended lives of the projection",
            interval=INTERVAL,
            body=self._bury,
            passes=is_transient,
        )

    async def _bury(self) -> bool:
        async with self._database.transaction() as connection:
            deleted = await self._lives.delete_dead(connection, limit=LEADS_PER_ROUND)
        if deleted:
            log.info("ended_life_deleted", leads=deleted)
        return deleted == LEADS_PER_ROUND
