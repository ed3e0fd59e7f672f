"""Find the import that an idempotency key was used for before, and whether it can go on.

A running import is known by the lock of its process, which ends with the process: that is
a fact, not a time-out, so a repetition after a crash goes on at once. Should the process only
have lost its lock for a moment, it finds that its import is not its own any more, and stores
nothing more: each chunk is counted for the process to which the import belongs.
"""

from collections.abc import AsyncIterator

from import_svc.domain.idempotency import IdempotencyKey, ImportRunningError, KeyReusedError
from import_svc.domain.receipt import ImportStatus
from import_svc.storage.imports import ImportOfKey, ImportStore
from import_svc.usecases.import_worker import worker_lock
from import_svc.usecases.judge_input import hash_of
from leadwire.db import Database


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
        """Return the import of a key, ended or interrupted; None if there is none.

        Raises:
            KeyReusedError: It was another request.
            ImportRunningError: It is running, or waits to be worked off.
        """
        found = await self.find(key)
        if found is not None and found.status is ImportStatus.RUNNING and await self._lives(found):
            raise ImportRunningError(found.id)
        return found

    async def find(self, key: IdempotencyKey) -> ImportOfKey | None:
        """Return the import of a key, whether or not it runs; None if there is none.

        Raises:
            KeyReusedError: It was another request.
        """
        async with self._database.connection() as connection:
            found = await self._imports.of_key(connection, key.text)
        if found is not None and found.request_hash != key.request_hash:
            raise KeyReusedError
        return found

    async def _lives(self, found: ImportOfKey) -> bool:
        if found.worker is None or found.body_file is not None:
            return True  # if its process died, another one goes on with it
        lock_key = worker_lock(self._database, found.worker).key
        async with self._database.transaction() as connection:
            return not await self._imports.is_lock_free(connection, lock_key=lock_key)


async def insist_on_same_body(earlier: ImportOfKey, pieces: AsyncIterator[bytes]) -> None:
    """Compare a body with that of an import, if all of that was read.

    Raises:
        KeyReusedError: It is another one.
    """
    if earlier.body_hash is not None and await hash_of(pieces) != earlier.body_hash:
        raise KeyReusedError
