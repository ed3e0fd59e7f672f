"""What stands between a client and a server, and does what such things do."""

import contextlib
import http.client
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

FORWARDED_WITHIN = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered instead of the server."""

    status: int
    body: bytes = b""
    kind: str = "text/html"
    location: str = ""

    @classmethod
    def problem(cls, status: int, code: str) -> Self:
        """Answer as Leadwire refuses."""
        body = json.dumps({"status": status, "code": code, "detail": f"{code}."}).encode()
        return cls(status=status, body=body, kind="application/problem+json")

    @classmethod
    def of(cls, value: object) -> Self:
        """Answer with JSON."""
        return cls(status=200, body=json.dumps(value).encode(), kind="application/json")


class Middleman:
    """Hands everything on, but for what it is told to do.

    Args:
        server: Where to.
        instead: By the beginning of the path (with its query), what is answered instead.
        slow: By the beginning of the path, the seconds that are taken.
        keeps: The path of requests that are handed on, but whose answers are not.
        holds_back: Whether an answer is handed on only when it has come whole.
        date: Written over the server's.
        cuts_after: In the last line of a stream that is handed on before it is cut.
        silent_after: Likewise of one that stays open, before nothing more of it is.
    """

    def __init__(
        self,
        server: str,
        *,
        instead: dict[str, Answer] | None = None,
        slow: dict[str, float] | None = None,
        keeps: str | None = None,
        holds_back: bool = False,
        date: str | None = None,
        cuts_after: bytes | None = None,
        silent_after: bytes | None = None,
    ) -> None:
        middleman, target = self, urlsplit(server)
        self.instead = instead or {}
        self.slow = slow or {}
        self.keeps = keeps
        self.holds_back = holds_back
        self.date = date
        self.cuts_after = cuts_after
        self.silent_after = silent_after

        class Bound(_Handler):
            between = middleman
            address = (target.hostname or "", target.port or 80)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    between: ClassVar[Middleman]
    address: ClassVar[tuple[str, int]]

    def answer(self) -> None:
        body = self._body()
        for beginning, seconds in self.between.slow.items():
            if self.path.startswith(beginning):
                threading.Event().wait(seconds)
        for beginning, answer in self.between.instead.items():
            if self.path.startswith(beginning):
                self._answer(answer)
                return
        with contextlib.suppress(ConnectionError, http.client.HTTPException):
            self._hand_on(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:
        return self.between.date or super().date_time_string(timestamp)

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        if answer.location:
            self.send_header("Location", answer.location)
        self.end_headers()
        self.wfile.write(answer.body)

    def _hand_on(self, body: bytes) -> None:
        connection = http.client.HTTPConnection(*self.address, timeout=FORWARDED_WITHIN)
        with contextlib.closing(connection):
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in {"host", "transfer-encoding"}
            }
            connection.request(self.command, self.path, body=body or None, headers=headers)
            response = connection.getresponse()
            if self.path == self.between.keeps:
                self._wait_for_their_end()
                return
            pieces = self._pieces(response)
            if self.between.holds_back:
                pieces = iter([b"".join(pieces)])
            self.send_response(response.status)
            self.send_header("Content-Type", response.getheader("Content-Type", ""))
            # Without a length, the end of the connection is the end of the answer.
            self.end_headers()
            for piece in pieces:
                self.wfile.write(piece)

    def _wait_for_their_end(self) -> None:
        self.connection.settimeout(FORWARDED_WITHIN)
        with contextlib.suppress(TimeoutError):
            self.rfile.read(1)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _pieces(self, response: http.client.HTTPResponse) -> Iterator[bytes]:
        stays_open = "follow=true" in self.path
        silent_after = self.between.silent_after if stays_open else None
        cuts_after = self.between.cuts_after if "follow=" in self.path else None
        last = cuts_after or silent_after
        while piece := response.read1(65536):
            if last is None or last not in piece:
                yield piece
                continue
            yield piece[: piece.index(b"\n", piece.index(last)) + 1]
            while silent_after is not None and response.read1(65536):
                pass
            return
