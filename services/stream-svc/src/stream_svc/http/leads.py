"""Lists, single leads and counts."""

from typing import Final
from uuid import UUID

import orjson
from aiohttp import web

from leadwire.http import Keyset, encoded_json_response, json_response
from stream_svc.http.context import Context
from stream_svc.http.queries import FilterQuery, LeadQuery, ListQuery
from stream_svc.http.views import LeadCounts
from stream_svc.storage.reads import StoredPage
from stream_svc.usecases.read_lead import read_lead

BY_ID: Final = Keyset[UUID]("leads", key=UUID)


class LeadHandlers:
    """Handlers of single leads, lists and counts."""

    def __init__(self, *, context: Context) -> None:
        self._reads = context.reads
        self._tail = context.tail

    async def list_page(self, _request: web.Request, *, query: ListQuery) -> web.StreamResponse:
        """Answer with one page."""
        page = await self._reads.page(query.leads(), after=BY_ID.after(query), limit=query.limit)
        return encoded_json_response(_page_body(page, query))

    async def count(self, _request: web.Request, *, query: FilterQuery) -> web.StreamResponse:
        """Answer with the number of leads in each status."""
        counts = await self._reads.counts(query.leads())
        return json_response(
            LeadCounts(
                total=sum(counts.values()),
                by_status={status.value: count for status, count in counts.items()},
            )
        )

    async def read(
        self,
        _request: web.Request,
        *,
        lead_id: UUID,
        query: LeadQuery,
    ) -> web.StreamResponse:
        """Answer with one lead."""
        document = await read_lead(
            self._reads, self._tail, lead_id=lead_id, at_least=query.at_least
        )
        return encoded_json_response(document.encode())


def _page_body(page: StoredPage, query: ListQuery) -> bytes:
    following = None
    if page.more and page.last_id is not None:
        following = BY_ID.cursor(page.last_id, query)
    items = ",".join(page.documents).encode()
    return b'{"items":[%b],"next_cursor":%b}' % (items, orjson.dumps(following))
