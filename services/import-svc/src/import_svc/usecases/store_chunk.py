"""Store one chunk of an import: its leads, its failures, its events, its counts.

All in one transaction, so a chunk happened or it did not. Racing imports may take each
other's keys, or deadlock on the two unique indexes: then the whole chunk is done again, and
finds what the other one stored. After a lost connection nobody knows whether the commit
happened: the chunk's own row tells.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from import_svc.domain.duplicates import Sifted, keys_to_look_up, sift
from import_svc.domain.idempotency import KeyReusedError
from import_svc.domain.leads import NewLeads
from import_svc.domain.receipt import failure_of
from import_svc.domain.rows import JudgedRows
from import_svc.metrics import ImportMetrics
from import_svc.storage.chunks import ChunkStore
from import_svc.storage.errors import LostRaceError
from import_svc.storage.leads import LeadStore
from import_svc.usecases.announcers import Announcer
from import_svc.usecases.input_judge import JudgedChunk
from import_svc.usecases.patience import patiently
from leadwire.db import Connection, Database
from leadwire.outbox import OutgoingEvent


class CutOtherwiseError(Exception):
    """The import was begun by a version that cut the same input otherwise."""

    code: Final = "import_not_resumable"

    def __init__(self) -> None:
        super().__init__(
            "The import was begun by another version of this service, which read the input "
            "otherwise, and cannot be gone on with. The rows counted in its receipt are stored; "
            "send the input again with a new Idempotency-Key for the others."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """What became of a chunk.

    Attributes:
        imported: Rows that became leads.
        failed: Rows that did not.
        has_known: Whether leads had some of its keys.
    """

    imported: int
    failed: int
    has_known: bool


class StoreChunk:
    """Stores chunks of imports.

    Args:
        database: The service's database.
        leads: Where leads are stored.
        chunks: Where it is stored what became of each.
        announcer: Announces the new leads.
        worker: Id of this process, which runs the imports.
        metrics: Counts the rows.
    """

    def __init__(
        self,
        *,
        database: Database,
        leads: LeadStore,
        chunks: ChunkStore,
        announcer: Announcer,
        worker: UUID,
        metrics: ImportMetrics,
    ) -> None:
        self._database = database
        self._leads = leads
        self._chunks = chunks
        self._announcer = announcer
        self._worker = worker
        self._metrics = metrics

    async def __call__(
        self,
        chunk: JudgedChunk,
        *,
        import_id: UUID,
        number: int,
        first_row: int,
        look_up: bool = True,
    ) -> bool:
        """Store a chunk once, however often that must be tried.

        Args:
            chunk: The chunk; one that is stored already needs no rows.
            import_id: A running import of this process.
            number: The chunk's number within the import.
            first_row: Number of the first row among the import's data rows, from 1.
            look_up: Whether to look up first which keys leads have. That takes a fifth of the
                time; otherwise the unique constraints tell, at the price of another try.

        Returns:
            Whether leads had some of the keys, so that they may have some of the next chunk's.

        Raises:
            KeyReusedError: The chunk was stored, but from other bytes.
            CutOtherwiseError: It was stored from the same bytes, but with other rows.
            DatabaseUnavailableError: The database was away for too long.
            ImportNotRunningError: The import has ended, or another process goes on with it.
            LostRaceError: Others were faster, again and again.
        """
        stored: _Stored | None = None

        async def store() -> None:
            nonlocal look_up, stored
            try:
                async with self._database.transaction() as connection:
                    done = await self._chunks.find(connection, import_id=import_id, number=number)
                    if done is None:
                        stored = await self._store(
                            connection,
                            chunk,
                            import_id=import_id,
                            number=number,
                            first_row=first_row,
                            look_up=look_up,
                        )
                    elif done.input_hash != chunk.input_hash:
                        raise KeyReusedError
                    elif done.received != chunk.received:
                        raise CutOtherwiseError
            except LostRaceError:
                look_up = True
                raise

        await patiently(store, doing=f"store chunk {number}", import_id=import_id)
        if stored is None:  # by an earlier process, or request
            return look_up
        self._metrics.stored(imported=stored.imported, failed=stored.failed)
        return stored.has_known

    async def _store(
        self,
        connection: Connection,
        chunk: JudgedChunk,
        *,
        import_id: UUID,
        number: int,
        first_row: int,
        look_up: bool,
    ) -> _Stored:
        await self._chunks.hold_off_erasures(connection)
        sifted, has_known = await self._sift(connection, chunk.rows, look_up=look_up)
        leads = await self._leads.imported(connection, sifted.contacts, import_id=import_id)
        events = await self._add_and_describe(connection, leads)
        await self._announcer.announce(connection, events)
        await self._chunks.record(
            connection,
            import_id=import_id,
            worker=self._worker,
            number=number,
            input_hash=chunk.input_hash,
            input_bytes=chunk.input_bytes,
            imported=len(leads.ids),
            failures=[
                failure_of(row, number=first_row + position, codes=codes)
                for position, row, codes in sifted.failed
            ],
        )
        return _Stored(imported=len(leads.ids), failed=len(sifted.failed), has_known=has_known)

    async def _sift(
        self, connection: Connection, rows: JudgedRows, *, look_up: bool
    ) -> tuple[Sifted, bool]:
        """Tell the rows to store from the others, and whether leads have some of their keys."""
        emails, cellphones = keys_to_look_up(rows, only_failed=not look_up)
        known = await self._leads.known_keys(connection, emails=emails, cellphones=cellphones)
        has_known = bool(known.emails or known.cellphones)
        sifted = sift(rows, known)
        if not look_up and len(sifted.failed) > len(rows.failed):
            # A row that repeats another of the chunk says also what it shares with leads.
            return await self._sift(connection, rows, look_up=True)
        return sifted, has_known

    async def _add_and_describe(
        self, connection: Connection, leads: NewLeads
    ) -> Sequence[OutgoingEvent]:
        """Store leads and return the events about them, which are written meanwhile."""
        added, events = await asyncio.gather(
            self._leads.add_imported(connection, leads),
            asyncio.to_thread(self._announcer.events, leads),
            return_exceptions=True,  # so that nothing goes on on the connection if one fails
        )
        if isinstance(added, BaseException):
            raise added
        if isinstance(events, BaseException):
            raise events
        return events
