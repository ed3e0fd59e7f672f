"""One leader among many processes, by a session's advisory lock.

The lock lives as long as the connection that took it. The leader beats on that
connection and cancels its work when no answer comes; only later does the server, by its
own time-out, give the lock to somebody else (the seconds stand in `heartbeat`). A
process that stops running for longer can still overlap with its successor for an
instant, so what a leader does must be safe to do twice.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import SystemRandom

import structlog
from tenacity import AsyncRetrying, retry_if_result, wait_random

from leadwire.db import heartbeat
from leadwire.db.database import Database
from leadwire.db.errors import (
    LOST_IN_USE,
    DatabaseError,
    DatabaseRefusedError,
    is_transient,
)
from leadwire.db.queries import Queries
from leadwire.db.session import DedicatedConnection

log = structlog.get_logger(__name__)

_QUERIES = Queries("leadwire.db.sql")

STAND_BY = (0.3, 1.0)
"""Seconds between two tries to become leader, at random."""

CANCEL_WITHIN = 10.0
"""Seconds for the work to end when leadership is lost."""


class LeaderLock:
    """Runs some work in at most one process at a time.

    Args:
        database: Its schema is part of the lock's name, as services share a database.
        name: Name of the lock.
    """

    def __init__(self, *, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._key = f"leader {database.schema} {name}"

    @property
    def key(self) -> str:
        """What the lock is known by to Postgres: `hashtextextended(key, 0)`.

        For those who want to know whether somebody holds it.
        """
        return self._key

    async def run(self, body: Callable[[], Awaitable[None]]) -> None:
        """Lead whenever possible, for ever.

        When leadership is lost, or `body` fails as work does whose database went away,
        `body` is cancelled and started anew once leadership is regained.

        Args:
            body: The leader's work; it runs until cancelled. If it returns, so does this.

        Raises:
            DatabaseRefusedError: The database refused the role.
            DatabaseError: `body` did not end within ten seconds of being cancelled.
            Exception: Whatever else `body` raised.
        """
        while True:
            try:
                if await self._lead_once(body):
                    return
            except DatabaseRefusedError:
                raise
            except Exception as error:
                if not (is_transient(error) or isinstance(error, LOST_IN_USE)):
                    raise
                log.warning("leader_interrupted", lock=self._name, error=type(error).__name__)
            await asyncio.sleep(SystemRandom().uniform(*STAND_BY))

    async def _lead_once(self, body: Callable[[], Awaitable[None]]) -> bool:
        """Return True if the body ended by itself, False if leadership was lost."""
        connection = await self._database.dedicated(purpose=f"lead {self._name}")
        try:
            await self._stand_by(connection)
            log.info("leadership_gained", lock=self._name, schema=self._database.schema)
            return await self._run_while_leading(connection, body)
        finally:
            # Closing gives the lock back.
            await heartbeat.close(connection)

    async def _stand_by(self, connection: DedicatedConnection) -> None:
        """Return once the lock is ours; there is no bound, as the leader may live for ever."""
        trying = AsyncRetrying(
            retry=retry_if_result(lambda locked: not locked), wait=wait_random(*STAND_BY)
        )
        await trying(connection.fetchval, _QUERIES["try_lock_leadership"], self._key)

    async def _run_while_leading(
        self, connection: DedicatedConnection, body: Callable[[], Awaitable[None]]
    ) -> bool:
        work = asyncio.ensure_future(body())
        lost = asyncio.create_task(heartbeat.until_lost(connection), name=f"beat {self._name}")
        try:
            await asyncio.wait({work, lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            lost.cancel()
            ended = work.done()
            await self._cancel(work)
        if not ended:
            log.warning("leadership_lost", lock=self._name, schema=self._database.schema)
            return False
        work.result()
        return True

    async def _cancel(self, work: "asyncio.Future[None]") -> None:
        work.cancel()
        _, running = await asyncio.wait([work], timeout=CANCEL_WITHIN)
        if running:
            raise DatabaseError(f"the work under the lock {self._name!r} does not stop")
