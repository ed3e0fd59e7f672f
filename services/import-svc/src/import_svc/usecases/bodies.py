"""The bodies of background imports: stored before the import is accepted, deleted with its end.

A body belongs to one import, and only while that runs. So one rule tells what is left over,
whether a crash left it before the import was there or after it had ended: a body that no
running import needs, and that is older than any request that may still bring its import.
"""

import contextlib
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from uuid_utils.compat import uuid7

from import_svc.decoding import no_body
from import_svc.domain.bodies import StoredBody
from import_svc.storage.background import BackgroundStore
from import_svc.storage.file_errors import FileStoreError
from import_svc.storage.files import FileStore
from leadwire.db import Database, is_transient

log = structlog.get_logger(__name__)

LEFT_OVER_AFTER: Final = timedelta(days=1)
"""A whole body is followed by its import within seconds, or not at all. But S3 dates it from the
beginning of its upload, which may have taken hours."""

_PLACE: Final = "imports"


class Bodies:
    """Keeps and forgets bodies.

    Args:
        database: The service's database.
        background: Knows which bodies are needed.
        files: Where they are.
        max_bytes: Most bytes of one.
    """

    def __init__(
        self, *, database: Database, background: BackgroundStore, files: FileStore, max_bytes: int
    ) -> None:
        self._database = database
        self._background = background
        self._files = files
        self._max_bytes = max_bytes

    async def keep(self, pieces: AsyncIterator[bytes]) -> StoredBody:
        """Store a body whole; whatever goes wrong, nothing is stored.

        Args:
            pieces: Its bytes; what they raise is raised here.

        Raises:
            UnreadableInputError: It is empty.
            FileStoreError: The store fails, or has no room.
        """
        file, digest = f"{_PLACE}/{uuid7()}", hashlib.sha256()
        async with contextlib.aclosing(_digested(pieces, digest)) as digested:
            size = await self._files.put(file, digested, max_bytes=self._max_bytes)
        return StoredBody(file=file, size=size, digest=digest.digest())

    async def forget(self, file: str) -> None:
        """Delete a body that no running import needs; if that fails, `sweep` does it."""
        try:
            await self._delete_unused([file])
        except Exception as error:
            if not passes(error):
                raise
            log.warning("import_body_not_deleted", error=type(error).__name__)

    async def sweep(self) -> bool:
        """Delete what crashes left; there is never more to do at once.

        Raises:
            FileStoreError: The store fails.
            DatabaseError: The database fails.
        """
        latest = datetime.now(UTC) - LEFT_OVER_AFTER
        async for old in self._files.older_than(latest, under=_PLACE):
            await self._delete_unused(old)
        await self._files.sweep(under=_PLACE)
        return False

    async def _delete_unused(self, files: list[str]) -> None:
        async with self._database.connection() as connection:
            needed = await self._background.in_use(connection, files)
        for file in files:
            if file not in needed:
                await self._files.delete(file)


async def _digested(pieces: AsyncIterator[bytes], digest: "hashlib._Hash") -> AsyncGenerator[bytes]:
    """Yield the pieces once they are hashed."""
    empty = True
    async for piece in pieces:
        empty = empty and not piece
        digest.update(piece)
        yield piece
    if empty:
        raise no_body()


def passes(error: Exception) -> bool:
    """Tell whether deleting may succeed later."""
    return isinstance(error, FileStoreError) or is_transient(error)
