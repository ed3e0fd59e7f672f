"""The queue of emails, and the log of all deliveries."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

from leadwire.db import Connection
from notifier_svc.domain.deliveries import (
    DeliveryKind,
    DeliveryRecord,
    DeliverySelection,
    DeliveryStatus,
    DueDelivery,
    PlannedDelivery,
)
from notifier_svc.storage.queries import QUERIES


class DeliveryStore:
    """Deliveries, planned and tried.

    Args:
        connection: Every method runs in its transaction, if there is one.
    """

    def __init__(self, *, connection: Connection) -> None:
        self._connection = connection

    async def plan(self, deliveries: Sequence[PlannedDelivery]) -> None:
        """Add deliveries; one that is planned already stays as it is."""
        await self._connection.executemany(
            QUERIES["plan_delivery"],
            [
                (
                    uuid7(),
                    planned.source,
                    planned.event_id,
                    planned.kind,
                    planned.lead_id,
                    planned.recipient,
                    planned.subject,
                    planned.body,
                    planned.html,
                )
                for planned in deliveries
            ],
        )

    async def claim_due(self, *, limit: int, lease: timedelta) -> list[DueDelivery]:
        """Take deliveries that are due; they are due again when the lease ends."""
        rows = await self._connection.fetch(QUERIES["claim_due_deliveries"], limit, lease)
        return [DueDelivery(**{**row, "kind": DeliveryKind(row["kind"])}) for row in rows]

    async def mark_delivered(self, delivery_id: UUID) -> None:
        """Note that the email is in other hands."""
        await self._connection.execute(QUERIES["mark_delivered"], delivery_id)

    async def postpone(self, delivery: DueDelivery, *, delay: timedelta, error: str) -> None:
        """Have a delivery tried again after the delay, if it is still ours."""
        await self._connection.execute(
            QUERIES["postpone_delivery"], delivery.id, delay, error, delivery.attempts
        )

    async def park(self, delivery: DueDelivery, *, error: str) -> datetime | None:
        """Give a delivery up; return when, or None if it is ours no longer."""
        at: datetime | None = await self._connection.fetchval(
            QUERIES["park_delivery"], delivery.id, error, delivery.attempts
        )
        return at

    async def cancel_for_lead(self, lead_id: UUID) -> None:
        """Cancel what is pending for a lead, and take its personal data out of all."""
        await self._connection.execute(QUERIES["cancel_deliveries_of_lead"], lead_id)

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

    async def prune(self, *, older_than: timedelta, limit: int) -> int:
        """Delete finished deliveries that are older; return how many."""
        status = await self._connection.execute(QUERIES["prune_deliveries"], older_than, limit)
        return int(status.rpartition(" ")[2])


def _record(row: asyncpg.Record) -> DeliveryRecord:
    kind, status = DeliveryKind(row["kind"]), DeliveryStatus(row["status"])
    return DeliveryRecord(**{**row, "kind": kind, "status": status})
