"""The fake's HTTP."""

import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from typing import ClassVar, Final
from urllib.parse import parse_qs, quote, urlsplit

from leadwire_client.resumes import ResumeLink
from leadwire_client.testing.refusal import Refusal, not_found
from leadwire_client.testing.routes import (
    access,
    imports,
    journal,
    leads,
    managers,
    ops,
    replays,
    webhooks,
)
from leadwire_client.testing.routes.paging import JSON, Reply
from leadwire_client.testing.seen import Seen
from leadwire_client.testing.state import State
from leadwire_client.testing.streaming import Telling

_ROUTES: Final = (
    *access.ROUTES,
    *leads.ROUTES,
    *managers.ROUTES,
    *imports.ROUTES,
    *journal.ROUTES,
    *ops.ROUTES,
    *replays.ROUTES,
    *webhooks.ROUTES,
)


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
        queries = parse_qs(parts.query)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = {name: values[-1] for name, values in queries.items()}
        request = Seen(self.command, parts.path, query, headers, self._body(), queries)
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
        self.fake.door.let_in(request)
        if request.path == "/v1/leads/stream":
            telling = Telling(self.fake, request.query, heartbeat=self.heartbeat_s)
            self._send_pieces("application/x-ndjson", telling.chunks())
            return
        if found := re.fullmatch(r"/v1/imports/([^/]+)/failures", request.path):
            receipt = imports.import_of(self.fake, found[1])
            lines = (json.dumps(each).encode() + b"\n" for each in receipt["failures"])
            self._send_pieces("application/x-ndjson", lines)
            return
        resume = re.fullmatch(r"/v1/leads/([^/]+)/resume", request.path)
        if resume and request.method == "GET":
            self._send_resume(resume[1])
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

    def _send_resume(self, lead_id: str) -> None:
        resume = self.fake.resumes.get(lead_id)
        if resume is None:
            raise not_found("resume")
        if isinstance(resume, ResumeLink):
            self._send(200, {"url": resume.url})
            return
        self.send_response(200)
        self.send_header("Content-Type", resume.media_type)
        self.send_header(
            "Content-Disposition", f"attachment; filename*=UTF-8''{quote(resume.name, safe='')}"
        )
        self.send_header("Content-Length", str(len(resume.content)))
        self.end_headers()
        self.wfile.write(resume.content)

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
