"""Find the import that an idempotency key was used for before, and whether it can go on.

Which body may go on with it is decided here alone, in `same_body`: an import whose whole body is
known, as it waits, or is complete, takes that one. Of one that failed, or whose body did not come
whole, what is stored binds: a body must begin with that. So as long as nothing is stored, its key
takes a corrected file.

A running import is known by the lock of its process, which ends with the process: that is
a fact, not a time-out, so a repetition after a crash goes on at once. Should the process only
have lost its lock for a moment, it finds that its import is not its own any more, and stores
nothing more: each chunk is counted for the process to which the import belongs.
"""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator

from import_svc.domain.idempotency import IdempotencyKey, ImportRunningError, KeyReusedError
from import_svc.domain.receipt import ImportStatus
from import_svc.storage.imports import ImportOfKey, ImportStore
from import_svc.usecases.import_worker import worker_lock
from import_svc.usecases.judged_chunks import ends_input
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
            found = await self._imports.of_key(connection, key.key_hash)
        if found is not None and found.request_hash != key.request_hash:
            raise KeyReusedError
        return found

    async def _lives(self, found: ImportOfKey) -> bool:
        if found.worker is None or found.body_file is not None:
            return True  # if its process died, another one goes on with it
        lock_key = worker_lock(self._database, found.worker).key
        async with self._database.transaction() as connection:
            return not await self._imports.is_lock_free(connection, lock_key=lock_key)


async def same_body(
    pieces: AsyncIterator[bytes], earlier: ImportOfKey | None
) -> AsyncGenerator[bytes]:
    """Yield a body, which may be that of an earlier import; raise as soon as it is not.

    Nothing is yielded of what follows the part that is stored before that was compared.

    Args:
        pieces: The body's bytes, as they come.
        earlier: The import; None if any body will do.

    Raises:
        KeyReusedError: It is another body.
    """
    comparison = None if earlier is None else _Comparison(earlier)
    async for piece in pieces:
        if comparison is not None:
            comparison.take(piece)
        yield piece
    if comparison is not None:
        comparison.finish()


async def insist_on_same_body(pieces: AsyncIterator[bytes], earlier: ImportOfKey) -> None:
    """Read a body, which must be that of an earlier import.

    Raises:
        KeyReusedError: It is another one.
    """
    async for _ in same_body(pieces, earlier):
        pass


class _Comparison:
    """Compares a body, piece by piece, with all that is known of an import's."""

    def __init__(self, earlier: ImportOfKey) -> None:
        self._whole = earlier.body_hash
        self._done = earlier.done if self._whole is None else None
        self._digest = hashlib.sha256()
        self._size = 0

    def take(self, piece: bytes) -> None:
        before, self._size = self._size, self._size + len(piece)
        done = self._done
        if done is not None and before < done.size <= self._size:
            self._digest.update(piece[: done.size - before])
            _insist(on=self._digest.digest() == done.digest)
        elif self._whole is not None or (done is not None and self._size < done.size):
            self._digest.update(piece)
        if done is not None and self._size > done.size:
            _insist(on=not ends_input(done.size))

    def finish(self) -> None:
        _insist(on=self._done is None or self._size >= self._done.size)
        _insist(on=self._whole in {None, self._digest.digest()})


def _insist(*, on: bool) -> None:
    if not on:
        raise KeyReusedError
