"""Read a page of the delivery log."""

from uuid import UUID

from leadwire.db import Database
from notifier_svc.domain.deliveries import DeliveryRecord, DeliveryStatus
from notifier_svc.storage.deliveries import DeliveryStore


async def read_deliveries(
    database: Database, *, status: DeliveryStatus | None, before: UUID | None, limit: int
) -> list[DeliveryRecord]:
    """Return deliveries, newest first."""
    async with database.connection() as connection:
        return await DeliveryStore(connection=connection).page(
            status=status, before=before, limit=limit
        )
