"""Import many leads in one call, and account for every row.

While a chunk is stored, the next one is read, decoded and judged; never more than that
is ahead, so a slow database slows the sender down.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

import structlog

from import_svc.decoding import RowDecoder, UnreadableInputError
from import_svc.domain.receipt import Interruption, Receipt
from import_svc.domain.rows import JudgedRow
from import_svc.storage.errors import ImportNotRunningError, LostRaceError
from import_svc.usecases.judge_input import judged_chunks
from import_svc.usecases.own_imports import DATABASE_AWAY, OwnImports
from import_svc.usecases.patience import patiently
from import_svc.usecases.read_imports import ReadImports
from import_svc.usecases.store_chunk import StoreChunk
from leadwire.db import DatabaseError, is_transient

log = structlog.get_logger(__name__)

FINISH_WITHIN: Final = 15.0
"""Seconds for the last word on an import that is being cut off."""

_STOPPING: Final = Interruption(
    code="service_stopping",
    detail="the service was stopped; the rows counted here are stored, send the file again",
)
_LOST_RACES: Final = Interruption(
    code="too_many_conflicts",
    detail="others stored the same leads at the same time, again and again; "
    "the rows counted here are stored, send the file again",
)
_INTERNAL_ERROR: Final = Interruption(
    code="internal_error",
    detail="something went wrong on our side; the rows counted here are stored",
)


class InputCutOffError(Exception):
    """The bytes of an import stopped coming before their end.

    Attributes:
        code: Stable name of what happened.
        detail: What happened.
    """

    def __init__(self, *, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class ImportLeads:
    """Runs imports.

    Args:
        own: The imports of this process.
        store_chunk: Stores each chunk.
        read: Reads the receipt at the end.
    """

    def __init__(self, *, own: OwnImports, store_chunk: StoreChunk, read: ReadImports) -> None:
        self._own = own
        self._store_chunk = store_chunk
        self._read = read

    async def __call__(
        self,
        pieces: AsyncIterator[bytes],
        decoder: RowDecoder,
        *,
        media_type: str,
        region: str | None,
    ) -> Receipt:
        """Import everything, and return the receipt with its first failures.

        Input that breaks after its first block ends the import as failed; what was stored
        until then stays, and the receipt counts it.

        Args:
            pieces: The input's bytes, as they come; may raise `InputCutOffError`.
            decoder: A new decoder for the input's format.
            media_type: The format, for the record.
            region: Region of national phone numbers; None if there is no default.

        Raises:
            UnreadableInputError: The input cannot be read; nothing was stored.
            InputCutOffError: The input stopped coming; nothing was stored.
            DatabaseError: The database failed before anything was stored, or was away
                for too long when the import ended.
        """
        chunks = judged_chunks(pieces, decoder, region=region)
        async with contextlib.aclosing(chunks):
            first = await anext(chunks, None)
            with self._own.running() as import_id:
                await self._own.open(import_id, media_type=media_type, region=region)
                try:
                    interruption = await self._run(import_id, first, chunks)
                    await self._own.end(import_id, interruption)
                except BaseException as error:
                    # Stopped, or failed in a way that nobody foresaw: in any case the
                    # receipt must not say "running" for ever.
                    await asyncio.shield(self._last_word(import_id, _why_ended_by(error)))
                    raise
        receipt = await patiently(
            lambda: self._read.receipt(import_id), doing="read the receipt", import_id=import_id
        )
        log.info(
            "import_finished",
            import_id=str(import_id),
            status=receipt.status,
            received=receipt.received,
            imported=receipt.imported,
            failed=receipt.failed,
        )
        return receipt

    async def _run(
        self,
        import_id: UUID,
        first: list[JudgedRow] | None,
        chunks: AsyncIterator[list[JudgedRow]],
    ) -> Interruption | None:
        """Store every chunk; return why that ended early, if it did."""
        try:
            await self._store_all(import_id, first, chunks)
        except (UnreadableInputError, InputCutOffError) as error:
            return Interruption(code=error.code, detail=error.detail)
        except (DatabaseError, LostRaceError) as error:
            log.warning("import_gave_up", import_id=str(import_id), error=type(error).__name__)
            return _LOST_RACES if isinstance(error, LostRaceError) else DATABASE_AWAY
        except ImportNotRunningError:
            log.warning("import_ended_by_others", import_id=str(import_id))
        return None

    async def _store_all(
        self,
        import_id: UUID,
        first: list[JudgedRow] | None,
        chunks: AsyncIterator[list[JudgedRow]],
    ) -> None:
        number, first_row, rows = 0, 1, first
        while rows is not None:
            following = asyncio.create_task(_next(chunks), name=f"read import {import_id}")
            try:
                await self._store_chunk(
                    rows, import_id=import_id, number=number, first_row=first_row
                )
            except BaseException:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
                raise
            number, first_row = number + 1, first_row + len(rows)
            rows = await following

    async def _last_word(self, import_id: UUID, interruption: Interruption) -> None:
        """End an import that is being cut off; if that fails, it is ended later."""
        try:
            async with asyncio.timeout(FINISH_WITHIN):
                await self._own.end(import_id, interruption)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("import_not_ended", import_id=str(import_id), error=type(error).__name__)


async def _next(chunks: AsyncIterator[list[JudgedRow]]) -> list[JudgedRow] | None:
    return await anext(chunks, None)


def _why_ended_by(error: BaseException) -> Interruption:
    return _STOPPING if isinstance(error, asyncio.CancelledError) else _INTERNAL_ERROR
