"""Forget the keys under which leads were created that have been erased long enough."""

from datetime import timedelta
from typing import Final

from import_svc.storage.leads import LeadStore
from leadwire.db import Database, is_transient
from leadwire.lifecycle import PeriodicTask

KEPT_FOR: Final = timedelta(days=30)
"""How long after an erasure a request of the lead is still known, and refused."""

LOOK_EVERY: Final = 600.0

_AT_ONCE: Final = 1_000


class ForgetKeys(PeriodicTask):
    """Deletes them; every replica may.

    Args:
        database: The service's database.
        leads: Where the keys are.
        interval: Seconds between two looks when there is nothing to do.
    """

    def __init__(
        self, *, database: Database, leads: LeadStore, interval: float = LOOK_EVERY
    ) -> None:
        self._database = database
        self._leads = leads
        super().__init__(
            name="lead key deletion", interval=interval, body=self._round, passes=is_transient
        )

    async def _round(self) -> bool:
        async with self._database.transaction() as connection:
            return await self._leads.delete_keys(connection, limit=_AT_ONCE) == _AT_ONCE
