"""The imports of this process: from their first row in the database to their last word.

An import must not say "running" when nothing runs it. Other processes can only tell that
of a process that died. So each process looks for its own: an import that stands as
running here and that no task of this process runs has ended, and its last word, or the
answer to its first, was lost with a connection. How it ended is remembered until it is
stored.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from import_svc.domain.idempotency import ImportRunningError
from import_svc.domain.receipt import Interruption
from import_svc.storage.errors import ImportNotRunningError
from import_svc.storage.imports import ImportStore, Resumable
from import_svc.storage.rehearsals import RehearsalStore
from import_svc.usecases.early_endings import DATABASE_AWAY
from import_svc.usecases.import_request import ImportRequest
from import_svc.usecases.patience import patiently
from leadwire.db import Database, is_transient

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Ending:
    at: datetime | None
    how: Interruption | bytes


class OwnImports:
    """Opens and ends the imports of this process.

    Args:
        worker: Id of this process, by which its imports are known.
        database: The service's database.
        imports: Where receipts are stored.
        rehearsals: Where dry runs keep what they need.
    """

    def __init__(
        self,
        *,
        worker: UUID,
        database: Database,
        imports: ImportStore,
        rehearsals: RehearsalStore,
    ) -> None:
        self.worker = worker
        self._database = database
        self._imports = imports
        self._rehearsals = rehearsals
        self._running: set[UUID] = set()
        self._storing: dict[UUID, asyncio.Timeout] = {}
        self._endings: dict[UUID, _Ending] = {}

    def runs(self, import_id: UUID) -> bool:
        """Tell whether a task of this process runs an import."""
        return import_id in self._running

    @contextmanager
    def running(self, import_id: UUID | None = None) -> Iterator[UUID]:
        """Give the id of an import, by default of a new one, which runs within this context.

        Raises:
            ImportRunningError: It runs here already.
        """
        import_id = import_id or uuid7()
        if self.runs(import_id):
            raise ImportRunningError(import_id)
        self._running.add(import_id)
        try:
            yield import_id
        finally:
            self._running.discard(import_id)

    @asynccontextmanager
    async def storing(self, import_id: UUID) -> AsyncIterator[None]:
        """Let `stop` end what runs within this context, at whatever it waits for.

        Raises:
            ImportNotRunningError: It did.
        """
        # A time-out without a time: asyncio tells its end from any other cancellation.
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._storing[import_id] = scope
                yield
        except TimeoutError:
            if not scope.expired():
                raise
            raise ImportNotRunningError(f"the import {import_id} was stopped") from None
        finally:
            self._storing.pop(import_id, None)

    def stop(self, import_id: UUID) -> None:
        """Stop storing an import that has ended, if it runs here."""
        scope = self._storing.pop(import_id, None)
        if scope is not None:
            scope.reschedule(asyncio.get_running_loop().time())

    async def open(self, import_id: UUID, request: ImportRequest) -> None:
        """Store a new import as running.

        Raises:
            ImportRunningError: Another one has just begun with this key.
            DatabaseError: The database failed; if the import is there all the same,
                `end_what_runs_no_more` ends it.
        """
        async with self._database.transaction() as connection:
            await self._imports.open(connection, request.new_import(import_id), worker=self.worker)

    async def take_over(self, found: Resumable, *, body_file: str | None = None) -> None:
        """Go on with an import that was interrupted, here or in another process, or waits.

        Args:
            found: The import.
            body_file: Where its body is stored; None if it comes over HTTP.

        Raises:
            ImportRunningError: Somebody else was faster.
            DatabaseError: The database failed.
        """
        async with self._database.transaction() as connection:
            if not await self._imports.take_over(
                connection, found, worker=self.worker, body_file=body_file
            ):
                raise ImportRunningError(found.id)
        # How it ended here before, if nobody heard that this was stored, is no more its ending.
        self._endings.pop(found.id, None)

    async def end(
        self, import_id: UUID, how: Interruption | bytes, *, at: datetime | None = None
    ) -> None:
        """Store how an import ended; what was said of it first counts.

        If that fails, also by being cancelled, it is remembered for
        `end_what_runs_no_more`.

        Args:
            import_id: An import of this process.
            how: Why it ended early; or, of one that is complete, the hash of its body.
            at: When; None is when that is stored, by the clock of the database.

        Raises:
            DatabaseError: The database failed for too long.
        """
        ending = self._endings.setdefault(import_id, _Ending(at, how))
        await patiently(
            lambda: self._store(import_id, ending), doing="end the import", import_id=import_id
        )
        self._endings.pop(import_id, None)

    async def open_dry_run(self, dry_run: UUID) -> None:
        """Store that a dry run has begun."""
        async with self._database.transaction() as connection:
            await self._rehearsals.open(connection, dry_run, worker=self.worker)

    async def forget_dry_run(self, dry_run: UUID) -> None:
        """Delete what a dry run needed; if that fails, `end_what_runs_no_more` does it."""
        try:
            await self._forget(dry_run)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("dry_run_not_forgotten", error=type(error).__name__)

    async def end_what_runs_no_more(self) -> list[UUID]:
        """End those imports that stand as running here and do not run; return their ids.

        Those in the background are left to whichever process is free, unless they have ended.
        """
        over = self._endings.keys() - self._running
        async with self._database.connection() as connection:
            found = await self._imports.running(connection, worker=self.worker)
        ended = found - self._running
        for import_id in ended:
            ending = self._endings.get(import_id)
            if ending is None:
                # It was not even opened, as far as its caller knows.
                await self._let_go(import_id)
            else:
                await self._store(import_id, ending)
            log.warning("import_ended_late", import_id=str(import_id))
        for import_id in over:
            # Stored: just now, or by a commit that nobody heard of.
            self._endings.pop(import_id, None)
        return list(ended)

    async def forget_dry_runs_of(self, worker: UUID) -> None:
        """Delete what dry runs of a process needed, save those that this one runs."""
        async with self._database.connection() as connection:
            found = await self._rehearsals.of_worker(connection, worker=worker)
        for dry_run in found - self._running:
            await self._forget(dry_run)

    async def _forget(self, dry_run: UUID) -> None:
        more = True
        while more:
            async with self._database.transaction() as connection:
                more = await self._rehearsals.forget_some_keys(connection, dry_run)
        async with self._database.transaction() as connection:
            await self._rehearsals.delete(connection, dry_run)

    async def _let_go(self, import_id: UUID) -> None:
        async with self._database.transaction() as connection:
            await self._imports.let_go(
                connection,
                worker=self.worker,
                only=[import_id],
                interruption=DATABASE_AWAY,
            )

    async def _store(self, import_id: UUID, ending: _Ending) -> None:
        async with self._database.transaction() as connection:
            await self._imports.finish(
                connection,
                import_id=import_id,
                worker=self.worker,
                finished_at=ending.at,
                ending=ending.how,
            )
