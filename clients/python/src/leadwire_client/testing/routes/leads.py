"""What the fake does about leads."""

import json
from collections.abc import Sequence
from typing import Final

from leadwire_client.testing.filtering import filters_of, matches, searched, sorted_by
from leadwire_client.testing.forms import form_of
from leadwire_client.testing.refusal import Refusal, not_found
from leadwire_client.testing.routes.paging import Reply, Route, page
from leadwire_client.testing.seen import Seen
from leadwire_client.testing.state import State


def _leads(state: State, request: Seen) -> Reply:
    filters = filters_of(request.query, "cursor", "limit", "q", "sort")
    found = [each for each in state.leads.values() if matches(each, filters)]
    return page(sorted_by(searched(found, request.query), request.query), request.query)


def _count(state: State, request: Seen) -> Reply:
    filters = filters_of(request.query, "q")
    by_status = dict.fromkeys(("pending", "reached_out", "interested", "not_interested"), 0)
    found = [each for each in state.leads.values() if matches(each, filters)]
    for lead in searched(found, request.query):
        by_status[lead["status"]] += 1
    return 200, {"total": sum(by_status.values()), "by_status": by_status}


def _create(state: State, request: Seen) -> Reply:
    fields, resume = form_of(request)
    lead = state.add_lead({**fields, "has_resume": resume is not None})
    if resume is not None:
        state.resumes[lead["id"]] = resume
    return 201, {"status": "received"} if state.conceals else lead


def _replace_resume(state: State, request: Seen, lead_id: str) -> Reply:
    _match(request, state.lead(lead_id)["tags"]["contact"])
    _, resume = form_of(request)
    if resume is None:
        raise Refusal(422, "invalid_request")
    state.resumes[lead_id] = resume
    return 200, state.change(lead_id, "contact", has_resume=True)


def _change(state: State, request: Seen, lead_id: str) -> Reply:
    _match(request, state.lead(lead_id)["tags"]["contact"])
    changes = json.loads(request.body)
    attributes = {**state.lead(lead_id)["attributes"], **(changes.pop("attributes", None) or {})}
    kept = {name: value for name, value in attributes.items() if value is not None}
    return 200, state.change(lead_id, "contact", **changes, attributes=kept)


def _erase(state: State, request: Seen, lead_id: str) -> Reply:
    _match(request, state.lead(lead_id)["tags"]["contact"])
    state.erase(lead_id)
    return 204, None


def _mark(state: State, request: Seen, lead_id: str) -> Reply:
    _match(request, state.lead(lead_id)["tags"]["work"])
    asked = json.loads(request.body)
    return 200, state.mark(lead_id, asked["status"], reason=asked.get("reason"))


def _assign(state: State, request: Seen, lead_id: str) -> Reply:
    _match(request, state.lead(lead_id)["tags"]["work"])
    asked = json.loads(request.body)
    holder = state.lead(lead_id)["manager"]
    if holder and holder["id"] != asked["manager_id"] and not asked.get("reassign"):
        raise Refusal(409, "lead_taken")
    return 200, state.assign(lead_id, asked["manager_id"], reason=asked.get("reason"))


def _release(state: State, request: Seen, lead_id: str) -> Reply:
    lead = state.lead(lead_id)
    _match(request, lead["tags"]["work"])
    holder = lead["manager"]["id"] if lead["manager"] else None
    if holder is None or request.query.get("manager_id", holder) != holder:
        return 200, lead
    return 200, state.assign(lead_id, None, reason=request.query.get("reason"))


def _explain(state: State, _: Seen, lead_id: str) -> Reply:
    lead = state.lead(lead_id)
    found = [each for each in state.history.get(lead_id, []) if each["event"] == "lead_assigned"]
    if not found:
        raise not_found("assignment")
    last = found[-1]
    return 200, {
        "manager": last["manager"],
        "assigned_at": last["at"],
        "actor": last["actor"],
        "rule": "oldest_first",
        "free": [{"manager": last["manager"], "since": last["at"], "verdict": "chosen"}],
        "more_free": False,
        "oldest_lead": {"id": lead["id"], "created_at": lead["created_at"]},
    }


def _match(request: Seen, tag: str | None) -> None:
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted.strip('"') != tag:
        raise Refusal(412, "precondition_failed", current=tag)


_LEAD: Final = r"/v1/leads/([^/]+)"
ROUTES: Final[Sequence[Route]] = (
    ("GET", "/v1/leads", _leads),
    ("GET", "/v1/leads/count", _count),
    ("POST", "/v1/leads", _create),
    ("GET", _LEAD, lambda state, _, each: (200, state.lead(each))),
    ("PATCH", _LEAD, _change),
    ("DELETE", _LEAD, _erase),
    ("PUT", f"{_LEAD}/resume", _replace_resume),
    ("PUT", f"{_LEAD}/status", _mark),
    ("PUT", f"{_LEAD}/assignee", _assign),
    ("DELETE", f"{_LEAD}/assignee", _release),
    ("GET", f"{_LEAD}/assignment", _explain),
    ("GET", f"{_LEAD}/history", lambda s, asked, each: page(s.history.get(each, []), asked.query)),
)
