"""Cancel a running import, whichever process runs it.

The import's row tells whether it runs, and each chunk is counted there, in the transaction that
stores it. So a chunk is stored before the cancellation and counted, or not at all. Where this
process runs the import it stops at once, even if it waits for the sender; any other process notices
with the next chunk.
"""

from typing import Final
from uuid import UUID

import structlog

from import_svc.domain.receipt import ImportStatus, Receipt
from import_svc.storage.background import BackgroundStore
from import_svc.usecases.bodies import Bodies
from import_svc.usecases.own_imports import OwnImports
from import_svc.usecases.read_imports import ReadImports
from leadwire.db import Database

log = structlog.get_logger(__name__)


class ImportEndedError(Exception):
    """The import has completed or failed, and cannot be cancelled any more.

    Attributes:
        extra: `import_status`, how it ended.
    """

    code: Final = "import_ended"

    def __init__(self, status: ImportStatus) -> None:
        super().__init__(f"The import cannot be cancelled any more: it has {status}.")
        self.extra = {"import_status": status.value}


class CancelImport:
    """Cancels imports.

    Args:
        own: The imports of this process.
        database: The service's database.
        background: Where imports are cancelled.
        bodies: Where their bodies are.
        read: Reads the receipt at the end.
    """

    def __init__(
        self,
        *,
        own: OwnImports,
        database: Database,
        background: BackgroundStore,
        bodies: Bodies,
        read: ReadImports,
    ) -> None:
        self._own = own
        self._database = database
        self._background = background
        self._bodies = bodies
        self._read = read

    async def __call__(self, import_id: UUID) -> Receipt:
        """End a running import as cancelled, and return its receipt: what is stored stays.

        One that is cancelled already is no error.

        Raises:
            UnknownImportError: There is no such import.
            ImportEndedError: It has completed or failed.
        """
        async with self._database.transaction() as connection:
            body_file = await self._background.cancel(connection, import_id)
        receipt = await self._read.receipt(import_id)
        if receipt.status is not ImportStatus.CANCELLED:
            raise ImportEndedError(receipt.status)
        self._own.stop(import_id)
        log.info("import_cancelled", import_id=str(import_id), received=receipt.received)
        if body_file is not None:
            await self._bodies.forget(body_file)
        return receipt
