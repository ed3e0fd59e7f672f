"""A client that sends exactly the bytes that it is given."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

_WITHIN = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: dict[str, list[str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the only value of a header; None without it."""
        values = self.headers.get(name.lower(), [])
        assert len(values) <= 1, f"{name} twice: {values}"
        return values[0] if values else None

    def problem(self) -> dict[str, Any]:
        """Return the problem that it is."""
        assert self.header("Content-Type") == "application/problem+json", self
        problem: dict[str, Any] = json.loads(self.body)
        assert set(problem) >= {"type", "title", "status", "code", "detail", "request_id"}
        assert problem["status"] == self.status
        assert problem["type"] == f"urn:leadwire:problem:{problem['code']}"
        assert problem["request_id"] == self.header("X-Request-Id")
        return problem

    @property
    def code(self) -> str:
        """The code of the problem that it is."""
        return str(self.problem()["code"])


class Connection:
    """A connection to the gateway."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)
        await self._writer.drain()

    async def head(self) -> Answer:
        """Read an answer up to its body."""
        async with asyncio.timeout(_WITHIN):
            raw = await self.reader.readuntil(b"\r\n\r\n")
        line, *lines = raw.decode().rstrip("\r\n").split("\r\n")
        headers: dict[str, list[str]] = {}
        for name, _, value in (each.partition(": ") for each in lines):
            headers.setdefault(name.lower(), []).append(value)
        return Answer(int(line.split()[1]), headers, b"")

    async def answer(self) -> Answer:
        """Read an answer, and its body to the end of the connection or by its length."""
        head = await self.head()
        length = head.header("Content-Length")
        async with asyncio.timeout(_WITHIN):
            body = await (
                self.reader.read() if length is None else self.reader.readexactly(int(length))
            )
        return Answer(head.status, head.headers, body)

    def leave(self) -> None:
        """Go away without a word."""
        self._writer.transport.abort()


@asynccontextmanager
async def connected(port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Connection]:
    """Connect to a port of this machine."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=tls, server_hostname="localhost" if tls else None
    )
    connection = Connection(reader, writer)
    try:
        yield connection
    finally:
        connection.leave()


async def exchange(port: int, raw: bytes, tls: ssl.SSLContext | None = None) -> Answer:
    """Send one request on a connection of its own, and read the answer."""
    async with connected(port, tls) as connection:
        await connection.send(raw)
        return await connection.answer()


def request(
    method: str, target: str, *headers: str, body: bytes = b"", host: str = "localhost"
) -> bytes:
    """Return the bytes of a request, of which nothing is looked at."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
    if body or method in {"POST", "PUT", "PATCH"}:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
