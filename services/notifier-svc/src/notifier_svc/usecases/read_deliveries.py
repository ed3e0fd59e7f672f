"""Read a page of the delivery log."""

from uuid import UUID

from leadwire.db import Database
from notifier_svc.domain.deliveries import DeliveryRecord, DeliverySelection
from notifier_svc.storage.deliveries import DeliveryStore


async def read_deliveries(
    database: Database, selection: DeliverySelection, *, before: UUID | None, limit: int
) -> list[DeliveryRecord]:
    """Return deliveries, newest first."""
    async with database.connection() as connection:
        return await DeliveryStore(connection=connection).page(
            selection, before=before, limit=limit
        )
