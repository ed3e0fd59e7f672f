"""Import many leads in one call, and account for every row.

While a chunk is stored, the next one is read, decoded and judged; never more than that
is ahead, so a slow database slows the sender down.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final
from uuid import UUID

import structlog

from import_svc.decoding import UnreadableInputError
from import_svc.domain.idempotency import ImportRunningError, KeyReusedError
from import_svc.domain.receipt import SETTLED, ImportStatus, Interruption, Receipt
from import_svc.storage.errors import ImportNotRunningError, LostRaceError
from import_svc.storage.imports import ImportOfKey
from import_svc.usecases.earlier_import import EarlierImport, insist_on_same_body, same_body
from import_svc.usecases.early_endings import (
    DATABASE_AWAY,
    DIED,
    INTERNAL_ERROR,
    JUDGE_DIED,
    LOST_RACES,
    STOPPING,
    how_it_broke,
)
from import_svc.usecases.import_request import Imported, ImportRequest, InputCutOffError
from import_svc.usecases.input_judge import JudgedChunk
from import_svc.usecases.judge_process import JudgeDiedError
from import_svc.usecases.judged_chunks import first_with_rows, judged_chunks
from import_svc.usecases.own_imports import OwnImports
from import_svc.usecases.patience import patiently
from import_svc.usecases.read_ahead import read_ahead
from import_svc.usecases.read_imports import ReadImports
from import_svc.usecases.store_chunk import CutOtherwiseError, StoreChunk
from leadwire.db import DatabaseError, is_transient

log = structlog.get_logger(__name__)

FINISH_WITHIN: Final = 15.0
"""Seconds for the last word on an import that is being cut off."""


class ImportLeads:
    """Runs imports.

    Args:
        own: The imports of this process.
        earlier: Finds what was done for an idempotency key before.
        store_chunk: Stores each chunk.
        read: Reads the receipt at the end.
    """

    def __init__(
        self,
        *,
        own: OwnImports,
        earlier: EarlierImport,
        store_chunk: StoreChunk,
        read: ReadImports,
    ) -> None:
        self._own = own
        self._earlier = earlier
        self._store_chunk = store_chunk
        self._read = read

    async def __call__(self, pieces: AsyncIterator[bytes], request: ImportRequest) -> Imported:
        """Import everything, and return the receipt with its first failures.

        Input that breaks after its first block ends the import as failed; what was stored
        until then stays, and the receipt counts it. With the same key it can be sent again:
        then the chunks that are stored already are only compared.

        Args:
            pieces: The input's bytes, as they come; may raise `InputCutOffError`.
            request: What else was asked for.

        Raises:
            UnreadableInputError: The input cannot be read; nothing was stored.
            InputCutOffError: The input stopped coming; nothing was stored.
            ImportRunningError: An import with the same key is running.
            KeyReusedError: The key was used for another request; nothing was stored.
            CutOtherwiseError: Another version began it and cut the input otherwise.
            JudgeDiedError: The process that judges it failed; nothing was stored.
            DatabaseError: The database failed before anything was stored, or was away
                for too long when the import ended.
        """
        earlier = await self._earlier(request.key) if request.key else None
        if earlier is not None and earlier.status in SETTLED:
            await insist_on_same_body(pieces, earlier)
            return Imported(receipt=await self._receipt(earlier.id), replayed=True)
        import_id = await self._import(pieces, request, earlier)
        receipt = await self._receipt(import_id)
        if receipt.status is ImportStatus.RUNNING:
            raise ImportRunningError(import_id)
        return Imported(receipt=receipt)

    async def _import(
        self,
        pieces: AsyncIterator[bytes],
        request: ImportRequest,
        earlier: ImportOfKey | None,
    ) -> UUID:
        """Import everything, or what an earlier request left; return the import's id."""
        stored = earlier.chunks if earlier else 0
        body = same_body(pieces, earlier)
        chunks = judged_chunks(body, request.input_format, region=request.region, stored=stored)
        async with contextlib.aclosing(chunks):
            first = await first_with_rows(chunks)
            with self._own.running(earlier.id if earlier else None) as import_id:
                await self._begin(import_id, request, earlier)
                try:
                    ending = await self.run(import_id, chunks, first=first, stored=stored)
                    await self._own.end(import_id, ending)
                except (KeyReusedError, CutOtherwiseError):
                    # As it was: nothing was stored, and the right body may still come.
                    await self._own.end(
                        import_id,
                        (earlier and earlier.interruption) or DIED,
                        at=earlier.finished_at if earlier else None,
                    )
                    raise
                except BaseException as error:
                    # Stopped, or failed in a way that nobody foresaw: in any case the
                    # receipt must not say "running" for ever.
                    await asyncio.shield(self._last_word(import_id, _why_ended_by(error)))
                    raise
        return import_id

    async def _begin(
        self, import_id: UUID, request: ImportRequest, earlier: ImportOfKey | None
    ) -> None:
        if earlier is not None:
            await self._own.take_over(earlier)
            log.info("import_resumed", import_id=str(import_id), stored_chunks=earlier.chunks)
            return
        await self._own.open(import_id, request)

    async def _receipt(self, import_id: UUID) -> Receipt:
        receipt = await patiently(
            lambda: self._read.receipt(import_id), doing="read the receipt", import_id=import_id
        )
        log.info(
            "import_answered",
            import_id=str(import_id),
            status=receipt.status,
            received=receipt.received,
            imported=receipt.imported,
            failed=receipt.failed,
        )
        return receipt

    async def run(
        self,
        import_id: UUID,
        chunks: AsyncIterator[JudgedChunk],
        *,
        first: JudgedChunk | None = None,
        stored: int,
    ) -> Interruption | bytes:
        """Store every chunk of a running import of this process.

        Args:
            import_id: The import.
            chunks: All chunks, from the first one on.
            first: The first one with rows, if it was taken from `chunks` already.
            stored: How many of those with rows are stored already.

        Returns:
            The hash of all input, or why it ended early.

        Raises:
            KeyReusedError: The input is not that of the chunks that are stored already.
            CutOtherwiseError: Another version stored those, and cut the input otherwise.
        """
        try:
            async with self._own.storing(import_id):
                first = first or await first_with_rows(chunks)
                return await self._store_all(import_id, first, chunks, stored=stored)
        except (UnreadableInputError, InputCutOffError) as error:
            return how_it_broke(error)
        except (DatabaseError, LostRaceError) as error:
            log.warning("import_gave_up", import_id=str(import_id), error=type(error).__name__)
            return LOST_RACES if isinstance(error, LostRaceError) else DATABASE_AWAY
        except JudgeDiedError as error:
            log.error("import_judge_died", import_id=str(import_id), where=error.where)
            return JUDGE_DIED
        except ImportNotRunningError:
            # Another process goes on with it, or has ended it: there it has its last word.
            log.warning("import_ended_by_others", import_id=str(import_id))
            return DIED

    async def _store_all(
        self,
        import_id: UUID,
        first: JudgedChunk,
        chunks: AsyncIterator[JudgedChunk],
        *,
        stored: int,
    ) -> bytes:
        number, first_row, look_up = 0, 1, True
        async with contextlib.aclosing(read_ahead(_all(first, chunks))) as coming:
            async for chunk in coming:
                if chunk.received:
                    look_up = await self._store_chunk(
                        chunk,
                        import_id=import_id,
                        number=number,
                        first_row=first_row,
                        look_up=look_up,
                    )
                    number, first_row = number + 1, first_row + chunk.received
        if number < stored:
            raise KeyReusedError  # the beginning is the same, but it ends before what was stored
        return chunk.input_hash

    async def _last_word(self, import_id: UUID, interruption: Interruption) -> None:
        """End an import that is being cut off; if that fails, it is ended later."""
        try:
            async with asyncio.timeout(FINISH_WITHIN):
                await self._own.end(import_id, interruption)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("import_not_ended", import_id=str(import_id), error=type(error).__name__)


async def _all(
    first: JudgedChunk, others: AsyncIterator[JudgedChunk]
) -> AsyncGenerator[JudgedChunk]:
    yield first
    async for chunk in others:
        yield chunk


def _why_ended_by(error: BaseException) -> Interruption:
    return STOPPING if isinstance(error, asyncio.CancelledError) else INTERNAL_ERROR
