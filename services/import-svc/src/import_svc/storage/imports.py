"""Imports as rows: whose they are, and how they end."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import asyncpg
import orjson

from import_svc.domain.bodies import Beginning, StoredBody
from import_svc.domain.idempotency import IdempotencyKey, ImportRunningError
from import_svc.domain.receipt import ImportStatus, Interruption
from import_svc.storage.interruptions import interruption_of, lists_of
from leadwire.db import Connection, Queries


@dataclass(frozen=True, slots=True, kw_only=True)
class NewImport:
    """An import that begins.

    Attributes:
        media_type: What its body is.
        encoding: Python's name of the body's character set.
        mapped: Column by field, where the request says so.
        region: Region of national phone numbers; None if there is no default.
        started_at: When it was asked for.
        key: The client's name for it, if it has one.
        body: Where its body is stored; None if that comes over HTTP.
    """

    id: UUID
    media_type: str
    encoding: str
    mapped: Mapping[str, str]
    region: str | None
    started_at: datetime
    key: IdempotencyKey | None
    body: StoredBody | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOfKey:
    """An import as its idempotency key finds it.

    Attributes:
        worker: The process that runs it, or ran it; None if it waits for one.
        chunks: How many chunks are stored.
        done: The part of its body that they came from; None if there are none.
        body_file: Where its body is stored; None if it comes, or came, over HTTP.
        body_hash: SHA-256 of its body, if all of that was read and it did not fail.
        finished_at: When it ended, if it did.
        interruption: Why it ended early, if it did.
    """

    id: UUID
    status: ImportStatus
    worker: UUID | None
    chunks: int
    done: Beginning | None
    request_hash: bytes
    body_file: str | None
    body_hash: bytes | None
    finished_at: datetime | None
    interruption: Interruption | None


class Resumable(Protocol):
    """An import, as found, that a process may go on with."""

    @property
    def id(self) -> UUID:
        """Its id."""
        ...

    @property
    def status(self) -> ImportStatus:
        """How it stood."""
        ...

    @property
    def worker(self) -> UUID | None:
        """The process to which it belonged."""
        ...


class ImportStore:
    """Reads and writes imports, each call within the caller's transaction."""

    def __init__(self) -> None:
        self._queries = Queries("import_svc.storage")

    async def open(self, connection: Connection, new: NewImport, *, worker: UUID | None) -> None:
        """Begin a running import with nothing received.

        Args:
            connection: The caller's transaction.
            new: The import.
            worker: The process that runs it; None if it waits for one.

        Raises:
            ImportRunningError: Another one has just begun with this key.
        """
        key, body = new.key, new.body
        try:
            await connection.execute(
                self._queries["open_import"],
                *(new.id, new.media_type, new.encoding, new.region),
                orjson.dumps(dict(new.mapped)).decode(),
                *(worker, new.started_at),
                *((key.key_hash, key.request_hash) if key else (None, None)),
                *((body.file, body.size, body.digest) if body else (None, None, None)),
            )
        except asyncpg.UniqueViolationError:
            raise ImportRunningError from None

    async def of_key(self, connection: Connection, key_hash: bytes) -> ImportOfKey | None:
        """Return the import that has an idempotency key; None if there is none."""
        record = await connection.fetchrow(self._queries["find_import_of_key"], key_hash)
        if record is None:
            return None
        return ImportOfKey(
            id=UUID(bytes=record["id"].bytes),  # not asyncpg's own class, which JSON does not take
            status=ImportStatus(record["status"]),
            worker=record["worker"],
            chunks=record["chunks"],
            done=_done(record),
            request_hash=record["request_hash"],
            body_file=record["body_file"],
            body_hash=record["body_hash"],
            finished_at=record["finished_at"],
            interruption=interruption_of(record),
        )

    async def take_over(
        self, connection: Connection, found: Resumable, *, worker: UUID, body_file: str | None
    ) -> bool:
        """Let a process go on with an import; False if it is not as it was found any more.

        Args:
            connection: The caller's transaction.
            found: The import.
            worker: The process.
            body_file: Where the body is stored; None if it comes over HTTP.
        """
        taken = await connection.fetchval(
            self._queries["take_over_import"],
            *(found.id, found.status, found.worker),
            *(worker, body_file),
        )
        return taken is not None

    async def finish(
        self,
        connection: Connection,
        *,
        import_id: UUID,
        worker: UUID,
        finished_at: datetime | None,
        ending: Interruption | bytes,
    ) -> None:
        """End an import that a process runs; one that does not run there is left as it is.

        Args:
            connection: The caller's transaction.
            import_id: The import.
            worker: The process that runs it.
            finished_at: When it ended; None is now, by the clock of the database.
            ending: Why it ended early; or, of one that is complete, the hash of its body.
        """
        interruption = ending if isinstance(ending, Interruption) else None
        await connection.execute(
            self._queries["finish_import"],
            import_id,
            worker,
            ImportStatus.FAILED if interruption else ImportStatus.COMPLETED,
            finished_at,
            interruption and interruption.code,
            interruption and interruption.detail,
            None if isinstance(ending, Interruption) else ending,
            interruption and lists_of(interruption),
        )

    async def running(self, connection: Connection, *, worker: UUID) -> set[UUID]:
        """Return the running imports of a process."""
        records = await connection.fetch(self._queries["list_running_imports"], worker)
        return {record["id"] for record in records}

    async def workers(self, connection: Connection) -> set[UUID]:
        """Return the processes to which the running imports belong."""
        return {
            record["worker"] for record in await connection.fetch(self._queries["list_workers"])
        }

    async def is_lock_free(self, connection: Connection, *, lock_key: str) -> bool:
        """Tell whether nobody holds a lock; the transaction holds it then."""
        return bool(await connection.fetchval(self._queries["is_lock_free"], lock_key))

    async def let_go(
        self,
        connection: Connection,
        *,
        worker: UUID,
        only: Collection[UUID] | None = None,
        interruption: Interruption,
    ) -> list[tuple[UUID, ImportStatus]]:
        """Take running imports from a process that does not run them; return how they stand now.

        Those in the background wait for another process; the others have failed.

        Args:
            connection: The caller's transaction.
            worker: The process.
            only: Some of its imports; None for all.
            interruption: Why.
        """
        records = await connection.fetch(
            self._queries["let_go_of_imports"],
            *(worker, None if only is None else list(only)),
            *(interruption.code, interruption.detail),
        )
        return [(record["id"], ImportStatus(record["status"])) for record in records]


def _done(record: asyncpg.Record) -> Beginning | None:
    if record["done_hash"] is None:
        return None
    return Beginning(size=record["bytes_done"], digest=record["done_hash"])
