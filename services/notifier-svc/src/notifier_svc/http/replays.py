"""Requests about replays."""

from typing import Final
from uuid import UUID

from aiohttp import web

from leadwire.http import Keyset, json_response
from notifier_svc.domain.replays import ReplayStatus
from notifier_svc.http.context import Context
from notifier_svc.http.replay_requests import NewReplay, NewReplayHeaders, ReplayQuery
from notifier_svc.http.replay_views import ReplaysPage, ReplayView
from notifier_svc.usecases.cancel_replay import cancel_replay
from notifier_svc.usecases.read_replays import read_replay, read_replays

BY_ID: Final = Keyset[UUID]("replays", key=UUID)


class ReplayHandlers:
    """Handlers under `/v1/replays`."""

    def __init__(self, *, context: Context) -> None:
        self._database = context.database
        self._start_replay = context.start_replay

    async def add(
        self, _request: web.Request, *, headers: NewReplayHeaders, body: NewReplay
    ) -> web.StreamResponse:
        """Begin a replay."""
        started = await self._start_replay(body.order(), key=headers.idempotency_key)
        replay = started.replay
        answer = {"Location": f"/v1/replays/{replay.id}"}
        if started.repeated:
            answer["Idempotent-Replayed"] = "true"
        status = 202 if replay.status is ReplayStatus.RUNNING else 200
        return json_response(ReplayView.of(replay), status=status, headers=answer)

    async def list(self, _request: web.Request, *, query: ReplayQuery) -> web.StreamResponse:
        """List replays."""
        found = await read_replays(
            self._database, status=query.status, before=BY_ID.after(query), limit=query.limit + 1
        )
        items, next_cursor = BY_ID.cut(found, query, key=lambda each: each.id)
        return json_response(ReplaysPage.of(items, next_cursor))

    async def show(self, _request: web.Request, *, replay_id: UUID) -> web.StreamResponse:
        """Show one replay."""
        return json_response(ReplayView.of(await read_replay(self._database, replay_id)))

    async def cancel(self, _request: web.Request, *, replay_id: UUID) -> web.StreamResponse:
        """Cancel a replay."""
        return json_response(ReplayView.of(await cancel_replay(self._database, replay_id)))
