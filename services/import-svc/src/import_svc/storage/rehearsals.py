"""The keys of rows that dry runs would store."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from import_svc.domain.duplicates import KnownKeys
from import_svc.storage.errors import ImportNotRunningError
from leadwire.db import Connection, Queries

_FORGOTTEN_AT_ONCE: Final = 50_000


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
        """Take keys that no earlier row has taken.

        Raises:
            ImportNotRunningError: The dry run was deleted: its process was taken for dead.
        """
        if await connection.fetchval(self._queries["hold_dry_run"], dry_run) is None:
            raise ImportNotRunningError(f"the dry run {dry_run} is not running any more")
        records = [(dry_run, "email", key) for key in emails]
        records += [(dry_run, "cellphone", key) for key in cellphones]
        await connection.copy_records_to_table(
            "dry_run_keys", records=records, columns=("dry_run_id", "kind", "key")
        )

    async def forget_keys(self, connection: Connection, keys: KnownKeys) -> None:
        """Take somebody's emails and cellphones out of all dry runs, in the erasure of his lead."""
        kinds = ["email"] * len(keys.emails) + ["cellphone"] * len(keys.cellphones)
        await connection.execute(
            self._queries["forget_rehearsed_keys_of_lead"], kinds, [*keys.emails, *keys.cellphones]
        )

    async def of_worker(self, connection: Connection, *, worker: UUID) -> set[UUID]:
        """Return the dry runs of a process that have not been forgotten."""
        records = await connection.fetch(self._queries["list_dry_runs"], worker)
        return {record["id"] for record in records}

    async def forget_some_keys(self, connection: Connection, dry_run: UUID) -> bool:
        """Delete some of its keys; tell whether there may be more."""
        query = self._queries["forget_some_rehearsed_keys"]
        status = await connection.execute(query, dry_run, _FORGOTTEN_AT_ONCE)
        return status == f"DELETE {_FORGOTTEN_AT_ONCE}"

    async def delete(self, connection: Connection, dry_run: UUID) -> None:
        """Delete a dry run with what is left of its keys."""
        await connection.execute(self._queries["delete_dry_run"], dry_run)
