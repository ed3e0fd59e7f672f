"""Try deliveries again that were given up, or now instead of later."""

from typing import Final
from uuid import UUID

import structlog

from leadwire.db import Connection, Database
from notifier_svc.domain.deliveries import DeliveryRecord, DeliveryStatus
from notifier_svc.domain.errors import DeliveryFinishedError, DeliveryNotFoundError
from notifier_svc.storage.deliveries import DeliveryStore
from notifier_svc.storage.webhooks import WebhookStore

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 1_000


async def retry_delivery(database: Database, delivery_id: UUID) -> DeliveryRecord:
    """Have a delivery tried now, with all its attempts before it if it was parked.

    One that is being tried at this moment stays as it is.

    Raises:
        DeliveryNotFoundError: There is no such delivery.
        DeliveryFinishedError: It was made or cancelled, or its lead is erased.
        WebhookNotFoundError: It is parked, and its webhook was deleted.
        WebhookDisabledError: It is parked, and its webhook is disabled.
    """
    async with database.transaction() as connection:
        store = DeliveryStore(connection=connection)
        await _check_webhook(connection, await store.find(delivery_id))
        is_due = await store.retry(delivery_id)
        found = await store.find(delivery_id)
    if found is None:
        raise DeliveryNotFoundError(delivery_id)
    if not is_due and not found.is_pending:
        raise DeliveryFinishedError(delivery_id, found.status)
    log.info("delivery_retried", delivery_id=str(delivery_id))
    return found


async def retry_parked(database: Database, webhook_id: UUID) -> int:
    """Have all parked deliveries of a webhook tried again; return how many.

    In small transactions: if one fails, those before it are done.

    Raises:
        WebhookNotFoundError: There is no such webhook.
        WebhookDisabledError: It is disabled.
    """
    async with database.connection() as connection:
        await WebhookStore(connection=connection).find_wanting(webhook_id)
    total, retried = 0, _AT_ONCE
    while retried == _AT_ONCE:
        async with database.connection() as connection:
            store = DeliveryStore(connection=connection)
            retried = await store.retry_parked(webhook_id, limit=_AT_ONCE)
        total += retried
    log.info("deliveries_retried", webhook_id=str(webhook_id), deliveries=total)
    return total


async def _check_webhook(connection: Connection, found: DeliveryRecord | None) -> None:
    """Let nothing that is parked be cancelled in place of being tried."""
    if found is None or found.webhook_id is None or found.status is not DeliveryStatus.PARKED:
        return
    await WebhookStore(connection=connection).find_wanting(found.webhook_id)
