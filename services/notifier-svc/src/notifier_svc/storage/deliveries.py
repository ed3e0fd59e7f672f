"""The log of all deliveries, by email and to webhooks."""

from datetime import timedelta
from uuid import UUID

import asyncpg

from leadwire.db import Connection
from notifier_svc.domain.deliveries import (
    DeliveryKind,
    DeliveryRecord,
    DeliverySelection,
    DeliveryStatus,
)
from notifier_svc.storage.queries import QUERIES


class DeliveryStore:
    """Deliveries as they are shown, retried and forgotten.

    Args:
        connection: Every method runs in its transaction, if there is one.
    """

    def __init__(self, *, connection: Connection) -> None:
        self._connection = connection

    async def page(
        self, selection: DeliverySelection, *, before: UUID | None, limit: int
    ) -> list[DeliveryRecord]:
        """List deliveries, newest first.

        Args:
            selection: Which of them.
            before: The last id of the page before.
            limit: Most deliveries to return.
        """
        rows = await self._connection.fetch(
            QUERIES["list_deliveries"],
            selection.status,
            selection.webhook_id,
            selection.kind,
            before,
            limit,
        )
        return [_record(row) for row in rows]

    async def find(self, delivery_id: UUID) -> DeliveryRecord | None:
        """Return a delivery, if there is one."""
        row = await self._connection.fetchrow(QUERIES["find_delivery"], delivery_id)
        return None if row is None else _record(row)

    async def retry(self, delivery_id: UUID) -> bool:
        """Have a delivery tried now; tell whether it was one that can be."""
        status = await self._connection.execute(QUERIES["retry_delivery"], delivery_id)
        return status == "UPDATE 1"

    async def retry_parked(self, webhook_id: UUID, *, limit: int) -> int:
        """Have parked deliveries of a webhook tried again; return how many."""
        status = await self._connection.execute(
            QUERIES["retry_parked_deliveries"], webhook_id, limit
        )
        return int(status.rpartition(" ")[2])

    async def discard(self, delivery_id: UUID, *, reason: str) -> bool:
        """Cancel a delivery that is parked; tell whether it was."""
        status = await self._connection.execute(QUERIES["discard_delivery"], delivery_id, reason)
        return status == "UPDATE 1"

    async def discard_parked(self, webhook_id: UUID, *, reason: str, limit: int) -> int:
        """Cancel parked deliveries of a webhook; return how many."""
        status = await self._connection.execute(
            QUERIES["discard_parked_deliveries"], webhook_id, limit, reason
        )
        return int(status.rpartition(" ")[2])

    async def count_parked(self, *, up_to: int) -> dict[DeliveryKind, int]:
        """Count what is parked, by kind; `up_to` in all stands for that many or more."""
        rows = await self._connection.fetch(QUERIES["count_parked_deliveries"], up_to)
        return {DeliveryKind(row["kind"]): row["parked"] for row in rows}

    async def prune(self, *, older_than: timedelta, limit: int) -> int:
        """Delete deliveries that were made or cancelled before; return how many."""
        status = await self._connection.execute(QUERIES["prune_deliveries"], older_than, limit)
        return int(status.rpartition(" ")[2])


def _record(row: asyncpg.Record) -> DeliveryRecord:
    kind, status = DeliveryKind(row["kind"]), DeliveryStatus(row["status"])
    return DeliveryRecord(**{**row, "kind": kind, "status": status})
