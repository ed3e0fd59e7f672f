"""What the fake does about parked events: what is requeued is handled at once, and gone."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from leadwire_client.testing.refusal import Refusal, not_found
from leadwire_client.testing.routes.paging import JSON, Reply, Route, page
from leadwire_client.testing.seen import Seen
from leadwire_client.testing.state import State

_WHOLE: Final = ("content_type", "headers", "body", "body_base64")


def park(state: State, service: str, fields: Mapping[str, Any]) -> JSON:
    """Set an event aside."""
    parked = state.parked.setdefault(service, {})
    number = len(parked) + len(state.decisions.get(service, [])) + 1
    event = {
        "id": f"{fields.get('place', 'consumer')}-{number}",
        "place": "consumer",
        "subscription": service if fields.get("place", "consumer") == "consumer" else None,
        "source": "leadwire/import-svc",
        "event_id": str(uuid4()),
        "type": "lead_updated",
        "reason": "gave up after 10 attempts",
        "attempts": 10,
        "parked_at": _now(),
        "content_type": "application/cloudevents+json",
        "headers": {},
        "body": "{}",
        "body_base64": None,
        **fields,
    }
    event["size"] = len(event["body"] or "")
    parked[event["id"]] = event
    return event


def _matching(state: State, request: Seen, service: str) -> list[JSON]:
    wanted = {name: request.query.get(name) for name in ("subscription", "type", "place")}
    return [
        each
        for each in state.parked.get(service, {}).values()
        if all(value in {None, each[name]} for name, value in wanted.items())
    ]


def _list(state: State, request: Seen, service: str) -> Reply:
    found = _matching(state, request, service)
    shown = [{k: v for k, v in each.items() if k not in _WHOLE} for each in found]
    return page(shown, request.query)


def _one(state: State, service: str, parked_id: str) -> JSON:
    found = state.parked.get(service, {}).get(parked_id)
    if found is None:
        raise not_found("parked_event")
    return found


def _decide(
    state: State, service: str, parked_id: str, decision: str, reason: str | None = None
) -> JSON:
    for earlier in state.decisions.get(service, []):
        if earlier["parked_id"] == parked_id:
            if earlier["decision"] != decision:
                raise Refusal(409, "already_decided")
            return earlier
    event = _one(state, service, parked_id)
    del state.parked[service][parked_id]
    names = ("subscription", "source", "event_id", "type")
    decided = {
        "parked_id": parked_id,
        "decision": decision,
        **{name: event[name] for name in names},
        "reason": reason,
        "decided_at": _now(),
    }
    state.decisions.setdefault(service, []).insert(0, decided)
    return decided


def _requeue_some(state: State, request: Seen, service: str) -> Reply:
    some = _matching(state, request, service)[: int(request.query["limit"])]
    for each in some:
        _decide(state, service, each["id"], "requeued")
    more = "more" if _matching(state, request, service) else None
    return 200, {"requeued": len(some), "refused": [], "next_cursor": more}


def _discard(state: State, request: Seen, service: str, parked_id: str) -> Reply:
    reason = request.query.get("reason")
    if not reason:
        raise Refusal(422, "invalid_request")
    _decide(state, service, parked_id, "discarded", reason)
    return 204, None


def _status(state: State, _: Seen, service: str) -> Reply:
    parked = list(state.parked.get(service, {}).values())
    in_outbox = sum(each["place"] == "outbox" for each in parked)
    own = {"name": service, "waiting": 0, "parked": len(parked) - in_outbox}
    return 200, {
        "service": service,
        "version": "1.2.3",
        "at": _now(),
        "outbox": {"pending": 0, "oldest_pending_seconds": 0.0, "parked": in_outbox},
        "subscriptions": [own],
        "missing": [],
    }


def _now() -> str:
    return datetime.now(UTC).isoformat()


_SERVICE: Final = r"/v1/ops/([^/]+)"
_PARKED: Final = rf"{_SERVICE}/parked"
_EVENT: Final = rf"{_PARKED}/([^/]+)"
ROUTES: Final[Sequence[Route]] = (
    ("GET", f"{_SERVICE}/status", _status),
    (
        "GET",
        f"{_SERVICE}/decisions",
        lambda state, asked, each: page(state.decisions.get(each, []), asked.query),
    ),
    ("GET", _PARKED, _list),
    ("POST", f"{_PARKED}/requeue", _requeue_some),
    ("GET", _EVENT, lambda state, _, *which: (200, _one(state, *which))),
    (
        "POST",
        f"{_EVENT}/requeue",
        lambda state, _, service, each: (200, _decide(state, service, each, "requeued")),
    ),
    ("DELETE", _EVENT, _discard),
)
