"""What the fake does about replays: it keeps no events, and so sends none."""

import json
from collections.abc import Sequence
from typing import Final
from uuid import uuid4

from leadwire_client.testing.refusal import Refusal, not_found
from leadwire_client.testing.routes.paging import JSON, Reply, Route, page
from leadwire_client.testing.rules import now
from leadwire_client.testing.seen import Seen
from leadwire_client.testing.state import State


def _start(state: State, request: Seen) -> Reply:
    replay = {
        "to": None,
        "types": [],
        "subscription": None,
        "webhook_id": None,
        **json.loads(request.body),
        "id": str(uuid4()),
        "status": "running",
        "progress": {"total": 0, "sent": 0, "skipped": 0},
        "held_up_by": None,
        "error": None,
        "created_at": now(),
        "finished_at": None,
    }
    state.replays[replay["id"]] = replay
    return 202, replay


def _replay(state: State, replay_id: str) -> JSON:
    if replay_id not in state.replays:
        raise not_found("replay")
    return state.replays[replay_id]


def _show(state: State, _: Seen, replay_id: str) -> Reply:
    replay = dict(_replay(state, replay_id))
    if replay["status"] == "running" and state.replays_end:
        # It has come to its end when it is looked at the second time.
        state.replays[replay_id] = {**replay, "status": "completed", "finished_at": now()}
    return 200, replay


def _cancel(state: State, _: Seen, replay_id: str) -> Reply:
    replay = _replay(state, replay_id)
    if replay["status"] in {"completed", "failed"}:
        raise Refusal(409, "replay_ended")
    replay.update(status="cancelled", finished_at=replay["finished_at"] or now())
    return 200, replay


def _list(state: State, request: Seen) -> Reply:
    wanted = request.query.get("status")
    found = [each for each in state.replays.values() if wanted in {None, each["status"]}]
    return page(found[::-1], request.query)


_REPLAY: Final = r"/v1/replays/([^/]+)"
ROUTES: Final[Sequence[Route]] = (
    ("GET", "/v1/replays", _list),
    ("POST", "/v1/replays", _start),
    ("GET", _REPLAY, _show),
    ("POST", f"{_REPLAY}/cancel", _cancel),
)
