"""What became of the chunks of imports, as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from import_svc.domain.receipt import NewFailure
from import_svc.storage.errors import ImportNotRunningError
from leadwire.db import Connection, Queries

_FAILURE_COLUMNS: Final = (
    "import_id", "row", "name", "family_name", "email", "cellphone", "reason", "codes",
    "email_key", "cellphone_key", "mentions",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What became of the rows of a chunk.

    Attributes:
        received: How many there are.
        imported: Rows that became leads.
        failed: Rows that did not.
        input_hash: Of the input from its beginning to the end of the chunk.
    """

    received: int
    imported: int
    failed: int
    input_hash: bytes


class ChunkStore:
    """Reads and writes chunks, each call within the caller's transaction."""

    def __init__(self) -> None:
        self._queries = Queries("import_svc.storage")

    async def hold_off_erasures(self, connection: Connection) -> None:
        """Let no lead be erased until the end of the transaction, which may add failures."""
        await connection.execute(self._queries["lock_for_chunk"])

    async def find(
        self, connection: Connection, *, import_id: UUID, number: int
    ) -> ChunkResult | None:
        """Return the result of a chunk that was stored; None if it was not."""
        record = await connection.fetchrow(self._queries["find_chunk"], import_id, number)
        if record is None:
            return None
        return ChunkResult(**record)

    async def record(
        self,
        connection: Connection,
        *,
        import_id: UUID,
        worker: UUID,
        number: int,
        input_hash: bytes,
        input_bytes: int,
        imported: int,
        failures: Sequence[NewFailure],
    ) -> None:
        """Store a chunk's failures and result, and count it into the receipt.

        Raises:
            ImportNotRunningError: The import has ended, or another process goes on with it.
        """
        if failures:
            await connection.copy_records_to_table(
                "import_failures",
                records=[_failure_record(import_id, failure) for failure in failures],
                columns=_FAILURE_COLUMNS,
            )
        counts = (imported + len(failures), imported, len(failures))
        await connection.execute(
            self._queries["record_chunk"], import_id, number, *counts, input_hash
        )
        counted = await connection.fetchval(
            self._queries["count_chunk"], import_id, *counts, worker, input_bytes
        )
        if counted is None:
            raise ImportNotRunningError(f"the import {import_id} is not running here any more")


def _failure_record(import_id: UUID, failure: NewFailure) -> tuple[object, ...]:
    return (
        import_id,
        failure.row,
        failure.name,
        failure.family_name,
        failure.email,
        failure.cellphone,
        failure.reason,
        failure.codes,
        failure.email_key,
        failure.cellphone_key,
        failure.mentions or None,
    )
