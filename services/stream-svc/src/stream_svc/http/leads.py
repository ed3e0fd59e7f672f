"""Lists, single leads and counts."""

from uuid import UUID

import orjson
from aiohttp import web

from leadwire.http import encoded_json_response, json_response
from stream_svc.http.context import Context
from stream_svc.http.list_cursors import cut, key_after
from stream_svc.http.queries import ChoiceQuery, LeadQuery, ListQuery
from stream_svc.http.views import LeadCounts
from stream_svc.usecases.read_lead import read_lead


class LeadHandlers:
    """Handlers of single leads, lists and counts."""

    def __init__(self, *, context: Context) -> None:
        self._reads = context.reads
        self._tail = context.tail

    async def list_page(self, _request: web.Request, *, query: ListQuery) -> web.StreamResponse:
        """Answer with one page."""
        found = await self._reads.page(
            query.choice(), sort=query.sort, after=key_after(query), limit=query.limit
        )
        leads, next_cursor = cut(found, query)
        fields = query.chosen_fields()
        items = b",".join(fields.of_document(lead.document) for lead in leads)
        body = b'{"items":[%b],"next_cursor":%b}' % (items, orjson.dumps(next_cursor))
        return encoded_json_response(body)

    async def count(self, _request: web.Request, *, query: ChoiceQuery) -> web.StreamResponse:
        """Answer with the number of leads in each status."""
        counts = await self._reads.counts(query.choice())
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
