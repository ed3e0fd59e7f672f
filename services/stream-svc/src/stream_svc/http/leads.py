"""Lists, single leads and counts."""

from uuid import UUID

import orjson
from aiohttp import web

from leadwire.http import Operation, Response, json_response
from stream_svc.context import Context
from stream_svc.domain.cursor import InvalidCursorError, ListCursor
from stream_svc.http import problems
from stream_svc.http.queries import FilterQuery, LeadQuery, ListQuery
from stream_svc.http.views import LeadCounts, LeadPage, LeadView
from stream_svc.usecases.errors import ReadError
from stream_svc.usecases.list_leads import Listing, list_leads
from stream_svc.usecases.read_lead import read_lead


class LeadRoutes:
    """Handlers of single leads and lists.

    Args:
        context: What they are answered with.
    """

    def __init__(self, *, context: Context) -> None:
        self._context = context

    def operations(self) -> list[Operation]:
        """Describe the routes."""
        return [
            Operation(
                method="GET",
                path="/v1/leads",
                handler=self.list_page,
                summary="List leads, oldest first",
                tag="leads",
                responses={200: Response(LeadPage, "One page of the leads that match.")},
                errors=[problems.INVALID_CURSOR, problems.CURSOR_MISMATCH],
            ),
            Operation(
                method="GET",
                path="/v1/leads/count",
                handler=self.count,
                summary="Count leads by status",
                tag="leads",
                responses={200: Response(LeadCounts, "How many leads match.")},
            ),
            Operation(
                method="GET",
                path="/v1/leads/{lead_id}",
                handler=self.read,
                summary="Read a lead",
                tag="leads",
                description="A lead that was made less than 10 s ago is waited for, up to 2 s.",
                responses={200: Response(LeadView, "The lead.")},
                errors=[problems.LEAD_NOT_FOUND, problems.PROJECTION_BEHIND],
            ),
        ]

    async def list_page(self, _request: web.Request, *, query: ListQuery) -> web.StreamResponse:
        """Answer with one page."""
        try:
            cursor = ListCursor.decode(query.cursor) if query.cursor is not None else None
            listing = await list_leads(
                self._context.reads, leads=query.leads(), cursor=cursor, limit=query.limit
            )
        except (ReadError, InvalidCursorError) as error:
            raise problems.problem_of(error) from None
        return _stored_json(_page_body(listing))

    async def count(self, _request: web.Request, *, query: FilterQuery) -> web.StreamResponse:
        """Answer with the number of leads in each status."""
        counts = await self._context.reads.counts(query.leads())
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
        try:
            document = await read_lead(
                self._context.reads, self._context.tail, lead_id=lead_id, at_least=query.at_least
            )
        except ReadError as error:
            raise problems.problem_of(error) from None
        return _stored_json(document.encode())


def _page_body(listing: Listing) -> bytes:
    items = ",".join(listing.documents).encode()
    return b'{"items":[%b],"next_cursor":%b}' % (items, orjson.dumps(listing.next_cursor))


def _stored_json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")
