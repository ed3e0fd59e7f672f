"""Store a resume's file before anything refers to it.

In this order, so that a crash at any line leaves no lead whose file is missing, and no file for
ever: its key is noted as unreferenced; the file is written; the caller's transaction refers to
it and takes the note back, or fails. What is noted still, is deleted: at once, or once
`REFER_WITHIN` has passed since a process died in between. Should writing take longer than that,
nothing may refer to the file, and it is noted again, as its note may be gone.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final
from uuid import uuid4

import structlog

from import_svc.domain.resumes import KeptFile, KeptResume, Resume, ResumeFile, ResumeLink
from import_svc.storage.files import FileStore
from import_svc.storage.resumes import UnreferencedFiles
from import_svc.usecases.delete_files import DeleteFiles
from leadwire.db import Database, is_transient

log = structlog.get_logger(__name__)

REFER_WITHIN: Final = timedelta(hours=1)
"""Time for writing a file and committing what refers to it; much more than both may take."""

_PIECE_BYTES: Final = 256 * 1024


class KeepResume:
    """Stores resumes for as long as it takes to refer to them.

    Args:
        database: The service's database.
        unreferenced: Where files are noted.
        files: Where they are stored.
        delete_files: Deletes those that nothing came to refer to.
    """

    def __init__(
        self,
        *,
        database: Database,
        unreferenced: UnreferencedFiles,
        files: FileStore,
        delete_files: DeleteFiles,
    ) -> None:
        self._database = database
        self._unreferenced = unreferenced
        self._files = files
        self._delete_files = delete_files

    @asynccontextmanager
    async def __call__(self, resume: Resume) -> AsyncIterator[KeptResume]:
        """Store a resume; if nothing refers to it when the context ends, it is deleted again.

        Raises:
            FileStoreError: It cannot be stored.
        """
        if isinstance(resume, ResumeLink):
            yield KeptResume(digest=resume.digest, place=resume)
            return
        key = f"resumes/{uuid4()}"
        async with self._database.transaction() as connection:
            await self._unreferenced.expect(connection, key, within=REFER_WITHIN)
        try:
            yield KeptResume(digest=resume.digest, place=await self._store(key, resume))
        finally:
            await self._discard_unless_referred_to(key)

    async def _store(self, key: str, resume: ResumeFile) -> KeptFile:
        content = resume.content
        await self._files.put(key, _pieces(content), max_bytes=len(content))
        return KeptFile(key=key, media_type=resume.media_type, size=len(content), name=resume.name)

    async def _discard_unless_referred_to(self, key: str) -> None:
        try:
            async with self._database.transaction() as connection:
                discarded = await self._unreferenced.doom(connection, key)
        except Exception as error:
            if not is_transient(error):
                raise
            # It is deleted later, if it has to be; what was done, or what failed, matters more.
            log.warning("file_left_for_later", error=type(error).__name__)
            return
        if discarded:
            self._delete_files.hasten()


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _PIECE_BYTES):
        yield content[start : start + _PIECE_BYTES]
