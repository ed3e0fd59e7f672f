"""Read webhooks."""

from uuid import UUID

from leadwire.db import Database
from notifier_svc.domain.webhooks import Webhook
from notifier_svc.storage.webhooks import WebhookStore


async def read_webhook(database: Database, webhook_id: UUID) -> Webhook:
    """Return a webhook.

    Raises:
        WebhookNotFoundError: There is no such webhook.
    """
    async with database.connection() as connection:
        return await WebhookStore(connection=connection).find(webhook_id)


async def read_webhooks(database: Database, *, after: UUID | None, limit: int) -> list[Webhook]:
    """Return a page of webhooks, oldest first."""
    async with database.connection() as connection:
        return await WebhookStore(connection=connection).page(after=after, limit=limit)
