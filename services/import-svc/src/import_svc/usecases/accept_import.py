"""Accept an import that is worked off later, by whichever process is free.

Its body is stored first, and the import only then: so each import that is accepted can be
worked off, and goes on when the process dies that does it (see `background_imports`).
"""

from collections.abc import AsyncGenerator
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from import_svc.domain.bodies import StoredBody
from import_svc.domain.idempotency import ImportRunningError, KeyReusedError
from import_svc.domain.receipt import SETTLED, ImportStatus
from import_svc.storage.background import BackgroundStore
from import_svc.storage.imports import ImportOfKey, ImportStore
from import_svc.usecases.bodies import Bodies
from import_svc.usecases.earlier_import import EarlierImport, insist_on_same_body, same_body
from import_svc.usecases.import_request import Imported, ImportRequest
from import_svc.usecases.read_imports import ReadImports
from leadwire.db import Database

log = structlog.get_logger(__name__)


class AcceptImport:
    """Accepts imports.

    Args:
        database: The service's database.
        imports: Where receipts are stored.
        background: Where imports wait.
        earlier: Finds what was done for an idempotency key before.
        bodies: Where bodies are stored.
        read: Reads the receipt for the answer.
    """

    def __init__(
        self,
        *,
        database: Database,
        imports: ImportStore,
        background: BackgroundStore,
        earlier: EarlierImport,
        bodies: Bodies,
        read: ReadImports,
    ) -> None:
        self._database = database
        self._imports = imports
        self._background = background
        self._earlier = earlier
        self._bodies = bodies
        self._read = read

    async def __call__(self, pieces: AsyncGenerator[bytes], request: ImportRequest) -> Imported:
        """Store a body, let its import wait for a process, and return the receipt as it stands.

        With the same key it can be sent again: then it gets the import that is there, also
        while that runs; one that failed goes on after what it had stored.

        Args:
            pieces: The input's bytes, as they come; what they raise is raised here.
            request: What else was asked for.

        Raises:
            FileStoreError: The body cannot be stored; nothing was.
            UnreadableInputError: The body is empty; nothing was stored.
            ImportRunningError: An import with the same key is running, and its body is coming.
            KeyReusedError: The key was used for another request; nothing was stored.
            DatabaseError: The database failed.
        """
        earlier = await self._find(request)
        if earlier is not None and _stays(earlier):
            await insist_on_same_body(pieces, earlier)
            return await self._answer(earlier.id, replayed=True)
        body = await self._bodies.keep(same_body(pieces, earlier))
        try:
            import_id = await self._open(request, earlier, body)
        except ImportRunningError:
            await self._bodies.forget(body.file)
            return await self._answer(await self._faster_one(request, body), replayed=True)
        # If the database failed nobody knows whether the import is there. If it is not, its body
        # is swept later.
        log.info("import_accepted", import_id=str(import_id), body_bytes=body.size)
        return await self._answer(import_id, replayed=False)

    async def _find(self, request: ImportRequest) -> ImportOfKey | None:
        if request.key is None:
            return None
        found = await self._earlier.find(request.key)
        # What runs on a body that comes over HTTP cannot be compared with this one.
        return found if found is None or _stays(found) else await self._earlier(request.key)

    async def _open(
        self, request: ImportRequest, earlier: ImportOfKey | None, body: StoredBody
    ) -> UUID:
        """Let a new import wait, or again one that failed; return its id."""
        import_id = uuid7() if earlier is None else earlier.id
        async with self._database.transaction() as connection:
            if earlier is None:
                await self._imports.open(
                    connection, request.new_import(import_id, body=body), worker=None
                )
            elif not await self._background.reopen(connection, earlier, body):
                raise ImportRunningError(import_id)
        return import_id

    async def _faster_one(self, request: ImportRequest, body: StoredBody) -> UUID:
        """Return the import that the same request opened meanwhile.

        Raises:
            ImportRunningError: It runs on a body that is still coming, or did not come whole.
            KeyReusedError: It was another request.
        """
        found = await self._find(request)
        if found is None or not _stays(found) or found.body_hash is None:
            raise ImportRunningError
        if found.body_hash != body.digest:
            raise KeyReusedError
        return found.id

    async def _answer(self, import_id: UUID, *, replayed: bool) -> Imported:
        return Imported(receipt=await self._read.receipt(import_id), replayed=replayed)


def _stays(found: ImportOfKey) -> bool:
    """Tell whether sending it again changes nothing about an import."""
    is_in_background = found.status is ImportStatus.RUNNING and found.body_file is not None
    return is_in_background or found.status in SETTLED
