"""Read a page of the delivery log."""

from uuid import UUID

from leadwire.db import Database
from notifier_svc.domain.deliveries import DeliveryRecord, DeliveryStatus
from notifier_svc.storage.deliveries import DeliveryStore


async def read_deliveries(
    database: Database, *, status: DeliveryStatus | None, before: UUID | None, limit: int
) -> tuple[list[DeliveryRecord], bool]:
    """Return a page, newest first, and whether there is more."""
    async with database.connection() as connection:
        found = await DeliveryStore(connection=connection).page(
            status=status, before=before, limit=limit + 1
        )
    return found[:limit], len(found) > limit
