"""Where a stream is resumed: the cursor behind which everything has been processed.

A stream saves the cursor of a mark when its reader comes back for more, so never before what
stood in front of the mark has been processed. After a crash a few changes come again; none is
missed. Who stores what he reads in a database keeps the cursor there, in the same
transaction: see `Stream.batches`.
"""

import os
import tempfile
from pathlib import Path
from typing import Protocol

from leadwire_client.errors import CheckpointError


class Checkpoint(Protocol):
    """Keeps a cursor. In an `AsyncClient`, both methods are called in a thread."""

    def load(self) -> str | None:
        """Give the cursor; None if there is none yet."""

    def save(self, cursor: str) -> None:
        """Keep the cursor in place of the one before."""


class AsyncCheckpoint(Protocol):
    """Keeps a cursor, for an `AsyncClient`."""

    async def load(self) -> str | None:
        """Give the cursor; None if there is none yet."""

    async def save(self, cursor: str) -> None:
        """Keep the cursor in place of the one before."""


class MemoryCheckpoint:
    """Keeps a cursor as long as the process lives."""

    def __init__(self, cursor: str | None = None) -> None:
        self.cursor = cursor

    def load(self) -> str | None:
        """Give the cursor; None if there is none yet."""
        return self.cursor

    def save(self, cursor: str) -> None:
        """Keep the cursor in place of the one before."""
        self.cursor = cursor


class FileCheckpoint:
    """Keeps a cursor in a file, which is replaced as a whole and is on disk when it is.

    Args:
        path: Of the file; its directory must exist. One file for each stream: a cursor
            belongs to the filters that it was got with.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)

    def load(self) -> str | None:
        """Give the cursor; None if there is none yet.

        Raises:
            CheckpointError: The file is there, but cannot be read.
        """
        try:
            return self._path.read_text(encoding="ascii").strip() or None
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise CheckpointError(f"{self._path} cannot be read: {error}") from error

    def save(self, cursor: str) -> None:
        """Keep the cursor in place of the one before.

        Raises:
            CheckpointError: It cannot be written; the file is as it was.
        """
        try:
            self._replace(cursor)
        except OSError as error:
            raise CheckpointError(f"{self._path} cannot be written: {error}") from error

    def _replace(self, cursor: str) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}-")
        written = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(cursor + "\n")
                file.flush()
                os.fsync(file.fileno())
            written.replace(self._path)
        except BaseException:
            written.unlink(missing_ok=True)
            raise
        _sync_directory(self._path.parent)


def _sync_directory(path: Path) -> None:
    """Have the new name on disk, too; not every system lets a directory be opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
