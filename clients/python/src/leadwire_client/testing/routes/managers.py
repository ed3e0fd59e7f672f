"""What the fake does about lead managers."""

import json
from collections.abc import Sequence
from typing import Final

from leadwire_client.testing.refusal import Refusal
from leadwire_client.testing.routes.paging import Reply, Route, page
from leadwire_client.testing.seen import Seen
from leadwire_client.testing.state import State


def _managers(state: State, request: Seen) -> Reply:
    part, wanted = request.query.get("q", "").lower(), request.query.get("state")
    found = [state.manager(each) for each in state.managers]
    named = [each for each in found if part in each["name"].lower()]
    return page([each for each in named if wanted in {None, each["state"]}], request.query)


def _change_manager(state: State, request: Seen, manager_id: str) -> Reply:
    state.manager(manager_id)
    state.managers[manager_id].update(json.loads(request.body))
    state.managers[manager_id]["rev"] += 1
    state.match()
    return 200, state.manager(manager_id)


def _remove_manager(state: State, request: Seen, manager_id: str) -> Reply:
    if request.query.get("dry_run") == "true":
        return 200, state.removal(manager_id)
    state.remove_manager(manager_id)
    return 204, None


def _restore(state: State, _: Seen, manager_id: str) -> Reply:
    return 200, state.restore_manager(manager_id)


def _pause(state: State, _: Seen, manager_id: str) -> Reply:
    state.manager(manager_id)
    state.paused.add(manager_id)
    return 200, state.manager(manager_id)


def _resume(state: State, _: Seen, manager_id: str) -> Reply:
    state.manager(manager_id)
    state.paused.discard(manager_id)
    state.match()
    return 200, state.manager(manager_id)


def _next_lead(state: State, _: Seen, manager_id: str) -> Reply:
    manager = state.manager(manager_id)
    if len(manager["leads"]) >= manager["capacity"]:
        raise Refusal(409, "manager_full")
    waiting = [
        each
        for each in state.leads.values()
        if each["manager"] is None and each["status"] in {"pending", "reached_out"}
    ]
    if not waiting:
        raise Refusal(404, "no_lead_waiting")
    return 200, state.assign(waiting[0]["id"], manager_id)


_MANAGER: Final = r"/v1/managers/([^/]+)"
ROUTES: Final[Sequence[Route]] = (
    ("GET", "/v1/managers", _managers),
    ("POST", "/v1/managers", lambda s, asked: (201, s.add_manager(json.loads(asked.body)))),
    ("GET", _MANAGER, lambda state, _, each: (200, state.manager(each))),
    ("PATCH", _MANAGER, _change_manager),
    ("DELETE", _MANAGER, _remove_manager),
    ("POST", f"{_MANAGER}/restore", _restore),
    ("POST", f"{_MANAGER}/pause", _pause),
    ("POST", f"{_MANAGER}/resume", _resume),
    ("POST", f"{_MANAGER}/next-lead", _next_lead),
)
