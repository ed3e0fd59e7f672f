"""Forget which rows of imports failed, and with which values, once the imports ended long ago.

Receipts keep their counts. Who is named in a failure in no way that an erasure would find, as by
his name alone, is forgotten by this at last.
"""

from datetime import timedelta
from typing import Final

from import_svc.storage.receipts import ReceiptStore
from leadwire.db import Database, is_transient
from leadwire.lifecycle import PeriodicTask

LOOK_EVERY: Final = 3600.0

_AT_ONCE: Final = 10_000


class ForgetFailures(PeriodicTask):
    """Deletes them; every replica may, as each takes what the others have not.

    Args:
        database: The service's database.
        receipts: Where the failures are.
        kept_for: How long after an import's end they are kept.
        interval: Seconds between two looks when there is nothing to do.
    """

    def __init__(
        self,
        *,
        database: Database,
        receipts: ReceiptStore,
        kept_for: timedelta,
        interval: float = LOOK_EVERY,
    ) -> None:
        self._database = database
        self._receipts = receipts
        self._kept_for = kept_for
        super().__init__(
            name="failure deletion", interval=interval, body=self._round, passes=is_transient
        )

    async def _round(self) -> bool:
        async with self._database.transaction() as connection:
            deleted = await self._receipts.delete_failures(
                connection, older_than=self._kept_for, limit=_AT_ONCE
            )
        return deleted == _AT_ONCE
