"""What the fake does about webhooks: it keeps them, and sends nothing."""

import json
from base64 import b64encode
from collections.abc import Sequence
from secrets import token_bytes
from typing import Final
from uuid import uuid4

from leadwire_client.testing.refusal import not_found
from leadwire_client.testing.routes.paging import JSON, Reply, Route, page
from leadwire_client.testing.rules import now
from leadwire_client.testing.seen import Seen
from leadwire_client.testing.state import State


def _add(state: State, request: Seen) -> Reply:
    moment = now()
    webhook = {
        "types": [],
        "description": "",
        "state": "enabled",
        **json.loads(request.body),
        "id": str(uuid4()),
        "created_at": moment,
        "updated_at": moment,
    }
    secret = webhook.pop("secret", None) or _new_secret()
    state.webhooks[webhook["id"]] = webhook
    return 201, {**webhook, "secret": secret}


def _webhook(state: State, webhook_id: str) -> JSON:
    if webhook_id not in state.webhooks:
        raise not_found("webhook")
    return state.webhooks[webhook_id]


def _change(state: State, request: Seen, webhook_id: str) -> Reply:
    webhook = _webhook(state, webhook_id)
    webhook.update(json.loads(request.body), updated_at=now())
    return 200, webhook


def _delete(state: State, _: Seen, webhook_id: str) -> Reply:
    state.webhooks.pop(webhook_id, None)
    return 204, None


def _rotate(state: State, request: Seen, webhook_id: str) -> Reply:
    asked = json.loads(request.body or b"{}")
    return 200, {**_webhook(state, webhook_id), "secret": asked.get("secret") or _new_secret()}


def _ping(state: State, _: Seen, webhook_id: str) -> Reply:
    _webhook(state, webhook_id)
    answer = {"event_id": str(uuid4()), "is_taken": True, "status": 204, "duration_ms": 0.0}
    return 200, {**answer, "error": None, "answer": ""}


def _retry(state: State, _: Seen, webhook_id: str) -> Reply:
    _webhook(state, webhook_id)
    return 200, {"retried": 0}


def _discard(state: State, _: Seen, webhook_id: str) -> Reply:
    _webhook(state, webhook_id)
    return 200, {"discarded": 0}


def _new_secret() -> str:
    return f"whsec_{b64encode(token_bytes(24)).decode()}"


_WEBHOOK: Final = r"/v1/webhooks/([^/]+)"
ROUTES: Final[Sequence[Route]] = (
    ("GET", "/v1/webhooks", lambda state, asked: page([*state.webhooks.values()], asked.query)),
    ("POST", "/v1/webhooks", _add),
    ("GET", _WEBHOOK, lambda state, _, each: (200, _webhook(state, each))),
    ("PATCH", _WEBHOOK, _change),
    ("DELETE", _WEBHOOK, _delete),
    ("POST", f"{_WEBHOOK}/rotate-secret", _rotate),
    ("POST", f"{_WEBHOOK}/test", _ping),
    ("POST", f"{_WEBHOOK}/retry", _retry),
    ("POST", f"{_WEBHOOK}/discard", _discard),
)
