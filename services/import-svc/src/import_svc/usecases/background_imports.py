"""Work off imports that wait, a few at a time, in every process.

An import that is accepted to be done later, or whose process died (`import_worker`), or was
stopped, stands as running without a worker. Each process looks for such imports twice a second
and takes the oldest ones; of several that want the same import only one gets it.
"""

import asyncio
from typing import Final

import structlog

from import_svc.storage.background import BackgroundStore, WaitingImport
from import_svc.usecases.work_off_import import WorkOffImport
from leadwire.db import Database, is_transient
from leadwire.lifecycle import PeriodicTask

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 0.5


class BackgroundImports:
    """Runs waiting imports; a component.

    Args:
        database: The service's database.
        background: Where imports wait.
        work_off: Works one off.
        at_once: Most that run at once here; 0 leaves all to other processes.
    """

    def __init__(
        self,
        *,
        database: Database,
        background: BackgroundStore,
        work_off: WorkOffImport,
        at_once: int,
    ) -> None:
        self._database = database
        self._background = background
        self._work_off = work_off
        self._at_once = at_once
        self._running: set[asyncio.Task[None]] = set()
        self._looking = PeriodicTask(
            name="background imports", interval=LOOK_EVERY, body=self._look, passes=is_transient
        )

    async def start(self) -> None:
        """Begin to look."""
        await self._looking.start()

    async def stop(self) -> None:
        """Leave what runs here to other processes."""
        await self._looking.stop()
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    async def wait(self) -> None:
        """Return once stopped; raise what ended it otherwise."""
        await self._looking.wait()

    async def _look(self) -> bool:
        free = self._at_once - len(self._running)
        if free <= 0:
            return False
        async with self._database.connection() as connection:
            waiting = await self._background.waiting(connection, limit=free)
        for each in waiting:
            task = asyncio.create_task(self._run(each), name=f"background import {each.id}")
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return False

    async def _run(self, waiting: WaitingImport) -> None:
        try:
            await self._work_off(waiting)
        except Exception as error:
            # Its end is stored later (`own_imports`), or another process goes on with it.
            log.warning(
                "background_import_broke_off",
                import_id=str(waiting.id),
                error=type(error).__name__,
                exc_info=None if is_transient(error) else error,
            )
