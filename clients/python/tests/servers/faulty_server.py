"""A server that does what a conformance case says; see `clients/conformance/README.md`."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

JSON = dict[str, Any]
GIVE_UP = 30.0
"""Seconds after which a connection that nobody closes is closed here."""


class FaultyServer:
    """Answers connection by connection.

    Args:
        connections: Of the case.
        bytes_at_once: Overrules what the case says.

    Attributes:
        answered: How many connections there were.
        wrong: What was asked otherwise than the case says.
    """

    def __init__(self, connections: list[JSON], *, bytes_at_once: int | None = None) -> None:
        self.answered = 0
        self.wrong: list[str] = []
        self._connections = connections
        self._bytes_at_once = bytes_at_once
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._sent_at = time.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=GIVE_UP)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(GIVE_UP)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection, contextlib.suppress(OSError):
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        target = _target(connection)
        number = self.answered
        self.answered += 1
        if number >= len(self._connections):
            self.wrong.append(f"connection {number + 1} was not expected: {target}")
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        script = self._connections[number]
        self._check(number, target, script.get("request", {}))
        self._respond(connection, script["response"])

    def _check(self, number: int, target: str, expected: JSON) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        for name, value in expected.get("query", {}).items():
            if query.get(name) != value:
                self.wrong.append(f"connection {number + 1}: {name} is {query.get(name)!r}")
        for name in expected.get("without", []):
            if name in query:
                self.wrong.append(f"connection {number + 1}: {name} was sent")
        waited = time.monotonic() - self._sent_at
        if waited < expected.get("after_s", 0.0) and number:
            self.wrong.append(f"connection {number + 1}: came after {waited:.3f} s")

    def _respond(self, connection: socket.socket, response: JSON) -> None:
        headers = {"Content-Type": "application/x-ndjson", **response.get("headers", {})}
        if "problem" in response:
            headers["Content-Type"] = "application/problem+json"
            problem = {"status": response["status"], "detail": "As the case says."}
            self._sent_at = time.monotonic()
            _send_whole(connection, response, headers, json.dumps(problem | response["problem"]))
        elif "text" in response:
            _send_whole(connection, response, headers, response["text"])
        else:
            headers |= {"Transfer-Encoding": "chunked", "Connection": "close"}
            _send_head(connection, response, headers)
            at_once = self._bytes_at_once or response.get("bytes_at_once")
            self._send_steps(connection, response.get("steps", []), at_once)

    def _send_steps(
        self, connection: socket.socket, steps: list[JSON], at_once: int | None
    ) -> None:
        # What belongs together is sent together, so that pieces go across frames, too.
        waiting = b""
        for step in steps:
            if step.keys() & {"pause_s", "stall", "cut"}:
                self._send(connection, waiting, at_once)
                waiting = b""
            if "pause_s" in step:
                threading.Event().wait(step["pause_s"])
            elif "stall" in step:
                while connection.recv(1024):
                    pass
                return
            elif "cut" in step:
                return
            else:
                waiting += bytes_of(step)
        self._send(connection, waiting, at_once)
        connection.sendall(b"0\r\n\r\n")

    def _send(self, connection: socket.socket, content: bytes, at_once: int | None) -> None:
        for piece in _pieces(content, at_once or len(content) or 1):
            # Before it is sent: the client may have come again before it is noted.
            self._sent_at = time.monotonic()
            connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))


def lead_id(number: int) -> str:
    """Give the id of a case's lead."""
    return f"00000000-0000-7000-8000-{number:012d}"


def bytes_of(step: JSON) -> bytes:
    """Give the bytes of a step."""
    if "text" in step:
        return str(step["text"]).encode()
    line = json.dumps(_frame(step), ensure_ascii=not step.get("raw_unicode", False)) + "\n"
    return line.encode()[: step.get("only_bytes")]


def _frame(step: JSON) -> JSON:
    match step:
        case {"hello": epoch}:
            heartbeat = step.get("heartbeat_s", 15)
            return {"type": "hello", "protocol": 1, "epoch": epoch, "heartbeat_s": heartbeat}
        case {"put": number, "rev": rev, "why": why}:
            head = {"type": "put", "id": lead_id(number), "rev": rev, "why": why}
            return {**head, "lead": _lead(number, rev, step), **step.get("frame", {})}
        case {"gone": number, "rev": rev, "why": why}:
            return {"type": "gone", "id": lead_id(number), "rev": rev, "why": why}
        case {"mark": cursor}:
            return {"type": "mark", "cursor": cursor, "lag_ms": 0}
        case {"synced": cursor}:
            return {"type": "synced", "cursor": cursor}
        case {"frame": frame}:
            return dict(frame)
    raise ValueError(f"no such step: {step}")


def _lead(number: int, rev: int, step: JSON) -> JSON:
    padding = {"padding": "x" * step["padding_bytes"]} if "padding_bytes" in step else {}
    return {
        "id": lead_id(number),
        "name": f"Name {number}",
        "family_name": "Family",
        "email": f"lead{number}@example.com",
        "cellphone": None,
        "status": "pending",
        "manager": None,
        "origin": "import",
        "import_id": None,
        "attributes": padding,
        "has_resume": False,
        "created_at": "2026-01-31T09:00:00Z",
        "updated_at": "2026-01-31T09:00:00Z",
        "rev": rev,
        "tags": {"contact": f"contact-{rev}", "work": None},
        **step.get("lead", {}),
    }


def _target(connection: socket.socket) -> str:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            raise OSError("the client hung up")
        received += piece
    return received.split(b" ", 2)[1].decode()


def _send_whole(connection: socket.socket, response: JSON, headers: JSON, text: str) -> None:
    content = text.encode()
    head = {**headers, "Content-Length": len(content), "Connection": "close"}
    _send_head(connection, response, head)
    connection.sendall(content)


def _send_head(connection: socket.socket, response: JSON, headers: JSON) -> None:
    lines = [f"HTTP/1.1 {response['status']} Status"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())


def _pieces(content: bytes, size: int) -> Iterator[bytes]:
    for offset in range(0, len(content), size):
        yield content[offset : offset + size]
