"""Tell whether the journal has all that a replay is to send.

An event stands in the journal a little after it was published: it waits for this service, or its
handling is under way. A replay that ended before would leave it out, and a subscription that was
declared only after the publication has it from nowhere else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from leadwire.broker import Broker, BrokerError
from leadwire.db import Database
from notifier_svc.domain.replays import Replay
from notifier_svc.storage.journal import JournalEnd, JournalStore

GRACE: Final = timedelta(seconds=2)
"""Within which an event that a handler was given has a transaction with an id of its own."""


@dataclass(slots=True)
class JournalWait:
    """What was seen so far, for one replay.

    Attributes:
        since: From this moment on no event that is wanted was left to be given to a handler.
        ceiling: All transactions that may write such an event have turns below it.
    """

    since: datetime | None = None
    ceiling: int | None = None


class JournalWatch:
    """Watches the journal come up.

    Args:
        database: Of the service.
        broker: Where events wait for this service.
        subscription: Its name there.
    """

    def __init__(self, *, database: Database, broker: Broker, subscription: str) -> None:
        self._database = database
        self._broker = broker
        self._subscription = subscription

    async def has_all(self, replay: Replay, wait: JournalWait) -> bool:
        """Look once; what is read after this said True is complete.

        Three things are waited for, one after the other: that all that is wanted was given to
        handlers, that these had the time to begin, and that all have ended that had begun by then.
        """
        if wait.since is None:
            wait.since = replay.order.until or await self._drained()
        end = await self._end()
        if wait.ceiling is None and wait.since is not None and end.now >= wait.since + GRACE:
            wait.ceiling = end.ceiling
        return wait.ceiling is not None and end.horizon >= wait.ceiling

    async def _drained(self) -> datetime | None:
        """Return the time if nothing waits for this service, neither of before nor new."""
        try:
            waiting = await self._broker.waiting(self._subscription, up_to=1)
        except BrokerError:
            return None
        return None if waiting else (await self._end()).now

    async def _end(self) -> JournalEnd:
        async with self._database.connection() as connection:
            return await JournalStore(connection=connection).end()
