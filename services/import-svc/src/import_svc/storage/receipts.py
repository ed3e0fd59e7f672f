"""What imports tell of themselves, from their rows."""

from datetime import timedelta
from uuid import UUID

import asyncpg

from import_svc.domain.duplicates import KnownKeys
from import_svc.domain.mentions import national_keys
from import_svc.domain.progress import Progress, progress_of
from import_svc.domain.reasons import Code
from import_svc.domain.receipt import ImportStatus, Receipt, RowFailure
from import_svc.storage.interruptions import interruption_of
from leadwire.db import Connection, Queries


class ReceiptStore:
    """Reads receipts and failures, each call within the caller's transaction."""

    def __init__(self) -> None:
        self._queries = Queries("import_svc.storage")

    async def one(self, connection: Connection, import_id: UUID) -> Receipt | None:
        """Return an import's receipt without its failures; None if there is no such import."""
        record = await connection.fetchrow(self._queries["find_import"], import_id)
        return None if record is None else _receipt(record)

    async def page(
        self, connection: Connection, *, before: UUID | None, limit: int
    ) -> list[Receipt]:
        """Return receipts without failures, newest first, after the given id."""
        records = await connection.fetch(self._queries["list_imports"], before, limit)
        return [_receipt(record) for record in records]

    async def failures(
        self, connection: Connection, *, import_id: UUID, after_row: int, limit: int
    ) -> list[RowFailure]:
        """Return failures in row order, after the given row."""
        records = await connection.fetch(
            self._queries["list_failures"], import_id, after_row, limit
        )
        return [_failure(record) for record in records]

    async def delete_failures(
        self, connection: Connection, *, older_than: timedelta, limit: int
    ) -> int:
        """Delete failures of imports that ended that long ago; return how many there were.

        By the clock of the database, which dates their ends. Receipts say from the first on that
        failures are forgotten.
        """
        ended_before = await connection.fetchval(self._queries["tell_time"]) - older_than
        # The least id that an import can have which begins at that moment.
        first_later = UUID(int=int(ended_before.timestamp() * 1000) << 80)
        query = self._queries["forget_some_failures"]
        return int(await connection.fetchval(query, ended_before, first_later, limit))

    async def wait_for_chunks(self, connection: Connection) -> None:
        """Wait for chunks that are being stored; no other is until the end of the transaction."""
        await connection.execute(self._queries["lock_for_erasure"])

    async def forget_failures(self, connection: Connection, keys: KnownKeys) -> None:
        """Take out of failures what they hold of a person; the rows stay, and with them the counts.

        Args:
            connection: The transaction that erases the lead.
            keys: All emails and cellphones that it has or had.
        """
        await connection.execute(
            self._queries["redact_failures_of_lead"],
            list(keys.emails),
            list(keys.cellphones),
            list(national_keys(keys.cellphones)),
        )


def _receipt(record: asyncpg.Record) -> Receipt:
    status = ImportStatus(record["status"])
    return Receipt(
        id=record["id"],
        status=status,
        received=record["received"],
        imported=record["imported"],
        failed=record["failed"],
        started_at=record["started_at"],
        finished_at=record["finished_at"],
        failures_forgotten_at=record["failures_forgotten_at"],
        interruption=interruption_of(record),
        progress=_progress(record) if status is ImportStatus.RUNNING else None,
    )


def _progress(record: asyncpg.Record) -> Progress:
    return progress_of(
        bytes_done=record["bytes_done"],
        bytes_total=record["body_bytes"],
        rate_bytes=record["bytes_done"] - record["rate_bytes"],
        rate_rows=record["received"] - record["rate_received"],
        rate_seconds=record["rate_seconds"],
    )


def _failure(record: asyncpg.Record) -> RowFailure:
    return RowFailure(
        row=record["row"],
        name=record["name"],
        family_name=record["family_name"],
        email=record["email"],
        cellphone=record["cellphone"],
        reason=record["reason"],
        codes=tuple(Code(code) for code in record["codes"]),
    )
