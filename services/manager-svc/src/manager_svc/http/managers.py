"""Requests about managers."""

from functools import partial
from typing import Final
from uuid import UUID

from aiohttp import web

from leadwire.http import Keyset, etag_header, json_response, principal_of
from manager_svc.domain.authority import require_own
from manager_svc.http.context import Context, actor_of
from manager_svc.http.requests import (
    ManagerPatch,
    ManagerRemoval,
    ManagerSearch,
    NewManager,
    NextLeadHeaders,
)
from manager_svc.http.views import LeadView, ManagersPage, ManagerView, RemovalView
from manager_svc.usecases.add_manager import add_manager
from manager_svc.usecases.change_manager import change_manager
from manager_svc.usecases.pause_manager import pause_manager
from manager_svc.usecases.read_managers import read_manager, search_managers
from manager_svc.usecases.remove_manager import remove_manager
from manager_svc.usecases.restore_manager import restore_manager
from manager_svc.usecases.resume_manager import resume_manager
from manager_svc.usecases.take_next_lead import take_next_lead

BY_ID: Final = Keyset[UUID]("managers", key=UUID)


class ManagerHandlers:
    """Handlers under `/v1/managers`."""

    def __init__(self, *, context: Context) -> None:
        self._reads = context.reads
        self._units = context.units

    async def add(self, request: web.Request, *, body: NewManager) -> web.StreamResponse:
        """Add a manager."""
        command = partial(add_manager, name=body.name, email=body.email, capacity=body.capacity)
        added = await self._units.run(command, actor=actor_of(request))
        location = {"Location": f"/v1/managers/{added.manager.id}"}
        return json_response(ManagerView.of(added), status=201, headers=location)

    async def search(self, _request: web.Request, *, query: ManagerSearch) -> web.StreamResponse:
        """List managers."""
        search = partial(
            search_managers,
            part_of_name=query.q or None,
            availability=query.state,
            after=BY_ID.after(query),
            limit=query.limit + 1,
        )
        found = await self._reads.run(search)
        items, next_cursor = BY_ID.cut(found, query, key=lambda each: each.manager.id)
        return json_response(ManagersPage.of(items, next_cursor))

    async def show(self, _request: web.Request, *, manager_id: UUID) -> web.StreamResponse:
        """Show one manager."""
        found = await self._reads.run(partial(read_manager, manager_id=manager_id))
        return json_response(ManagerView.of(found))

    async def change(
        self, request: web.Request, *, manager_id: UUID, body: ManagerPatch
    ) -> web.StreamResponse:
        """Change a manager."""
        command = partial(change_manager, manager_id=manager_id, changes=body.changes())
        changed = await self._units.run(command, actor=actor_of(request))
        return json_response(ManagerView.of(changed))

    async def remove(
        self, request: web.Request, *, manager_id: UUID, query: ManagerRemoval
    ) -> web.StreamResponse:
        """Remove a manager, or show what that would do."""
        command = partial(remove_manager, manager_id=manager_id)
        if query.dry_run:
            removal = await self._units.rehearse(command, actor=actor_of(request))
            return json_response(RemovalView.of(removal))
        await self._units.run(command, actor=actor_of(request))
        return web.Response(status=204)

    async def restore(self, request: web.Request, *, manager_id: UUID) -> web.StreamResponse:
        """Restore a removed manager."""
        command = partial(restore_manager, manager_id=manager_id)
        return json_response(
            ManagerView.of(await self._units.run(command, actor=actor_of(request)))
        )

    async def pause(self, request: web.Request, *, manager_id: UUID) -> web.StreamResponse:
        """Pause a manager."""
        require_own(manager_id, only_as=principal_of(request).only_as)
        command = partial(pause_manager, manager_id=manager_id)
        return json_response(
            ManagerView.of(await self._units.run(command, actor=actor_of(request)))
        )

    async def resume(self, request: web.Request, *, manager_id: UUID) -> web.StreamResponse:
        """Resume a manager."""
        require_own(manager_id, only_as=principal_of(request).only_as)
        command = partial(resume_manager, manager_id=manager_id)
        return json_response(
            ManagerView.of(await self._units.run(command, actor=actor_of(request)))
        )

    async def take_next(
        self, request: web.Request, *, manager_id: UUID, headers: NextLeadHeaders
    ) -> web.StreamResponse:
        """Give a manager the oldest waiting lead."""
        require_own(manager_id, only_as=principal_of(request).only_as)
        command = partial(take_next_lead, manager_id=manager_id, key=headers.idempotency_key)
        taken = await self._units.run(command, actor=actor_of(request))
        replayed = {"Idempotent-Replayed": "true"} if taken.replayed else {}
        answer = etag_header(taken.lead.work.tag) | replayed
        return json_response(LeadView.of(taken.lead), headers=answer)
