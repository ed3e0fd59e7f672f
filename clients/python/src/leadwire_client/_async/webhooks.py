"""Webhooks, for a client for asyncio."""

from collections.abc import AsyncIterator, Iterable, Mapping

from leadwire_client._async.caller import AsyncCaller
from leadwire_client._core.calls import webhooks as calls
from leadwire_client._core.calls.making import Id, fields
from leadwire_client.webhooks import Discarded, Retried, Webhook, WebhookAnswer, WebhookWithSecret


class AsyncWebhookOperations(AsyncCaller):
    """What can be asked about webhooks."""

    def webhooks(self) -> AsyncIterator[Webhook]:
        """Give all webhooks."""
        return self._all(lambda at: calls.webhooks(at=at))

    async def webhook(self, webhook_id: Id) -> Webhook:
        """Read a webhook."""
        return await self._run(calls.webhook(webhook_id))

    async def add_webhook(
        self,
        url: str,
        *,
        types: Iterable[str] = (),
        description: str = "",
        state: str = "enabled",
        secret: str | None = None,
    ) -> WebhookWithSecret:
        """Have events sent to an address.

        Args:
            url: Where to, by POST.
            types: Of the events; by default of every type.
            description: For people.
            state: `enabled`, `paused` or `disabled`.
            secret: Signs what is sent; one is made by default.
        """
        data = fields(
            url=url, types=list(types), description=description, state=state, secret=secret
        )
        return await self._run(calls.add_webhook(data))

    async def change_webhook(self, webhook_id: Id, changes: Mapping[str, object]) -> Webhook:
        """Change `url`, `types`, `description` or `state`; what is left out stays."""
        return await self._run(calls.change_webhook(webhook_id, changes))

    async def delete_webhook(self, webhook_id: Id) -> None:
        """Send nothing more to a webhook, and forget it."""
        await self._run(calls.delete_webhook(webhook_id))

    async def rotate_secret(
        self, webhook_id: Id, *, secret: str | None = None
    ) -> WebhookWithSecret:
        """Give a webhook another secret; for a while the one before signs, too."""
        return await self._run(calls.rotate_secret(webhook_id, secret=secret))

    async def ping_webhook(self, webhook_id: Id) -> WebhookAnswer:
        """Send a test event to a webhook, and tell what it answers."""
        return await self._run(calls.ping_webhook(webhook_id))

    async def discard_parked_deliveries(self, webhook_id: Id, *, reason: str) -> Discarded:
        """Give all parked deliveries of a webhook up for good; the reason is kept with each."""
        return await self._run(calls.discard_parked_deliveries(webhook_id, reason=reason))

    async def retry_parked(self, webhook_id: Id) -> Retried:
        """Have all parked deliveries of a webhook tried again."""
        return await self._run(calls.retry_parked(webhook_id))
