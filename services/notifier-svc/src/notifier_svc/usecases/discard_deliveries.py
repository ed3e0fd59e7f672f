"""Give deliveries up for good that are parked."""

from typing import Final
from uuid import UUID

import structlog

from leadwire.db import Database
from notifier_svc.domain.deliveries import DeliveryRecord
from notifier_svc.domain.errors import DeliveryNotFoundError, DeliveryNotParkedError
from notifier_svc.storage.deliveries import DeliveryStore
from notifier_svc.storage.webhooks import WebhookStore

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 1_000


async def discard_delivery(database: Database, delivery_id: UUID, *, reason: str) -> DeliveryRecord:
    """Cancel a parked delivery, for a reason that is kept with it.

    Raises:
        DeliveryNotFoundError: There is no such delivery.
        DeliveryNotParkedError: It is not parked.
    """
    async with database.transaction() as connection:
        store = DeliveryStore(connection=connection)
        is_discarded = await store.discard(delivery_id, reason=reason)
        found = await store.find(delivery_id)
    if found is None:
        raise DeliveryNotFoundError(delivery_id)
    if not is_discarded:
        raise DeliveryNotParkedError(delivery_id, found.status)
    log.info("delivery_discarded", delivery_id=str(delivery_id))
    return found


async def discard_parked(database: Database, webhook_id: UUID, *, reason: str) -> int:
    """Cancel all parked deliveries of a webhook; return how many.

    In small transactions: if one fails, those before it are done.

    Raises:
        WebhookNotFoundError: There is no such webhook.
    """
    async with database.connection() as connection:
        await WebhookStore(connection=connection).find(webhook_id)
    total, discarded = 0, _AT_ONCE
    while discarded == _AT_ONCE:
        async with database.connection() as connection:
            store = DeliveryStore(connection=connection)
            discarded = await store.discard_parked(webhook_id, reason=reason, limit=_AT_ONCE)
        total += discarded
    log.info("deliveries_discarded", webhook_id=str(webhook_id), deliveries=total)
    return total
