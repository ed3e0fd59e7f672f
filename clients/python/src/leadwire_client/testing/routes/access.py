"""What the fake tells of who asks."""

import json
from collections.abc import Sequence
from typing import Final
from uuid import uuid4

from leadwire_client.testing.door import LOG_IN
from leadwire_client.testing.refusal import Refusal
from leadwire_client.testing.routes.paging import Reply, Route
from leadwire_client.testing.seen import Seen
from leadwire_client.testing.state import State


def _log_in(state: State, asked: Seen) -> Reply:
    door = state.door
    if not door.users:
        raise Refusal(404, "access_off")
    given = json.loads(asked.body)
    name = given.get("username")
    if name not in door.users or door.users[name] != given.get("password"):
        raise Refusal(401, "unauthorized")
    token = str(uuid4())
    door.tokens[token] = name
    told = {"access_token": token, "token_type": "Bearer", "expires_in": door.lifetime}
    return 200, {**told, "name": name, "roles": ["admin"], "manager_id": None}


def _me(state: State, asked: Seen) -> Reply:
    door = state.door
    known = {"roles": ["admin"], "manager_id": None, "expires_at": None}
    return 200, {**known, "name": door.name_of(asked), "auth": "on" if door.users else "off"}


ROUTES: Final[Sequence[Route]] = (
    ("POST", LOG_IN, _log_in),
    ("GET", "/v1/auth/me", _me),
)
