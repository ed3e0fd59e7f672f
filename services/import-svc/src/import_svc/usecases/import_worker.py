"""Tell which process runs an import, and end the imports of processes that died.

A process that is killed leaves its imports "running". Each process holds an advisory lock
of its own as long as it lives, and every process looks now and then for running imports
whose lock nobody holds. That is a fact, not a time-out: an import may take hours. But a
process that only lost its connection needs a moment to take its lock again, as all do after
a restart of the database. So a lock must be seen free in two looks in turn, and whoever
lost its own lock forgets what it saw before, and waits for a whole pause before it looks.

An import whose body came over HTTP has then failed. One whose body is stored waits for a process
that takes it (see `background_imports`).

Each look also ends imports of the process itself that run no more (see `own_imports`).
"""

import asyncio
from random import SystemRandom
from typing import Final
from uuid import UUID

import structlog

from import_svc.storage.imports import ImportStore
from import_svc.usecases.early_endings import DIED
from import_svc.usecases.own_imports import OwnImports
from leadwire.db import Database, LeaderLock
from leadwire.lifecycle import BackgroundTask

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 5.0


class ImportWorker:
    """This process as one that runs imports; a component.

    Args:
        database: The service's database.
        imports: Where receipts are stored.
        own: The imports of this process.
        look_every: Seconds between two looks for abandoned imports.
    """

    def __init__(
        self,
        *,
        database: Database,
        imports: ImportStore,
        own: OwnImports,
        look_every: float = LOOK_EVERY,
    ) -> None:
        self._own = own
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
        """End imports whose process was seen dead in this look and the last; return their ids.

        Those whose body is stored do not end: they wait for a process that goes on. If the one
        that was seen dead lives after all and comes back too late, it finds its import ended, or
        another's, and stores nothing more.
        """
        free = await self._without_lock()
        closed: list[UUID] = []
        for worker in free & self._suspects:
            closed += await self._close_imports_of(worker)
            await self._own.forget_dry_runs_of(worker)
        self._suspects = free
        return closed

    async def _close_imports_of(self, worker: UUID) -> list[UUID]:
        async with self._database.transaction() as connection:
            if not await self._imports.is_lock_free(connection, lock_key=self._lock_of(worker).key):
                return []
            closed = await self._imports.let_go(connection, worker=worker, interruption=DIED)
        for import_id, status in closed:
            log.warning("import_abandoned", import_id=str(import_id), status=status)
        return [import_id for import_id, _ in closed]

    async def _live(self) -> None:
        await self._lock_of(self._own.worker).run(self._look)

    async def _look(self) -> None:
        """Look for ever; begun anew whenever the lock was lost and is held again."""
        self._suspects = set()
        while True:
            await asyncio.sleep(self._look_every * SystemRandom().uniform(0.8, 1.2))
            await self._own.end_what_runs_no_more()
            await self.close_abandoned()
            await self._own.forget_dry_runs_of(self._own.worker)

    async def _without_lock(self) -> set[UUID]:
        """Return the other processes with running imports whose lock nobody holds."""
        free: set[UUID] = set()
        async with self._database.connection() as connection:
            for worker in await self._imports.workers(connection) - {self._own.worker}:
                # Each in a transaction of its own, which ends at once: its owner may want it.
                async with connection.transaction():
                    if await self._imports.is_lock_free(
                        connection, lock_key=self._lock_of(worker).key
                    ):
                        free.add(worker)
        return free

    def _lock_of(self, worker: UUID) -> LeaderLock:
        return worker_lock(self._database, worker)


def worker_lock(database: Database, worker: UUID) -> LeaderLock:
    """Return the lock that a process holds as long as it lives."""
    return LeaderLock(database=database, name=f"import worker {worker}")
