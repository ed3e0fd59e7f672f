"""Wait for a lead that was created elsewhere a moment ago.

import-svc answers a creation before its event arrives here. So a request about a lead that
is not known, but whose id says that it is new, waits a little for it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from leadwire.contracts.identity import ARRIVES_WITHIN, is_young
from leadwire.db import Database
from manager_svc.domain.errors import LeadNotFoundError
from manager_svc.storage.leads import LeadStore

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.2

T = TypeVar("T")


class LeadArrivals:
    """Repeats a command once, after the lead that it missed has arrived.

    No connection is held while it waits.

    Args:
        database: Where leads arrive.
        within: Seconds to wait at most.
    """

    def __init__(self, *, database: Database, within: float = ARRIVES_WITHIN) -> None:
        self._database = database
        self._within = within

    async def retry_once(self, lead_id: UUID, attempt: Callable[[], Awaitable[T]]) -> T:
        """Make the attempt, and a second one if the lead arrives in time.

        Raises:
            LeadNotFoundError: It did not, is not young, or was erased.
        """
        try:
            return await attempt()
        except LeadNotFoundError:
            if not is_young(lead_id, now=datetime.now(UTC)) or not await self._arrives(lead_id):
                raise
        return await attempt()

    async def _arrives(self, lead_id: UUID) -> bool:
        deadline = time.monotonic() + self._within
        for pause in _pauses():
            async with self._database.connection() as connection:
                erased = await LeadStore(connection=connection).is_erased(lead_id)
            if erased is not None:
                return not erased
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            await asyncio.sleep(min(pause, left))
        raise AssertionError("pauses never end")


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 1.5, _LONGEST_PAUSE)
