"""Change a webhook, or delete it."""

from uuid import UUID

import structlog

from leadwire.db import Database
from notifier_svc.domain.urls import Reach
from notifier_svc.domain.webhooks import SECRET_OVERLAP, Webhook, WebhookChanges, new_secret
from notifier_svc.storage.webhooks import WebhookStore

log = structlog.get_logger(__name__)


async def change_webhook(
    database: Database, reach: Reach, webhook_id: UUID, changes: WebhookChanges
) -> Webhook:
    """Change what is sent, where to, or whether at all.

    Raises:
        UrlNotAllowedError: Events may not be sent to the new URL.
        WebhookNotFoundError: There is no such webhook.
    """
    if (url := changes.get("url")) is not None:
        reach.check_url(url)
    async with database.transaction() as connection:
        webhook = await WebhookStore(connection=connection).update(webhook_id, changes)
    log.info("webhook_changed", webhook_id=str(webhook_id), state=webhook.state)
    return webhook


async def rotate_secret(database: Database, webhook_id: UUID, secret: str | None) -> Webhook:
    """Replace the secret, by one of ours unless one is given; the old one signs for a while.

    Raises:
        WebhookNotFoundError: There is no such webhook.
    """
    async with database.connection() as connection:
        webhook = await WebhookStore(connection=connection).rotate_secret(
            webhook_id, secret or new_secret(), overlap=SECRET_OVERLAP
        )
    log.info("webhook_secret_rotated", webhook_id=str(webhook_id))
    return webhook


async def delete_webhook(database: Database, webhook_id: UUID) -> None:
    """Delete a webhook; what waits for it is cancelled.

    Raises:
        WebhookNotFoundError: There is no such webhook.
    """
    async with database.connection() as connection:
        await WebhookStore(connection=connection).delete(webhook_id)
    log.info("webhook_deleted", webhook_id=str(webhook_id))
