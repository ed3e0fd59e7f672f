"""Requests of operators."""

from typing import Final

from aiohttp import web

from leadwire.http import Keyset, PageQuery, Position, json_response
from leadwire.ops.parked import ParkedDesk, Span
from leadwire.ops.requests import Discarding, ParkedIdText, ParkedQuery, RequeueQuery
from leadwire.ops.status import StatusDesk
from leadwire.ops.views import (
    DecisionsPage,
    DecisionView,
    ParkedPage,
    RequeuedView,
    StatusView,
    WholeParkedView,
)
from leadwire.outbox import ParkedId, Place

BY_ROW: Final = Keyset[tuple[Place, int]]("parked", key=tuple[Place, Position])
BY_SPAN: Final = Keyset[tuple[Place, int, int, int]](
    "requeue", key=tuple[Place, Position, Position, Position]
)
BY_DECISION: Final = Keyset[int]("decisions", key=Position)


class OpsHandlers:
    """Handlers under `/v1/ops/{service}` of one service.

    Args:
        service: Its name.
        parked: What operators do with parked events.
        status: How the service stands.
    """

    def __init__(self, *, service: str, parked: ParkedDesk, status: StatusDesk) -> None:
        self._service = service
        self._parked = parked
        self._status = status

    async def list(self, _request: web.Request, *, query: ParkedQuery) -> web.StreamResponse:
        """List parked events."""
        key = BY_ROW.after(query, within=self._service)
        found = await self._parked.page(
            query.chosen(), after=key and ParkedId(*key), limit=query.limit + 1
        )
        items, next_cursor = BY_ROW.cut(
            found, query, key=lambda each: (each.id.place, each.id.row), within=self._service
        )
        return json_response(ParkedPage.of(items, next_cursor))

    async def show(self, _request: web.Request, *, parked_id: ParkedIdText) -> web.StreamResponse:
        """Show a parked event."""
        found = await self._parked.one(ParkedId.parse(parked_id))
        return json_response(WholeParkedView.of(found))

    async def requeue(
        self, _request: web.Request, *, parked_id: ParkedIdText
    ) -> web.StreamResponse:
        """Requeue a parked event."""
        decision = await self._parked.requeue(ParkedId.parse(parked_id))
        return json_response(DecisionView.of(decision))

    async def requeue_some(
        self, _request: web.Request, *, query: RequeueQuery
    ) -> web.StreamResponse:
        """Requeue a batch."""
        chosen, key = query.chosen(), BY_SPAN.after(query, within=self._service)
        span = await self._parked.begin(chosen) if key is None else _span(*key)
        batch = await self._parked.requeue_some(chosen, span, limit=query.limit)
        next_cursor = None
        if (rest := batch.rest) is not None:
            key = (rest.place, rest.after, rest.newest_delivery, rest.newest_publication)
            next_cursor = BY_SPAN.cursor(key, query, within=self._service)
        return json_response(RequeuedView.of(batch, next_cursor))

    async def discard(
        self, _request: web.Request, *, parked_id: ParkedIdText, query: Discarding
    ) -> web.StreamResponse:
        """Discard a parked event."""
        await self._parked.discard(ParkedId.parse(parked_id), reason=query.reason)
        return web.Response(status=204)

    async def decisions(self, _request: web.Request, *, query: PageQuery) -> web.StreamResponse:
        """List what was decided."""
        before = BY_DECISION.after(query, within=self._service)
        found = await self._parked.decisions(before=before, limit=query.limit + 1)
        items, next_cursor = BY_DECISION.cut(
            found, query, key=lambda each: each.id, within=self._service
        )
        return json_response(DecisionsPage.of(items, next_cursor))

    async def status(self, _request: web.Request) -> web.StreamResponse:
        """Show how the service stands."""
        return json_response(StatusView.of(await self._status.now()))


def _span(place: Place, after: int, newest_delivery: int, newest_publication: int) -> Span:
    return Span(
        place=place,
        after=after,
        newest_delivery=newest_delivery,
        newest_publication=newest_publication,
    )
