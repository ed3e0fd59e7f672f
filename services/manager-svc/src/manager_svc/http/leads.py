"""Requests about the work on leads."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from aiohttp import web

from leadwire.http import (
    Keyset,
    PageQuery,
    Position,
    Precondition,
    etag_header,
    json_response,
    principal_of,
    versions_of,
)
from manager_svc.http.context import Context, actor_of
from manager_svc.http.requests import GivingBack, NewAssignee, NewStatus
from manager_svc.http.views import AssignmentView, HistoryPage, LeadView, MarkedView
from manager_svc.usecases.assign_lead import assign_lead
from manager_svc.usecases.explain_assignment import explain_assignment
from manager_svc.usecases.give_back_lead import give_back_lead
from manager_svc.usecases.mark_lead import mark_lead
from manager_svc.usecases.read_history import read_history
from manager_svc.usecases.reads import Stores
from manager_svc.usecases.unit import Unit

T = TypeVar("T")

BY_NUMBER: Final = Keyset[int]("history", key=Position)


class LeadHandlers:
    """Handlers under `/v1/leads/{lead_id}`; each waits a little for a lead that is new."""

    def __init__(self, *, context: Context) -> None:
        self._reads = context.reads
        self._units = context.units
        self._arrivals = context.arrivals

    async def mark(
        self, request: web.Request, *, lead_id: UUID, body: NewStatus, headers: Precondition
    ) -> web.StreamResponse:
        """Mark a lead."""
        command = partial(
            mark_lead,
            lead_id=lead_id,
            status=body.status,
            reason=body.reason,
            versions=versions_of(headers),
            only_as=principal_of(request).only_as,
        )
        marked = await self._run(request, lead_id, command)
        return json_response(MarkedView.of(marked), headers=etag_header(marked.lead.work.tag))

    async def assign(
        self, request: web.Request, *, lead_id: UUID, body: NewAssignee, headers: Precondition
    ) -> web.StreamResponse:
        """Give a lead to a manager."""
        command = partial(
            assign_lead,
            lead_id=lead_id,
            manager_id=body.manager_id,
            reassign=body.reassign,
            reason=body.reason,
            versions=versions_of(headers),
            only_as=principal_of(request).only_as,
        )
        lead = await self._run(request, lead_id, command)
        return json_response(LeadView.of(lead), headers=etag_header(lead.work.tag))

    async def give_back(
        self, request: web.Request, *, lead_id: UUID, query: GivingBack, headers: Precondition
    ) -> web.StreamResponse:
        """Take a lead from its manager."""
        command = partial(
            give_back_lead,
            lead_id=lead_id,
            manager_id=query.manager_id,
            reason=query.reason,
            versions=versions_of(headers),
            only_as=principal_of(request).only_as,
        )
        lead = await self._run(request, lead_id, command)
        return json_response(LeadView.of(lead), headers=etag_header(lead.work.tag))

    async def explain(self, _request: web.Request, *, lead_id: UUID) -> web.StreamResponse:
        """Show why a lead went to its manager."""
        found = await self._read(lead_id, partial(explain_assignment, lead_id=lead_id))
        return json_response(AssignmentView.of(found))

    async def history(
        self, _request: web.Request, *, lead_id: UUID, query: PageQuery
    ) -> web.StreamResponse:
        """Show what happened to a lead."""
        of_lead = str(lead_id)
        after = BY_NUMBER.after(query, within=of_lead) or 0
        read = partial(read_history, lead_id=lead_id, after=after, limit=query.limit + 1)
        found = await self._read(lead_id, read)
        items, next_cursor = BY_NUMBER.cut(
            found.entries, query, key=lambda each: each.number, within=of_lead
        )
        return json_response(HistoryPage.of(items, next_cursor, found.forgotten_at))

    async def _read(self, lead_id: UUID, read: Callable[[Stores], Awaitable[T]]) -> T:
        return await self._arrivals.retry_once(lead_id, partial(self._reads.run, read))

    async def _run(
        self, request: web.Request, lead_id: UUID, command: Callable[[Unit], Awaitable[T]]
    ) -> T:
        run = partial(self._units.run, command, actor=actor_of(request))
        return await self._arrivals.retry_once(lead_id, run)
