"""A dry run: the verdicts that an import would give, and nothing stored.

A row may be a duplicate of an earlier one of the same input, so the keys of the rows that
would be stored are kept for as long as it takes: in a table, since there may be millions of
them. What a process leaves there that dies, others delete (`import_worker`).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import structlog

from import_svc.decoding import UnreadableInputError
from import_svc.domain.duplicates import Sifted, keys_to_look_up, sift
from import_svc.domain.receipt import (
    MAX_INLINE_FAILURES,
    ImportStatus,
    Interruption,
    Receipt,
    RowFailure,
    failure_of,
)
from import_svc.storage.errors import ImportNotRunningError
from import_svc.storage.leads import LeadStore
from import_svc.storage.rehearsals import RehearsalStore
from import_svc.usecases.early_endings import DIED, JUDGE_DIED, how_it_broke
from import_svc.usecases.import_request import Imported, ImportRequest, InputCutOffError
from import_svc.usecases.input_judge import JudgedChunk
from import_svc.usecases.judge_process import JudgeDiedError
from import_svc.usecases.judged_chunks import first_with_rows, judged_chunks
from import_svc.usecases.own_imports import OwnImports
from leadwire.db import Database

log = structlog.get_logger(__name__)


class RehearseImport:
    """Runs imports dry.

    Args:
        own: The imports of this process.
        database: The service's database.
        leads: Where leads are stored.
        rehearsals: Where the keys of earlier rows are kept.
    """

    def __init__(
        self,
        *,
        own: OwnImports,
        database: Database,
        leads: LeadStore,
        rehearsals: RehearsalStore,
    ) -> None:
        self._own = own
        self._database = database
        self._leads = leads
        self._rehearsals = rehearsals

    async def __call__(self, pieces: AsyncIterator[bytes], request: ImportRequest) -> Imported:
        """Return the receipt that `ImportLeads` would, if nobody stored leads meanwhile.

        Raises:
            UnreadableInputError: The input cannot be read.
            InputCutOffError: The input stopped coming in its first block.
            DatabaseError: The database failed.
        """
        started_at = datetime.now(UTC)
        chunks = judged_chunks(pieces, request.input_format, region=request.region)
        async with contextlib.aclosing(chunks):
            first = await first_with_rows(chunks)
            with self._own.running() as dry_run:
                tally = _Tally(
                    dry_run, database=self._database, leads=self._leads, rehearsals=self._rehearsals
                )
                await self._own.open_dry_run(dry_run)
                try:
                    interruption = await tally.take_all(first, chunks)
                finally:
                    await asyncio.shield(self._own.forget_dry_run(dry_run))
        receipt = Receipt(
            id=dry_run,
            status=ImportStatus.FAILED if interruption else ImportStatus.COMPLETED,
            received=tally.imported + tally.failed,
            imported=tally.imported,
            failed=tally.failed,
            started_at=started_at,
            finished_at=datetime.now(UTC),
            interruption=interruption,
            failures=tuple(tally.failures),
            dry_run=True,
        )
        return Imported(receipt=receipt)


class _Tally:
    """Counts the verdicts of one dry run."""

    def __init__(
        self,
        dry_run: UUID,
        *,
        database: Database,
        leads: LeadStore,
        rehearsals: RehearsalStore,
    ) -> None:
        self.imported = 0
        self.failed = 0
        self.failures: list[RowFailure] = []
        self._dry_run = dry_run
        self._database = database
        self._leads = leads
        self._rehearsals = rehearsals

    async def take_all(
        self, first: JudgedChunk, chunks: AsyncIterator[JudgedChunk]
    ) -> Interruption | None:
        """Take in all chunks; return why that ended early, if it did."""
        chunk: JudgedChunk | None = first
        while chunk is not None:
            try:
                await self._take(chunk)
                chunk = await anext(chunks, None)
            except (UnreadableInputError, InputCutOffError) as error:
                return how_it_broke(error)
            except JudgeDiedError as error:
                log.error("dry_run_judge_died", where=error.where)
                return JUDGE_DIED
            except ImportNotRunningError:
                return DIED
        return None

    async def _take(self, chunk: JudgedChunk) -> None:
        emails, cellphones = keys_to_look_up(chunk.rows)
        async with self._database.transaction() as connection:
            stored = await self._leads.known_keys(connection, emails=emails, cellphones=cellphones)
            earlier = await self._rehearsals.known_keys(
                connection, self._dry_run, emails=emails, cellphones=cellphones
            )
            sifted = sift(chunk.rows, stored | earlier)
            await self._rehearsals.add(
                connection,
                self._dry_run,
                emails=sifted.contacts.email_keys,
                cellphones=sifted.contacts.cellphones,
            )
        self._count(sifted)

    def _count(self, sifted: Sifted) -> None:
        first_row = self.imported + self.failed + 1
        self.imported += len(sifted.contacts.names)
        self.failed += len(sifted.failed)
        for position, row, codes in sifted.failed[: MAX_INLINE_FAILURES - len(self.failures)]:
            self.failures.append(failure_of(row, number=first_row + position, codes=codes))
