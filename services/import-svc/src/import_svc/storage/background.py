"""Imports that wait for a process to work them off, as rows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg
import orjson

from import_svc.domain.bodies import StoredBody
from import_svc.domain.receipt import ImportStatus
from import_svc.storage.imports import ImportOfKey
from leadwire.db import Connection, Queries

MOST_TAKES: Final = 8
"""How often an import is taken in hand without a chunk stored, before it is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingImport:
    """An import that no process runs, with all that one needs to.

    Attributes:
        encoding: Python's name of the body's character set.
        mapped: Column by field, where the request said so.
        takes: How often it was taken in hand since a chunk was stored.
        chunks: How many chunks are stored already.
    """

    id: UUID
    media_type: str
    encoding: str
    region: str | None
    mapped: Mapping[str, str]
    body: StoredBody
    takes: int
    chunks: int
    status: ImportStatus = ImportStatus.RUNNING
    worker: None = None


@dataclass(frozen=True, slots=True)
class ImportsMeasurement:
    """How imports stand.

    Attributes:
        running: Those that some process works on.
        waiting: Those that none works on.
        oldest_seconds: Age of the oldest that waits; 0 if none does.
    """

    running: int
    waiting: int
    oldest_seconds: float


class BackgroundStore:
    """Reads and writes what only background imports need, each call in the caller's transaction."""

    def __init__(self) -> None:
        self._queries = Queries("import_svc.storage")

    async def waiting(self, connection: Connection, *, limit: int) -> list[WaitingImport]:
        """Return imports that wait for a process, oldest first."""
        records = await connection.fetch(self._queries["list_waiting_imports"], limit)
        return [_waiting(record) for record in records]

    async def measure(self, connection: Connection) -> ImportsMeasurement:
        """Tell how imports stand."""
        rows = await connection.fetch(self._queries["measure_imports"])
        return ImportsMeasurement(*rows[0])

    async def reopen(self, connection: Connection, found: ImportOfKey, body: StoredBody) -> bool:
        """Let an import that failed wait again; False if it is not as it was found any more."""
        reopened = await connection.fetchval(
            self._queries["reopen_import"],
            *(found.id, found.status, found.worker),
            *(body.file, body.size, body.digest),
        )
        return reopened is not None

    async def hand_over(self, connection: Connection, import_id: UUID, *, worker: UUID) -> None:
        """Let another process go on at once; what does not run here is left as it is."""
        await connection.execute(self._queries["hand_over_import"], import_id, worker)

    async def put_off(self, connection: Connection, import_id: UUID, *, worker: UUID) -> bool:
        """Let some process try again later; False if it was tried often enough."""
        query = self._queries["put_off_import"]
        return await connection.fetchval(query, import_id, worker, MOST_TAKES) is not None

    async def cancel(self, connection: Connection, import_id: UUID) -> str | None:
        """End a running import, whoever runs it; return the file of its body, if it has one."""
        query = self._queries["cancel_import"]
        file: str | None = await connection.fetchval(query, import_id)
        return file

    async def in_use(self, connection: Connection, files: Collection[str]) -> set[str]:
        """Return those files that running imports still need."""
        records = await connection.fetch(self._queries["list_bodies_in_use"], list(files))
        return {record["body_file"] for record in records}


def _waiting(record: asyncpg.Record) -> WaitingImport:
    return WaitingImport(
        id=UUID(bytes=record["id"].bytes),  # not asyncpg's own class, which JSON does not take
        media_type=record["media_type"],
        encoding=record["encoding"],
        region=record["region"],
        mapped=orjson.loads(record["mapped"]),
        body=StoredBody(
            file=record["body_file"], size=record["body_bytes"], digest=record["body_hash"]
        ),
        takes=record["takes"],
        chunks=record["chunks"],
    )
