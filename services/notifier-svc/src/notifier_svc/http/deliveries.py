"""Requests about deliveries."""

from typing import Final
from uuid import UUID

from aiohttp import web

from leadwire.http import Keyset, json_response
from notifier_svc.domain.deliveries import DeliverySelection
from notifier_svc.http.context import Context
from notifier_svc.http.requests import DeliveryQuery, DiscardingDeliveries
from notifier_svc.http.views import DeliveriesPage, DeliveryView
from notifier_svc.usecases.discard_deliveries import discard_delivery
from notifier_svc.usecases.read_deliveries import read_deliveries
from notifier_svc.usecases.retry_deliveries import retry_delivery

BY_ID: Final = Keyset[UUID]("deliveries", key=UUID)


class DeliveryHandlers:
    """Handlers under `/v1/deliveries`."""

    def __init__(self, *, context: Context) -> None:
        self._database = context.database
        self._send_soon = context.send_soon

    async def list(self, _request: web.Request, *, query: DeliveryQuery) -> web.StreamResponse:
        """List deliveries."""
        selection = DeliverySelection(
            status=query.status, webhook_id=query.webhook_id, kind=query.kind
        )
        found = await read_deliveries(
            self._database, selection, before=BY_ID.after(query), limit=query.limit + 1
        )
        items, next_cursor = BY_ID.cut(found, query, key=lambda each: each.id)
        return json_response(DeliveriesPage.of(items, next_cursor))

    async def retry(self, _request: web.Request, *, delivery_id: UUID) -> web.StreamResponse:
        """Have a delivery tried now."""
        retried = await retry_delivery(self._database, delivery_id)
        self._send_soon()
        return json_response(DeliveryView.of(retried))

    async def discard(
        self, _request: web.Request, *, delivery_id: UUID, body: DiscardingDeliveries
    ) -> web.StreamResponse:
        """Give a parked delivery up for good."""
        discarded = await discard_delivery(self._database, delivery_id, reason=body.reason)
        return json_response(DeliveryView.of(discarded))
