"""Deleting the files that nothing refers to, of which some cannot be."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from import_svc.storage.file_errors import FilesUnavailableError
from import_svc.storage.files import FileStore
from import_svc.storage.resumes import UnreferencedFiles
from import_svc.usecases.delete_files import DeleteFiles
from leadwire.db import Database
from leadwire.testing import eventually

ONCE = 3600.0

Deleting = Callable[..., AbstractAsyncContextManager[None]]


class SomeUndeletable(FileStore):
    """A store that refuses to delete the files whose names say so."""

    async def delete(self, name: str) -> None:
        if "bad" in name:
            raise FilesUnavailableError("Permission denied")
        await super().delete(name)


@pytest.fixture
def deleting(database: Database, tmp_path: Path) -> Deleting:
    @asynccontextmanager
    async def deletes(*, interval: float) -> AsyncIterator[None]:
        delete_files = DeleteFiles(
            database=database,
            unreferenced=UnreferencedFiles(),
            files=SomeUndeletable(url=tmp_path.as_uri()),
            interval=interval,
        )
        await delete_files.start()
        yield
        await delete_files.stop()

    return deletes


async def doom(database: Database, *names: str) -> None:
    """Note files, the first one as the one that waits longest."""
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO unreferenced_files (file_key, delete_after, doomed) "
            "SELECT 'resumes/' || name, now() - interval '1 hour' + n * interval '1 second', true "
            "FROM unnest($1::text[]) WITH ORDINALITY AS t (name, n)",
            names,
        )


async def left(database: Database) -> list[tuple[str, int]]:
    """Return the names of the files that are still noted, and how often each was tried."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT split_part(file_key, '/', 2), attempts FROM unreferenced_files ORDER BY 1"
        )
    return [(name, attempts) for name, attempts in rows]


async def test_a_file_that_cannot_be_deleted_keeps_no_other(
    database: Database, deleting: Deleting
) -> None:
    await doom(database, "bad-1", *(f"good-{number:02}" for number in range(30)), "bad-2")

    async def good_ones_are_gone() -> bool:
        return await left(database) == [("bad-1", 1), ("bad-2", 1)]

    async with deleting(interval=ONCE):
        await eventually(good_ones_are_gone)


async def test_what_was_tried_least_comes_first(database: Database, deleting: Deleting) -> None:
    """More files than a round takes fail again, and are due for longer than the others."""
    await doom(database, *(f"bad-{number:02}" for number in range(24)))
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE unreferenced_files "
            "SET attempts = 5, delete_after = delete_after - interval '1 day'"
        )
    await doom(database, *(f"good-{number:02}" for number in range(8)))

    async def good_ones_are_gone() -> bool:
        return [name for name, _ in await left(database) if "good" in name] == []

    async with deleting(interval=ONCE):
        await eventually(good_ones_are_gone)


async def test_while_the_store_is_down_few_files_are_tried(
    database: Database, deleting: Deleting
) -> None:
    await doom(database, *(f"bad-{number}" for number in range(8)))

    async def few_were_tried() -> bool:
        tried = sorted(attempts for _, attempts in await left(database))
        return tried == [0] * 5 + [1] * 3

    async with deleting(interval=ONCE):
        await eventually(few_were_tried)
