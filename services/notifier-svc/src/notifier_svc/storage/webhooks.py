"""Webhooks and their secrets."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

from leadwire.db import Connection
from notifier_svc.domain.errors import (
    TooManyWebhooksError,
    WebhookDisabledError,
    WebhookNotFoundError,
)
from notifier_svc.domain.webhooks import (
    MAX_WEBHOOKS,
    MOST_PREVIOUS,
    Webhook,
    WebhookChanges,
    WebhookState,
)
from notifier_svc.storage.queries import QUERIES


class WebhookStore:
    """Webhooks, as clients make and change them.

    Args:
        connection: Every method runs in its transaction, if there is one.
    """

    def __init__(self, *, connection: Connection) -> None:
        self._connection = connection

    async def add(
        self, *, url: str, types: Sequence[str], description: str, state: WebhookState, secret: str
    ) -> Webhook:
        """Store a new webhook; it gets what is taken into the journal from the commit on.

        Raises:
            TooManyWebhooksError: There are as many as there may be.
        """
        await self._connection.execute(QUERIES["lock_webhooks"])
        if await self._connection.fetchval(QUERIES["count_webhooks"]) >= MAX_WEBHOOKS:
            raise TooManyWebhooksError(MAX_WEBHOOKS)
        [row] = await self._connection.fetch(
            QUERIES["insert_webhook"], uuid7(), url, list(types), description, state, secret
        )
        return _webhook(row)

    async def find(self, webhook_id: UUID) -> Webhook:
        """Return a webhook.

        Raises:
            WebhookNotFoundError: There is none of this id.
        """
        return self._found(
            webhook_id, await self._connection.fetchrow(QUERIES["find_webhook"], webhook_id)
        )

    async def find_wanting(self, webhook_id: UUID) -> Webhook:
        """Return a webhook for which something may wait.

        Raises:
            WebhookNotFoundError: There is none of this id.
            WebhookDisabledError: It is disabled.
        """
        webhook = await self.find(webhook_id)
        if webhook.state is WebhookState.DISABLED:
            raise WebhookDisabledError(webhook_id)
        return webhook

    async def page(self, *, after: UUID | None, limit: int) -> list[Webhook]:
        """List webhooks, oldest first."""
        rows = await self._connection.fetch(QUERIES["list_webhooks"], after, limit)
        return [_webhook(row) for row in rows]

    async def update(self, webhook_id: UUID, changes: WebhookChanges) -> Webhook:
        """Change a webhook; what waits for one that is enabled again has all its time anew.

        Raises:
            WebhookNotFoundError: There is none of this id.
        """
        types = changes.get("types")
        row = await self._connection.fetchrow(
            QUERIES["update_webhook"],
            webhook_id,
            changes.get("url"),
            None if types is None else list(types),
            changes.get("description"),
            changes.get("state"),
        )
        return self._found(webhook_id, row)

    async def rotate_secret(self, webhook_id: UUID, secret: str, *, overlap: timedelta) -> Webhook:
        """Put a secret in the place of those that are there, which go on for the overlap.

        Raises:
            WebhookNotFoundError: There is none of this id.
        """
        row = await self._connection.fetchrow(
            QUERIES["rotate_webhook_secret"], webhook_id, secret, overlap, MOST_PREVIOUS
        )
        return self._found(webhook_id, row)

    async def delete(self, webhook_id: UUID) -> None:
        """Delete a webhook; what waits for it is cancelled later.

        Raises:
            WebhookNotFoundError: There is none of this id.
        """
        status = await self._connection.execute(QUERIES["delete_webhook"], webhook_id)
        if status == "UPDATE 0":
            raise WebhookNotFoundError(webhook_id)

    async def prune(self, *, older_than: timedelta) -> None:
        """Forget webhooks that were deleted before, and for which nothing waits."""
        await self._connection.execute(QUERIES["prune_webhooks"], older_than)

    def _found(self, webhook_id: UUID, row: asyncpg.Record | None) -> Webhook:
        if row is None:
            raise WebhookNotFoundError(webhook_id)
        return _webhook(row)


def _webhook(row: asyncpg.Record) -> Webhook:
    return Webhook(**{**row, "state": WebhookState(row["state"])})
