"""Work off one import whose body is stored, from the chunk where the last process stopped.

It goes the way of an import that is sent again with its key: the chunks that are stored are read
and compared, and the others stored. What passes, such as a store of files that is down, puts the
import off; what does not ends it, with a true receipt.
"""

import asyncio
import contextlib
from typing import Final

import structlog

from import_svc.decoding import InputFormat
from import_svc.domain.idempotency import ImportRunningError, KeyReusedError
from import_svc.domain.receipt import Interruption
from import_svc.storage.background import MOST_TAKES, BackgroundStore, WaitingImport
from import_svc.storage.file_errors import FileNotThereError, FileStoreError
from import_svc.storage.files import FileStore
from import_svc.usecases.bodies import Bodies
from import_svc.usecases.early_endings import (
    BODY_LOST,
    DATABASE_AWAY,
    FILES_AWAY,
    GIVEN_UP,
    INTERNAL_ERROR,
    JUDGE_DIED,
    LOST_RACES,
)
from import_svc.usecases.import_leads import FINISH_WITHIN, ImportLeads
from import_svc.usecases.judged_chunks import judged_chunks
from import_svc.usecases.own_imports import OwnImports
from import_svc.usecases.patience import patiently
from import_svc.usecases.store_chunk import CutOtherwiseError
from leadwire.db import Database, is_transient
from leadwire.observability import bind_traceparent

log = structlog.get_logger(__name__)

_PASSING: Final = frozenset({FILES_AWAY.code, DATABASE_AWAY.code, JUDGE_DIED.code, LOST_RACES.code})


class WorkOffImport:
    """Works off imports that wait.

    Args:
        own: The imports of this process.
        database: The service's database.
        background: Where imports wait.
        files: Where their bodies are.
        bodies: Forgets bodies.
        import_leads: Stores the chunks.
    """

    def __init__(
        self,
        *,
        own: OwnImports,
        database: Database,
        background: BackgroundStore,
        files: FileStore,
        bodies: Bodies,
        import_leads: ImportLeads,
    ) -> None:
        self._own = own
        self._database = database
        self._background = background
        self._files = files
        self._bodies = bodies
        self._import_leads = import_leads

    async def __call__(self, waiting: WaitingImport) -> None:
        """Take an import, if no other process was faster, and work it off.

        Cancelled, it leaves the import to another process, at once.

        Raises:
            DatabaseError: The database failed for too long; how the import ended is remembered.
        """
        try:
            with (
                self._own.running(waiting.id),
                bind_traceparent(None, name="background import", kind="internal"),
            ):
                await self._own.take_over(waiting, body_file=waiting.body.file)
                log.info("import_taken", import_id=str(waiting.id), stored_chunks=waiting.chunks)
                await self._work_off(waiting)
        except ImportRunningError:
            return
        await self._bodies.forget(waiting.body.file)

    async def _work_off(self, waiting: WaitingImport) -> None:
        try:
            ending = await self._run(waiting)
        except asyncio.CancelledError:
            await asyncio.shield(self._hand_over(waiting))
            raise
        except Exception:
            log.exception("import_failed", import_id=str(waiting.id))
            ending = INTERNAL_ERROR
        if _may_pass(ending) and await self._put_off(waiting):
            return
        await self._own.end(waiting.id, ending)
        code = ending.code if isinstance(ending, Interruption) else None
        log.info("import_worked_off", import_id=str(waiting.id), error=code)

    async def _run(self, waiting: WaitingImport) -> Interruption | bytes:
        """Store what is not stored yet; return the hash of the body, or why that ended early."""
        if waiting.takes >= MOST_TAKES:
            return GIVEN_UP
        try:
            ending = await self._store(waiting)
        except (FileNotThereError, KeyReusedError):
            return BODY_LOST
        except FileStoreError as error:
            log.warning("import_body_unreadable", import_id=str(waiting.id), error=str(error))
            return FILES_AWAY
        except CutOtherwiseError as error:
            return Interruption(code=error.code, detail=str(error))
        is_another = isinstance(ending, bytes) and ending != waiting.body.digest
        return BODY_LOST if is_another else ending

    async def _store(self, waiting: WaitingImport) -> Interruption | bytes:
        input_format = InputFormat(waiting.media_type, waiting.encoding, waiting.mapped)
        async with self._files.open(waiting.body.file) as body:
            if body.size != waiting.body.size:
                # What is cut off would end in half a row, on which the whole file cannot go on.
                return BODY_LOST
            chunks = judged_chunks(
                body.pieces, input_format, region=waiting.region, stored=waiting.chunks
            )
            async with contextlib.aclosing(chunks):
                return await self._import_leads.run(waiting.id, chunks, stored=waiting.chunks)

    async def _put_off(self, waiting: WaitingImport) -> bool:
        """Let some process try again later; False if it was tried often enough."""

        async def put_off() -> bool:
            async with self._database.transaction() as connection:
                return await self._background.put_off(
                    connection, waiting.id, worker=self._own.worker
                )

        is_put_off = await patiently(put_off, doing="put the import off", import_id=waiting.id)
        if is_put_off:
            log.info("import_put_off", import_id=str(waiting.id))
        return is_put_off

    async def _hand_over(self, waiting: WaitingImport) -> None:
        """Leave the import to others; if that fails, they take it once this process is gone."""
        try:
            async with asyncio.timeout(FINISH_WITHIN), self._database.transaction() as connection:
                await self._background.hand_over(connection, waiting.id, worker=self._own.worker)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("import_not_handed_over", import_id=str(waiting.id))
        else:
            log.info("import_handed_over", import_id=str(waiting.id))


def _may_pass(ending: Interruption | bytes) -> bool:
    return isinstance(ending, Interruption) and ending.code in _PASSING
