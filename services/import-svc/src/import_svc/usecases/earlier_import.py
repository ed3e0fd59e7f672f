"""Find the import that an idempotency key was used for before, and whether it can go on.

A running import is known by the lock of its process, which ends with the process: that is
a fact, not a time-out, so a repetition after a crash goes on at once. Should the process only
have lost its lock for a moment, it finds that its import is not its own any more, and stores
nothing more: each chunk is counted for the process to which the import belongs.
"""

from import_svc.domain.idempotency import IdempotencyKey, ImportRunningError, KeyReusedError
from import_svc.domain.receipt import ImportStatus
from import_svc.storage.imports import ImportOfKey, ImportStore
from import_svc.usecases.import_worker import worker_lock
from leadwire.db import Connection, Database


class EarlierImport:
    """Finds earlier imports.

    Args:
        database: The service's database.
        imports: Where receipts are stored.
    """

    def __init__(self, *, database: Database, imports: ImportStore) -> None:
        self._database = database
        self._imports = imports

    async def __call__(self, key: IdempotencyKey) -> ImportOfKey | None:
        """Return the import of a key, complete or interrupted; None if there is none.

        Raises:
            KeyReusedError: It was another request.
            ImportRunningError: It is running.
        """
        async with self._database.transaction() as connection:
            found = await self._imports.of_key(connection, key.text)
            if found is None:
                return None
            if found.request_hash != key.request_hash:
                raise KeyReusedError
            if found.status is ImportStatus.RUNNING and await self._lives(connection, found):
                raise ImportRunningError(found.id)
        return found

    async def _lives(self, connection: Connection, found: ImportOfKey) -> bool:
        lock_key = worker_lock(self._database, found.worker).key
        return not await self._imports.is_lock_free(connection, lock_key=lock_key)
