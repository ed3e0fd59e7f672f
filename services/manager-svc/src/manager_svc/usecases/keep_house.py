"""Forget what is old enough."""

from datetime import timedelta
from typing import Final

import structlog

from leadwire.db import Database, is_transient
from leadwire.lifecycle import PeriodicTask
from manager_svc.storage.leads import LeadStore
from manager_svc.storage.managers import ManagerStore

log = structlog.get_logger(__name__)

KEYS_KEPT_FOR: Final = timedelta(days=7)
"""How long a request for the next lead may be sent again with its key."""

_PRUNED_AT_ONCE: Final = 1_000


class HouseKeeping(PeriodicTask):
    """Prunes explanations of assignments, histories, and keys of requests for the next lead.

    None of them is read or written by the matcher, so that it takes no matching lock.

    Args:
        database: Of the service.
        explanations: How long an explanation is kept, once its leads are decided.
        histories: How long a history is kept, once its lead is decided; None for good.
        interval: Seconds between two rounds.
    """

    def __init__(
        self,
        *,
        database: Database,
        explanations: timedelta,
        histories: timedelta | None,
        interval: float = 3600.0,
    ) -> None:
        self._database = database
        self._explanations = explanations
        self._histories = histories
        super().__init__(
            name="manager housekeeping",
            interval=interval,
            body=self._forget_some,
            passes=is_transient,
        )

    async def keep_house(self) -> None:
        """Do one round, in short transactions."""
        while await self._forget_some():
            pass

    async def _forget_some(self) -> bool:
        async with self._database.connection() as connection:
            leads = LeadStore(connection=connection)
            explanations = await leads.forget_explanations(
                older_than=self._explanations, limit=_PRUNED_AT_ONCE
            )
            histories = 0
            if self._histories is not None:
                histories = await leads.forget_histories(
                    older_than=self._histories, limit=_PRUNED_AT_ONCE
                )
            keys = await ManagerStore(connection=connection).forget_keys(
                older_than=KEYS_KEPT_FOR, limit=_PRUNED_AT_ONCE
            )
        log.debug("house_kept", explanations=explanations, histories=histories, keys=keys)
        return _PRUNED_AT_ONCE in {explanations, histories, keys}
