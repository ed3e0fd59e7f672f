"""The keys of rows that dry runs would store."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from import_svc.domain.duplicates import KnownKeys
from leadwire.db import Connection, Queries


class RehearsalStore:
    """Reads and writes dry runs, each call within the caller's transaction."""

    def __init__(self) -> None:
        self._queries = Queries("import_svc.storage")

    async def open(self, connection: Connection, dry_run: UUID, *, worker: UUID) -> None:
        """Begin a dry run."""
        await connection.execute(self._queries["open_dry_run"], dry_run, worker)

    async def known_keys(
        self,
        connection: Connection,
        dry_run: UUID,
        *,
        emails: Sequence[str],
        cellphones: Sequence[str],
    ) -> KnownKeys:
        """Return those of the email keys and cellphones that earlier rows have taken."""
        known = KnownKeys()
        for record in await connection.fetch(
            self._queries["find_rehearsed_keys"], dry_run, "\n".join(emails), "\n".join(cellphones)
        ):
            (known.emails if record["kind"] == "email" else known.cellphones).add(record["key"])
        return known

    async def add(
        self,
        connection: Connection,
        dry_run: UUID,
        *,
        emails: Iterable[str],
        cellphones: Iterable[str],
    ) -> None:
        """Take keys that no earlier row has taken."""
        records = [(dry_run, "email", key) for key in emails]
        records += [(dry_run, "cellphone", key) for key in cellphones]
        await connection.copy_records_to_table(
            "dry_run_keys", records=records, columns=("dry_run_id", "kind", "key")
        )

    async def forget(self, connection: Connection, *, worker: UUID, but: Iterable[UUID]) -> None:
        """Delete the dry runs of a process, save those that it still runs."""
        await connection.execute(self._queries["forget_dry_runs"], worker, list(but))
