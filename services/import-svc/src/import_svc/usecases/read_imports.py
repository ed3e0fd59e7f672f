"""Read what imports did: receipts, their listing, and all failures of one."""

import dataclasses
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from import_svc.domain.receipt import MAX_INLINE_FAILURES, Receipt, RowFailure
from import_svc.storage.receipts import ReceiptStore
from leadwire.db import Database

FAILURES_PER_PAGE: Final = 200
"""A page waits in memory for a client that does not read; of long values, it is megabytes."""


class UnknownImportError(Exception):
    """There is no such import."""

    code: Final = "import_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such import.")


class FailuresForgottenError(Exception):
    """Not all failures of the import are kept any more."""

    code: Final = "failures_forgotten"

    def __init__(self) -> None:
        super().__init__(
            "The import ended long ago, and its failures are not kept any more. Its receipt says "
            "how many there were."
        )


class ReadImports:
    """Reads imports.

    Args:
        database: The service's database.
        receipts: Where receipts are stored.
    """

    def __init__(self, *, database: Database, receipts: ReceiptStore) -> None:
        self._database = database
        self._receipts = receipts

    async def receipt(self, import_id: UUID) -> Receipt:
        """Return a receipt with its first failures, both of one moment.

        Raises:
            UnknownImportError: There is no such import.
        """
        async with self._database.transaction(
            isolation="repeatable_read", readonly=True
        ) as connection:
            receipt = await self._receipts.one(connection, import_id)
            if receipt is None:
                raise UnknownImportError
            if not receipt.failed or receipt.failures_forgotten_at:
                return receipt
            failures = await self._receipts.failures(
                connection, import_id=import_id, after_row=0, limit=MAX_INLINE_FAILURES
            )
        return dataclasses.replace(receipt, failures=tuple(failures))

    async def receipts(self, *, before: UUID | None, limit: int) -> list[Receipt]:
        """Return receipts without failures, newest first.

        Args:
            before: Id of the last import already seen; None for the first page.
            limit: Most receipts to return.
        """
        async with self._database.connection() as connection:
            return await self._receipts.page(connection, before=before, limit=limit)

    async def failures(self, import_id: UUID) -> AsyncIterator[list[RowFailure]]:
        """Yield every failure of an import in row order, page by page.

        No connection is held between pages: whoever writes them out may be slow.

        Raises:
            UnknownImportError: There is no such import; raised before the first page.
            FailuresForgottenError: They are not all kept any more; before any page.
        """
        after_row = 0
        while True:
            async with self._database.transaction(
                isolation="repeatable_read", readonly=True
            ) as connection:
                receipt = await self._receipts.one(connection, import_id)
                if receipt is None:
                    raise UnknownImportError
                if receipt.failures_forgotten_at:
                    raise FailuresForgottenError
                page = await self._receipts.failures(
                    connection, import_id=import_id, after_row=after_row, limit=FAILURES_PER_PAGE
                )
            yield page
            if len(page) < FAILURES_PER_PAGE:
                return
            after_row = page[-1].row
