"""The fake's HTTP: which path does what."""

import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, urlsplit

from leadwire_client.testing.filtering import filters_of, matches
from leadwire_client.testing.importing import run_import, shown
from leadwire_client.testing.refusal import Refusal, not_found
from leadwire_client.testing.state import State
from leadwire_client.testing.streaming import Telling

JSON = dict[str, Any]
Reply = tuple[int, JSON | None]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came.

    Attributes:
        headers: By lower-case name.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    fake: ClassVar[State]
    refuse: ClassVar[list[Refusal]]
    seen: ClassVar[list[Seen]]
    heartbeat_s: ClassVar[float]

    def answer(self) -> None:
        """Answer one request."""
        parts = urlsplit(self.path)
        self._queries = parse_qs(parts.query)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = {name: values[-1] for name, values in self._queries.items()}
        request = Seen(self.command, parts.path, query, headers, self._body())
        self.seen.append(request)
        try:
            self._dispatch(request)
        except Refusal as refusal:
            self._send(refusal.status, refusal.body(), refusal.headers(), "problem+json")
        except (json.JSONDecodeError, UnicodeDecodeError):
            self._send(400, Refusal(400, "malformed_json").body(), {}, "problem+json")
        except ConnectionError:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - names of the library

    def log_message(self, *_: object) -> None:
        """Say nothing: tests have their own output."""

    def _dispatch(self, request: Seen) -> None:
        if self.refuse:
            raise self.refuse.pop(0)
        if request.path == "/v1/leads/stream":
            telling = Telling(self.fake, request.query, heartbeat=self.heartbeat_s)
            self._send_pieces("application/x-ndjson", telling.chunks())
            return
        if found := re.fullmatch(r"/v1/imports/([^/]+)/failures", request.path):
            receipt = _import(self.fake, found[1])
            lines = (json.dumps(each).encode() + b"\n" for each in receipt["failures"])
            self._send_pieces("application/x-ndjson", lines)
            return
        with self.fake.changed:
            status, body = self._once(request)
        self._send(status, body)

    def _once(self, request: Seen) -> Reply:
        """Answer; again with the same answer if the same idempotency key comes again."""
        key = request.headers.get("idempotency-key")
        if key is None:
            return self._routed(request)
        digest = sha256(request.body).hexdigest()
        kept = self.fake.answers.get(key)
        if kept is None:
            status, body = self._routed(request)
            self.fake.answers[key] = (status, {"digest": digest, "body": body})
            return status, body
        if kept[1]["digest"] != digest:
            raise Refusal(422, "idempotency_key_reused")
        return kept[0], kept[1]["body"]

    def _routed(self, request: Seen) -> Reply:
        for method, pattern, reply in _ROUTES:
            found = re.fullmatch(pattern, request.path)
            if found and method == request.method:
                return reply(self.fake, request, *found.groups())
        if (request.method, request.path) == ("POST", "/v1/imports"):
            return _add_import(self.fake, request, self._queries)
        raise not_found("path")

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b"".join(self._chunks())
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().strip() or b"0", 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _send(
        self,
        status: int,
        body: JSON | None,
        headers: Mapping[str, str] | None = None,
        kind: str = "json",
    ) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"application/{kind}")
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _send_pieces(self, kind: str, pieces: Iterable[bytes]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        if kind == "application/x-ndjson" and "follow=true" in self.path:
            # Only a cut ends such a stream.
            self.close_connection = True
            return
        self.wfile.write(b"0\r\n\r\n")


def _page(items: Sequence[JSON], query: Mapping[str, str]) -> Reply:
    start = int(query.get("cursor", 0))
    end = start + int(query.get("limit", 100))
    more = str(end) if end < len(items) else None
    return 200, {"items": list(items[start:end]), "next_cursor": more}


def _leads(state: State, request: Seen) -> Reply:
    filters = filters_of(request.query, "cursor", "limit")
    return _page([each for each in state.leads.values() if matches(each, filters)], request.query)


def _count(state: State, request: Seen) -> Reply:
    filters = filters_of(request.query)
    by_status = dict.fromkeys(("pending", "reached_out", "interested", "not_interested"), 0)
    for lead in state.leads.values():
        if matches(lead, filters):
            by_status[lead["status"]] += 1
    return 200, {"total": sum(by_status.values()), "by_status": by_status}


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
    return 200, state.mark(lead_id, json.loads(request.body)["status"])


def _assign(state: State, request: Seen, lead_id: str) -> Reply:
    _match(request, state.lead(lead_id)["tags"]["work"])
    asked = json.loads(request.body)
    holder = state.lead(lead_id)["manager"]
    if holder and holder["id"] != asked["manager_id"] and not asked.get("reassign"):
        raise Refusal(409, "lead_taken")
    return 200, state.assign(lead_id, asked["manager_id"])


def _match(request: Seen, tag: str | None) -> None:
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted.strip('"') != tag:
        raise Refusal(412, "precondition_failed", current=tag)


def _managers(state: State, request: Seen) -> Reply:
    part, wanted = request.query.get("q", "").lower(), request.query.get("state")
    found = [state.manager(each) for each in state.managers]
    named = [each for each in found if part in each["name"].lower()]
    return _page([each for each in named if wanted in {None, each["state"]}], request.query)


def _change_manager(state: State, request: Seen, manager_id: str) -> Reply:
    state.manager(manager_id)
    state.managers[manager_id].update(json.loads(request.body))
    state.managers[manager_id]["rev"] += 1
    state.match()
    return 200, state.manager(manager_id)


def _remove_manager(state: State, _: Seen, manager_id: str) -> Reply:
    held = state.manager(manager_id)["leads"]
    del state.managers[manager_id]
    for lead in held:
        state.assign(lead["id"], None)
    state.match()
    return 204, None


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


def _add_import(state: State, request: Seen, queries: Mapping[str, list[str]]) -> Reply:
    kind = request.headers.get("content-type", "").partition(";")[0]
    receipt = run_import(state, request.body, kind, queries)
    if receipt["dry_run"]:
        return 200, shown(receipt)
    if request.headers.get("prefer") == "respond-async":
        done = len(request.body)
        progress = {"bytes_done": 0, "bytes_total": done}
        running = {"status": "running", "finished_at": None, "progress": progress}
        state.imports[receipt["id"]] = {**receipt, **running, "then": receipt}
        return 202, {**shown(receipt), **running}
    state.imports[receipt["id"]] = receipt
    return 200, shown(receipt)


def _import(state: State, import_id: str) -> JSON:
    if import_id not in state.imports:
        raise not_found("import")
    return state.imports[import_id]


def _receipt(state: State, _: Seen, import_id: str) -> Reply:
    receipt = dict(_import(state, import_id))
    # A background import has come to its end when it is looked at the second time.
    state.imports[import_id] = receipt.pop("then", receipt)
    return 200, shown(receipt)


def _cancel(state: State, _: Seen, import_id: str) -> Reply:
    receipt = dict(_import(state, import_id))
    if receipt["status"] in {"completed", "failed"}:
        raise Refusal(409, "import_ended")
    state.imports[import_id] = {**receipt.pop("then", receipt), "status": "cancelled"}
    return 200, shown(state.imports[import_id])


_LEAD: Final = r"/v1/leads/([^/]+)"
_MANAGER: Final = r"/v1/managers/([^/]+)"
_IMPORT: Final = r"/v1/imports/([^/]+)"
_ROUTES: Final[Sequence[tuple[str, str, Callable[..., Reply]]]] = (
    ("GET", "/v1/leads", _leads),
    ("GET", "/v1/leads/count", _count),
    ("POST", "/v1/leads", lambda state, asked: (201, state.add_lead(json.loads(asked.body)))),
    ("GET", _LEAD, lambda state, _, each: (200, state.lead(each))),
    ("PATCH", _LEAD, _change),
    ("DELETE", _LEAD, _erase),
    ("PUT", f"{_LEAD}/status", _mark),
    ("PUT", f"{_LEAD}/assignee", _assign),
    ("DELETE", f"{_LEAD}/assignee", lambda state, _, each: (200, state.assign(each, None))),
    ("GET", f"{_LEAD}/history", lambda s, asked, each: _page(s.history.get(each, []), asked.query)),
    ("GET", "/v1/managers", _managers),
    ("POST", "/v1/managers", lambda s, asked: (201, s.add_manager(json.loads(asked.body)))),
    ("GET", _MANAGER, lambda state, _, each: (200, state.manager(each))),
    ("PATCH", _MANAGER, _change_manager),
    ("DELETE", _MANAGER, _remove_manager),
    ("POST", f"{_MANAGER}/pause", _pause),
    ("POST", f"{_MANAGER}/resume", _resume),
    ("POST", f"{_MANAGER}/next-lead", _next_lead),
    ("GET", "/v1/imports", lambda s, asked: _page(list(s.imports.values())[::-1], asked.query)),
    ("GET", _IMPORT, _receipt),
    ("POST", f"{_IMPORT}/cancel", _cancel),
)
