"""Store one chunk of an import: its leads, its failures, its events, its counts.

All in one transaction, so a chunk happened or it did not. Racing imports may take each
other's keys, or deadlock on the two unique indexes: then the whole chunk is done again, and
finds what the other one stored. After a lost connection nobody knows whether the commit
happened: the chunk's own row tells.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import UUID

from import_svc.domain.duplicates import keys_to_look_up, mark_duplicates
from import_svc.domain.idempotency import KeyReusedError
from import_svc.domain.leads import Lead
from import_svc.domain.receipt import NewFailure, failure_of
from import_svc.domain.rows import JudgedRow
from import_svc.storage.imports import ImportStore
from import_svc.storage.leads import LeadStore, new_lead_id
from import_svc.usecases.judge_input import JudgedChunk
from import_svc.usecases.patience import patiently
from leadwire.contracts.vocabulary import Origin
from leadwire.db import Connection, Database


class Announcer(Protocol):
    """Tells the other services of new leads, within the transaction that stores them."""

    async def announce(self, connection: Connection, leads: Sequence[Lead]) -> None:
        """Announce leads of one origin and one import."""
        ...


class CutOtherwiseError(Exception):
    """The import was begun by a version that cut the same input otherwise."""

    code: Final = "import_not_resumable"

    def __init__(self) -> None:
        super().__init__(
            "The import was begun by another version of this service, which read the input "
            "otherwise, and cannot be gone on with. The rows counted in its receipt are stored; "
            "send the input again with a new Idempotency-Key for the others."
        )


class StoreChunk:
    """Stores chunks of imports.

    Args:
        database: The service's database.
        leads: Where leads are stored.
        imports: Where receipts are stored.
        announcer: Announces the new leads.
        worker: Id of this process, which runs the imports.
    """

    def __init__(
        self,
        *,
        database: Database,
        leads: LeadStore,
        imports: ImportStore,
        announcer: Announcer,
        worker: UUID,
    ) -> None:
        self._database = database
        self._leads = leads
        self._imports = imports
        self._announcer = announcer
        self._worker = worker

    async def __call__(
        self, chunk: JudgedChunk, *, import_id: UUID, number: int, first_row: int
    ) -> None:
        """Store a chunk once, however often that must be tried.

        Args:
            chunk: The chunk; one that is stored already needs no rows.
            import_id: A running import of this process.
            number: The chunk's number within the import.
            first_row: Number of the first row among the import's data rows, from 1.

        Raises:
            KeyReusedError: The chunk was stored, but from other bytes.
            CutOtherwiseError: It was stored from the same bytes, but with other rows.
            DatabaseUnavailableError: The database was away for too long.
            ImportNotRunningError: The import has ended, or another process goes on with it.
            LostRaceError: Others were faster, again and again.
        """

        async def store() -> None:
            async with self._database.transaction() as connection:
                done = await self._imports.chunk(connection, import_id=import_id, number=number)
                if done is None:
                    await self._store(
                        connection, chunk, import_id=import_id, number=number, first_row=first_row
                    )
                elif done.input_hash != chunk.input_hash:
                    raise KeyReusedError
                elif done.received != chunk.received:
                    raise CutOtherwiseError

        await patiently(store, doing=f"store chunk {number}", import_id=import_id)

    async def _store(
        self,
        connection: Connection,
        chunk: JudgedChunk,
        *,
        import_id: UUID,
        number: int,
        first_row: int,
    ) -> None:
        rows = chunk.rows
        emails, cellphones = keys_to_look_up(rows)
        known = await self._leads.known_keys(connection, emails=emails, cellphones=cellphones)
        verdicts = mark_duplicates(rows, known)
        now = datetime.now(UTC)
        leads: list[Lead] = []
        failures: list[NewFailure] = []
        for position, (row, codes) in enumerate(zip(rows, verdicts, strict=True)):
            if codes:
                failures.append(failure_of(row, number=first_row + position, codes=codes))
            else:
                leads.append(_lead(row, import_id, now))
        await self._leads.add_many(connection, leads)
        await self._announcer.announce(connection, leads)
        await self._imports.record_chunk(
            connection,
            import_id=import_id,
            worker=self._worker,
            number=number,
            input_hash=chunk.input_hash,
            imported=len(leads),
            failures=failures,
        )


def _lead(row: JudgedRow, import_id: UUID, now: datetime) -> Lead:
    return Lead(
        new_lead_id(),
        row.name,
        row.family_name,
        row.email,
        row.email_key,
        row.cellphone,
        row.attributes,
        Origin.IMPORT,
        import_id,
        now,
        now,
        1,
    )
