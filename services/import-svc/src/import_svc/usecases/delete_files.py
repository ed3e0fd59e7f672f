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
_STORE_IS_DOWN_AFTER: Final = 3
"""Failures in a row that are taken for the store's; fewer are those of single files."""


class DeleteFiles(PeriodicTask):
    """Works them off; every replica may, as each takes what the others have not.

    A file that cannot be deleted is tried again after 30 s, and later each time; it keeps no other
    from being deleted. While the store does not answer, only a few are tried at a time.

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
        failed_in_a_row = 0
        for number, key in enumerate(keys, start=1):
            failed_in_a_row = 0 if await self._delete(key) else failed_in_a_row + 1
            if failed_in_a_row == _STORE_IS_DOWN_AFTER:
                async with self._database.transaction() as connection:
                    await self._unreferenced.give_back(connection, keys[number:])
                return False
        return len(keys) == _CLAIMED_AT_ONCE

    async def _delete(self, key: str) -> bool:
        try:
            await self._files.delete(key)
        except FileStoreError as error:
            log.warning("file_not_deleted", error=type(error).__name__)
            return False
        async with self._database.transaction() as connection:
            await self._unreferenced.forget(connection, key)
        return True
