"""Delete the files that nothing refers to: those of erased leads, replaced ones, leftovers."""

from typing import Final

import structlog

from import_svc.storage.file_errors import FileStoreError
from import_svc.storage.files import FileStore
from import_svc.storage.resumes import UnreferencedFiles
from leadwire.db import Database, is_transient
from leadwire.lifecycle import PeriodicTask

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 5.0

_CLAIMED_AT_ONCE: Final = 20


class DeleteFiles(PeriodicTask):
    """Works them off; every replica may, as each takes what the others have not.

    While the store does not answer, a file is tried again after 30 s, and later each time.

    Args:
        database: The service's database.
        unreferenced: Which files there are.
        files: Where they are.
        interval: Seconds between two looks when there is nothing to do.
    """

    def __init__(
        self,
        *,
        database: Database,
        unreferenced: UnreferencedFiles,
        files: FileStore,
        interval: float = LOOK_EVERY,
    ) -> None:
        self._database = database
        self._unreferenced = unreferenced
        self._files = files
        super().__init__(
            name="file deletion", interval=interval, body=self._round, passes=is_transient
        )

    async def _round(self) -> bool:
        async with self._database.transaction() as connection:
            keys = await self._unreferenced.claim(connection, limit=_CLAIMED_AT_ONCE)
        for number, key in enumerate(keys):
            try:
                await self._files.delete(key)
            except FileStoreError as error:
                left = len(keys) - number
                log.warning("files_not_deleted", left=left, error=type(error).__name__)
                return False
            async with self._database.transaction() as connection:
                await self._unreferenced.forget(connection, key)
        return len(keys) == _CLAIMED_AT_ONCE
