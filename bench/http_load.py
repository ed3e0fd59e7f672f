"""Requests over HTTP as fast as some clients can send them, for as little as that may cost.

Load that shares the processors with what is measured is measured, too. pgbench, the limit of
requests, takes little; a full HTTP client would take as long as the service itself. So this one
has the bytes of each request at hand, and of an answer reads the status and the length.
"""

import asyncio
import time
from collections.abc import Iterator
from itertools import count
from typing import Final
from urllib.parse import urlsplit

import orjson

ANSWERS_WITHIN: Final = 30.0
"""Seconds that an answer may take."""


class RefusedError(Exception):
    """A request got another answer than success."""


def json_request(method: str, path: str, body: object) -> bytes:
    """Write a request with a JSON body, on a connection that is kept."""
    content = orjson.dumps(body)
    return (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    ).encode() + content


async def requests_per_second(
    url: str, requests: Iterator[bytes], *, clients: int, seconds: float
) -> float:
    """Let each client send one request after another; return the answers per second.

    Args:
        url: Address of the service.
        requests: As many as it takes.
        clients: Connections, each with one request at a time.
        seconds: How long requests are sent.

    Raises:
        RefusedError: An answer was no success.
    """
    started = time.perf_counter()
    ends_at = started + seconds
    answers = await asyncio.gather(*(_send_until(ends_at, url, requests) for _ in range(clients)))
    return sum(answers) / (time.perf_counter() - started)


async def _send_until(ends_at: float, url: str, requests: Iterator[bytes]) -> int:
    reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
    try:
        for sent in count():
            if time.perf_counter() > ends_at:
                return sent
            writer.write(next(requests))
            await asyncio.wait_for(_read_answer(reader), ANSWERS_WITHIN)
    finally:
        writer.close()
    raise AssertionError("it counts for ever")


async def _read_answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    fields = head.lower().split(b"\r\n")
    [length] = [int(field[15:]) for field in fields if field.startswith(b"content-length:")]
    content = await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 2"):
        raise RefusedError((head + content).decode(errors="replace"))
