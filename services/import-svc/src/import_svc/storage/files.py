"""Files that are too large for the database: on a file system, S3, Google Cloud, Azure.

A file appears whole or not at all, and is never changed: each has a name of its own. On a file
system it is on the disk once `put` returns. It is read in ranges, each a request with a time
limit, so a slow reader holds no connection.

A process that is killed while it writes may leave what nobody sees: on a file system a file
`NAME#1`, which is deleted with its name, or, where that is known no more, by `sweep`; in a bucket
an incomplete multipart upload, which the bucket's own lifecycle rules delete. One that is killed at
its start may leave a file of no bytes under `checks/`, which `sweep` deletes in either.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from import_svc.storage.file_address import directory_of, store_at
from import_svc.storage.file_errors import (
    FileNotThereError,
    FilesNotUsableError,
    FileStoreError,
    FilesUnavailableError,
    FileTakenError,
    FileTooLargeError,
    meaning_of,
)

if TYPE_CHECKING:
    from obstore import AsyncWritableFile

log = structlog.get_logger(__name__)

ANSWER_WITHIN: Final = 25.0
"""Seconds that the store has for one request, with what its library tries again."""

LEFTOVERS_AFTER: Final = 24 * 3600.0
"""Seconds after which nobody still writes into an unfinished file that was not touched."""

_CHECKS: Final = "checks"
_PART_BYTES: Final = 5 * 1024**2  # the least that S3 takes as a part of an upload
_RANGE_BYTES: Final = 4 * 1024**2
_PARTS_AT_ONCE: Final = 2
_LISTED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file to read.

    Attributes:
        size: In bytes.
        pieces: Its bytes, in order; raises `FileStoreError` where the store fails.
    """

    size: int
    pieces: AsyncGenerator[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """The room of a disk, in bytes.

    Attributes:
        free: What can still be written.
        size: All of it.
    """

    free: int
    size: int


class FileStore:
    """Keeps files; a component that insists at its start on a store it can write to.

    Args:
        url: `file:///directory`, `s3://bucket/prefix`, `gs://...` or `az://...`.
    """

    def __init__(self, *, url: str) -> None:
        self._url = url
        self._opened: ObjectStore | None = None

    async def start(self) -> None:
        """Make the directory, if it is one, and prove that files can be written.

        Raises:
            FilesNotUsableError: They cannot.
        """
        name = f"{_CHECKS}/{uuid4()}"
        try:
            await self.put(name, _nothing(), max_bytes=0)
            await self.delete(name)
        except FileStoreError as error:
            raise FilesNotUsableError(error) from None

    async def stop(self) -> None:
        """Nothing is held."""

    async def put(self, name: str, pieces: AsyncIterable[bytes], *, max_bytes: int) -> int:
        """Store a file whole, and return its size; whatever goes wrong, nothing is stored.

        Args:
            name: Where: one path for each file, such as `resumes/<uuid>`.
            pieces: Its bytes; what they raise is raised here.
            max_bytes: Most bytes to take.

        Raises:
            FileTakenError: There is a file of this name.
            FileTooLargeError: There are more bytes.
            FilesFullError: There is no room.
            FilesUnavailableError: The store does not answer, or refuses.
        """
        await self._insist_on_free(name)
        size = 0
        try:
            async with self._upload(name) as upload:
                async for piece in pieces:
                    size += len(piece)
                    if size > max_bytes:
                        raise FileTooLargeError(max_bytes)
                    async with _answered():
                        await upload.write(piece)
        except FileNotThereError:
            # A store that does not know the place to put it, which is not the file.
            raise FilesUnavailableError("the place of the files is not there") from None
        return size

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[StoredFile]:
        """Open a file to read it.

        Raises:
            FileNotThereError: There is none of this name.
            FilesUnavailableError: The store does not answer, or refuses.
        """
        size = await self._size(name)
        pieces = self._ranges(name, size)
        try:
            yield StoredFile(size=size, pieces=pieces)
        finally:
            await pieces.aclose()

    async def read(self, name: str, *, start: int, size: int) -> bytes:
        """Return some bytes of a file.

        Raises:
            FileNotThereError: There is none of this name.
            FilesUnavailableError: The store does not answer, or refuses.
        """
        async with _answered():
            found = await obstore.get_range_async(self._store, name, start=start, length=size)
        return bytes(found)

    async def delete(self, name: str) -> None:
        """Delete a file, if it is there, and what a killed process left of it.

        Raises:
            FilesUnavailableError: The store does not answer, or refuses.
        """
        with contextlib.suppress(FileNotThereError):
            async with _answered():
                await obstore.delete_async(self._store, name)
        directory = directory_of(self._url)
        if directory is not None:
            async with _answered():
                # Always 1: no name is written twice.
                await asyncio.to_thread((directory / f"{name}#1").unlink, missing_ok=True)

    async def space(self) -> Space | None:
        """Tell how much room the disk has that files are on; None in a bucket, which has no end.

        Raises:
            FileStoreError: The directory is not there, or cannot be looked at.
        """
        directory = directory_of(self._url)
        if directory is None:
            return None
        try:
            # Without a time limit: a disk that hangs holds one thread, and not one more each time.
            disk = await asyncio.to_thread(os.statvfs, directory)
        except OSError as error:
            raise meaning_of(error) from None
        # What is kept for root is no room: files are written by somebody else.
        return Space(free=disk.f_bavail * disk.f_frsize, size=disk.f_blocks * disk.f_frsize)

    async def older_than(self, moment: datetime, *, under: str) -> AsyncGenerator[list[str]]:
        """Yield the names of files that were stored before a moment, some at a time.

        Args:
            moment: When.
            under: First part of their names, such as `resumes`.

        Raises:
            FilesUnavailableError: The store does not answer, or refuses.
        """
        listing = obstore.list(self._store, prefix=under, chunk_size=_LISTED_AT_ONCE)
        while True:
            async with _answered():
                # In a thread of ours: those of the library's own loop may still let go of what they
                # gave us when a short command is over, and abort the process then.
                batch = await asyncio.to_thread(next, listing, None)
            if batch is None:
                return
            if old := [each["path"] for each in batch if each["last_modified"] < moment]:
                yield old

    async def sweep(self, *, under: str) -> int:
        """Delete what killed processes left at their start or unfinished; return how many.

        Args:
            under: First part of the names, of two, such as `imports`, where to look for what is
                unfinished on a file system.

        Raises:
            FilesUnavailableError: The store does not answer, or refuses.
        """
        count = 0
        latest = datetime.now(UTC) - timedelta(seconds=LEFTOVERS_AFTER)
        async for names in self.older_than(latest, under=_CHECKS):
            for name in names:
                await self.delete(name)
            count += len(names)
        directory = directory_of(self._url)
        if directory is None:
            return count
        try:
            return count + await asyncio.to_thread(_delete_leftovers, directory / under)
        except OSError as error:
            raise meaning_of(error) from None

    @property
    def _store(self) -> ObjectStore:
        if self._opened is None:
            self._opened = store_at(self._url)
        return self._opened

    async def _insist_on_free(self, name: str) -> None:
        # Two never write one name at once: whoever makes a name makes a new one.
        try:
            await self._size(name)
        except FileNotThereError:
            return
        raise FileTakenError("there is a file of this name")

    async def _size(self, name: str) -> int:
        async with _answered():
            found = await obstore.head_async(self._store, name)
        return found["size"]

    async def _ranges(self, name: str, size: int) -> AsyncGenerator[bytes]:
        for start in range(0, size, _RANGE_BYTES):
            yield await self.read(name, start=start, size=min(_RANGE_BYTES, size - start))

    @asynccontextmanager
    async def _upload(self, name: str) -> "AsyncIterator[AsyncWritableFile]":
        upload = obstore.open_writer_async(
            self._store, name, buffer_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE
        )
        async with _answered():
            await upload.__aenter__()
        try:
            yield upload
        except BaseException as error:
            await asyncio.shield(_abort(upload, error))
            raise
        async with _answered():
            await upload.close()
            await self._make_durable(name)

    async def _make_durable(self, name: str) -> None:
        """Have the file outlive a power cut, as what the database says of it does."""
        directory = directory_of(self._url)
        if directory is not None:
            await asyncio.to_thread(_sync, directory / name, within=directory)


async def _abort(upload: "AsyncWritableFile", why: BaseException) -> None:
    try:
        async with _answered():
            await upload.__aexit__(type(why), why, why.__traceback__)
    except FileStoreError as error:
        log.warning("upload_not_undone", error=type(error).__name__)


@asynccontextmanager
async def _answered() -> AsyncIterator[None]:
    """Bound a request to the store, and raise its errors as our own."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            yield
    except (BaseError, OSError) as error:
        raise meaning_of(error) from None


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


def _sync(path: Path, *, within: Path) -> None:
    """Write a file, and the directories that name it, through to the disk."""
    while path.is_relative_to(within):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        path = path.parent


def _delete_leftovers(place: Path) -> int:
    count = 0
    for name in _leftovers(place):
        (place / name).unlink(missing_ok=True)
        count += 1
    return count


def _leftovers(place: Path) -> Iterator[str]:
    if not place.exists():
        return
    latest = time.time() - LEFTOVERS_AFTER
    with os.scandir(place) as entries:
        yield from (entry.name for entry in entries if _is_left_over(entry, latest))


def _is_left_over(entry: os.DirEntry[str], latest: float) -> bool:
    _, mark, number = entry.name.rpartition("#")
    if not (mark and number.isdigit() and entry.is_file()):
        return False
    try:
        return entry.stat().st_mtime < latest
    except FileNotFoundError:
        return False  # it is whole now, or another process sweeps too
