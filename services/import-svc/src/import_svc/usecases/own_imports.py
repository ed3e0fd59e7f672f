"""The imports of this process: from their first row in the database to their last word.

An import must not say "running" when nothing runs it. Other processes can only tell that
of a process that died. So each process looks for its own: an import that stands as
running here and that no task of this process runs has ended, and its last word, or the
answer to its first, was lost with a connection. How it ended is remembered until it is
stored.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from import_svc.domain.receipt import Interruption
from import_svc.storage.imports import ImportStore
from import_svc.usecases.patience import patiently
from leadwire.db import Database

log = structlog.get_logger(__name__)

DATABASE_AWAY: Final = Interruption(
    code="database_unavailable",
    detail="the database did not answer; the rows counted here are stored, send the file again",
)


@dataclass(frozen=True, slots=True)
class _Ending:
    at: datetime
    interruption: Interruption | None


class OwnImports:
    """Opens and ends the imports of this process.

    Args:
        worker: Id of this process, by which its imports are known.
        database: The service's database.
        imports: Where receipts are stored.
    """

    def __init__(self, *, worker: UUID, database: Database, imports: ImportStore) -> None:
        self.worker = worker
        self._database = database
        self._imports = imports
        self._running: set[UUID] = set()
        self._endings: dict[UUID, _Ending] = {}

    @contextmanager
    def running(self) -> Iterator[UUID]:
        """Give the id of a new import, which runs until the end of this context."""
        import_id = uuid7()
        self._running.add(import_id)
        try:
            yield import_id
        finally:
            self._running.discard(import_id)

    async def open(self, import_id: UUID, *, media_type: str, region: str | None) -> None:
        """Store a new import as running.

        Raises:
            DatabaseError: The database failed; if the import is there all the same,
                `end_what_runs_no_more` ends it.
        """
        async with self._database.transaction() as connection:
            await self._imports.open(
                connection,
                import_id=import_id,
                media_type=media_type,
                region=region,
                worker=self.worker,
                started_at=datetime.now(UTC),
            )

    async def end(self, import_id: UUID, interruption: Interruption | None) -> None:
        """Store how an import ended; what was said of it first counts.

        If that fails, also by being cancelled, it is remembered for
        `end_what_runs_no_more`.

        Raises:
            DatabaseError: The database failed for too long.
        """
        ending = self._endings.setdefault(import_id, _Ending(datetime.now(UTC), interruption))
        await patiently(
            lambda: self._store(import_id, ending), doing="end the import", import_id=import_id
        )
        self._endings.pop(import_id, None)

    async def end_what_runs_no_more(self) -> list[UUID]:
        """End those imports that stand as running and do not run; return their ids."""
        over = self._endings.keys() - self._running
        async with self._database.connection() as connection:
            found = await self._imports.running(connection, worker=self.worker)
        ended = found - self._running
        for import_id in ended:
            # Without an ending it was not even opened, as far as its caller knows.
            default = _Ending(datetime.now(UTC), DATABASE_AWAY)
            await self._store(import_id, self._endings.get(import_id, default))
            log.warning("import_ended_late", import_id=str(import_id))
        for import_id in over:
            # Stored: just now, or by a commit that nobody heard of.
            self._endings.pop(import_id, None)
        return list(ended)

    async def _store(self, import_id: UUID, ending: _Ending) -> None:
        async with self._database.transaction() as connection:
            await self._imports.finish(
                connection,
                import_id=import_id,
                finished_at=ending.at,
                interruption=ending.interruption,
            )
