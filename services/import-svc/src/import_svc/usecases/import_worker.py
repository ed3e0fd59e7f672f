"""Tell which process runs an import, and end the imports of processes that died.

A process that is killed leaves its imports "running". Each process holds an advisory lock
of its own as long as it lives, and every process looks now and then for running imports
whose lock nobody holds. That is a fact, not a time-out: an import may take hours.
"""

import asyncio
from datetime import UTC, datetime
from random import SystemRandom
from typing import Final
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from import_svc.domain.receipt import Interruption
from import_svc.storage.imports import ImportStore
from leadwire.db import Database, LeaderLock
from leadwire.lifecycle import BackgroundTask

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 5.0

_DIED: Final = Interruption(
    code="service_died",
    detail="the process that ran the import ended; the rows counted here are stored, "
    "send the file again",
)


class ImportWorker:
    """This process as one that runs imports; a component.

    Args:
        database: The service's database.
        imports: Where receipts are stored.
        look_every: Seconds between two looks for abandoned imports.
    """

    def __init__(
        self, *, database: Database, imports: ImportStore, look_every: float = LOOK_EVERY
    ) -> None:
        self.id = uuid7()
        self._database = database
        self._imports = imports
        self._look_every = look_every
        self._suspects: set[UUID] = set()
        self._task = BackgroundTask(name="import worker", body=self._live)

    async def start(self) -> None:
        """Take the lock and begin to look."""
        await self._task.start()

    async def stop(self) -> None:
        """Give the lock back."""
        await self._task.stop()

    async def wait(self) -> None:
        """Return once stopped; raise what ended it otherwise."""
        await self._task.wait()

    async def close_abandoned(self) -> list[UUID]:
        """End imports whose process was seen dead twice; return their ids.

        Twice, because a process that lost its connection needs a moment to take its lock
        again. If it comes back too late, it finds its import ended and stores nothing more.
        """
        async with self._database.connection() as connection:
            others = await self._imports.workers(connection) - {self.id}
        closed: list[UUID] = []
        for worker in others & self._suspects:
            async with self._database.transaction() as connection:
                closed += await self._imports.close_if_abandoned(
                    connection,
                    worker=worker,
                    lock_key=self._lock_of(worker).key,
                    finished_at=datetime.now(UTC),
                    interruption=_DIED,
                )
        self._suspects = others
        for import_id in closed:
            log.warning("import_abandoned", import_id=str(import_id))
        return closed

    async def _live(self) -> None:
        await self._lock_of(self.id).run(self._look)

    async def _look(self) -> None:
        while True:
            await self.close_abandoned()
            await asyncio.sleep(self._look_every * SystemRandom().uniform(0.8, 1.2))

    def _lock_of(self, worker: UUID) -> LeaderLock:
        return LeaderLock(database=self._database, name=f"import worker {worker}")
