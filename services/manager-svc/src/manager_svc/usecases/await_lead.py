"""Wait for a lead that was created elsewhere a moment ago.

import-svc answers a creation before its event arrives here. So a request about a lead that
is not known, but whose id says that it is new, waits a little for it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, TypeVar
from uuid import UUID

from leadwire.db import Database
from manager_svc.domain.errors import LeadNotFoundError
from manager_svc.storage.leads import LeadStore

YOUNG: Final = 10.0
WITHIN: Final = 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.2

T = TypeVar("T")


class LeadArrivals:
    """Repeats a command once, after the lead that it missed has arrived.

    No connection is held while it waits.

    Args:
        database: Where leads arrive.
        within: Seconds to wait at most.
    """

    def __init__(self, *, database: Database, within: float = WITHIN) -> None:
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
            if not is_young(lead_id) or not await self._arrives(lead_id):
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


def is_young(lead_id: UUID, *, now: float | None = None) -> bool:
    """Tell whether a UUIDv7 was made in the last ten seconds, give or take clocks that differ.

    Args:
        lead_id: Any UUID; only version 7 tells its time.
        now: Seconds since the epoch, for tests.
    """
    if lead_id.version != 7:
        return False
    made = (lead_id.int >> 80) / 1000
    return abs((time.time() if now is None else now) - made) < YOUNG


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 1.5, _LONGEST_PAUSE)
