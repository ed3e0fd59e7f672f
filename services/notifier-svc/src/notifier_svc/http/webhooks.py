"""Requests about webhooks."""

from typing import Final
from uuid import UUID

from aiohttp import web

from leadwire.http import Keyset, PageQuery, RequestBody, json_response, model_of_json
from notifier_svc.http.context import Context
from notifier_svc.http.requests import DiscardingDeliveries
from notifier_svc.http.webhook_requests import NewSecret, NewWebhook, WebhookPatch
from notifier_svc.http.webhook_views import (
    DiscardedView,
    PingView,
    RetriedView,
    SecretView,
    WebhooksPage,
    WebhookView,
)
from notifier_svc.usecases.add_webhook import add_webhook
from notifier_svc.usecases.change_webhook import change_webhook, delete_webhook, rotate_secret
from notifier_svc.usecases.discard_deliveries import discard_parked
from notifier_svc.usecases.ping_webhook import ping_webhook
from notifier_svc.usecases.read_webhooks import read_webhook, read_webhooks
from notifier_svc.usecases.retry_deliveries import retry_parked

BY_ID: Final = Keyset[UUID]("webhooks", key=UUID)


class WebhookHandlers:
    """Handlers under `/v1/webhooks`."""

    def __init__(self, *, context: Context) -> None:
        self._database = context.database
        self._reach = context.reach
        self._client = context.client
        self._send_soon = context.send_soon

    async def add(self, _request: web.Request, *, body: NewWebhook) -> web.StreamResponse:
        """Add a webhook."""
        added = await add_webhook(
            self._database,
            self._reach,
            url=body.url,
            types=body.types,
            description=body.description,
            state=body.state,
            secret=body.secret,
        )
        location = {"Location": f"/v1/webhooks/{added.id}"}
        return json_response(SecretView.of(added), status=201, headers=location)

    async def list(self, _request: web.Request, *, query: PageQuery) -> web.StreamResponse:
        """List webhooks."""
        found = await read_webhooks(self._database, after=BY_ID.after(query), limit=query.limit + 1)
        items, next_cursor = BY_ID.cut(found, query, key=lambda each: each.id)
        return json_response(WebhooksPage.of(items, next_cursor))

    async def show(self, _request: web.Request, *, webhook_id: UUID) -> web.StreamResponse:
        """Show one webhook."""
        return json_response(WebhookView.of(await read_webhook(self._database, webhook_id)))

    async def change(
        self, _request: web.Request, *, webhook_id: UUID, body: WebhookPatch
    ) -> web.StreamResponse:
        """Change a webhook."""
        changed = await change_webhook(self._database, self._reach, webhook_id, body.changes())
        self._send_soon()
        return json_response(WebhookView.of(changed))

    async def delete(self, _request: web.Request, *, webhook_id: UUID) -> web.StreamResponse:
        """Delete a webhook."""
        await delete_webhook(self._database, webhook_id)
        return web.Response(status=204)

    async def rotate(
        self, _request: web.Request, *, webhook_id: UUID, body: RequestBody
    ) -> web.StreamResponse:
        """Replace a webhook's secret; without a body, by one that is made here."""
        wanted = model_of_json(await body.read() or b"{}", NewSecret)
        rotated = await rotate_secret(self._database, webhook_id, wanted.secret)
        return json_response(SecretView.of(rotated))

    async def ping(self, _request: web.Request, *, webhook_id: UUID) -> web.StreamResponse:
        """Send a test event."""
        return json_response(
            PingView.of(await ping_webhook(self._database, self._client, webhook_id))
        )

    async def retry(self, _request: web.Request, *, webhook_id: UUID) -> web.StreamResponse:
        """Have all parked deliveries tried again."""
        retried = await retry_parked(self._database, webhook_id)
        self._send_soon()
        return json_response(RetriedView(retried=retried))

    async def discard(
        self, _request: web.Request, *, webhook_id: UUID, body: DiscardingDeliveries
    ) -> web.StreamResponse:
        """Give all parked deliveries up for good."""
        discarded = await discard_parked(self._database, webhook_id, reason=body.reason)
        return json_response(DiscardedView(discarded=discarded))
