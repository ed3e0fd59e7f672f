"""Read request bodies within limits of size and time.

aiohttp bounds neither: a client that sends one byte a minute would hold a handler for
ever, and `request.content` knows no limit at all.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from leadwire.http.gunzip import BrokenGzipError, Gunzip
from leadwire.http.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a client must send; one that is slower is cut off with 408.

    Attributes:
        grace: Seconds that it may take for its body whatever its size.
        bytes_per_second: What it must keep up on average, beyond the grace.
        idle: Seconds that it may send nothing, however fast it was before.
    """

    grace: float
    bytes_per_second: float
    idle: float


PACE = Pace(grace=20.0, bytes_per_second=1024.0, idle=60.0)
HURRIED_PACE = Pace(grace=5.0, bytes_per_second=64 * 1024.0, idle=5.0)
"""For a client whose place others wait for; see `RequestBody.hurry`."""

MAX_GZIP_RATIO = 100
"""Most bytes that one byte of gzip may unpack to, beyond `GZIP_RATIO_FREE_BYTES`: tables and JSON
stay below 50, and what is made to cost its reader more than its sender reaches 1,000."""

GZIP_RATIO_FREE_BYTES = 16 * 1024**2

_PLAIN = ("", "identity")
_GZIP = ("gzip", "x-gzip")


class RequestBody:
    """The body of a request, as it comes in: for handlers that read a stream.

    A handler gets one by annotating its parameter `body` with this class. A body in gzip
    arrives unpacked, and the limit counts what it unpacks to. The application must leave
    bodies as they are (aiohttp's `auto_decompress` off).

    Args:
        request: Whose body to read; it can be read once.
        limit: Most bytes to accept.

    Attributes:
        received: Bytes that came in so far, as they were sent.
    """

    def __init__(self, *, request: web.Request, limit: int) -> None:
        self._request = request
        self._limit = limit
        self.received = 0
        self._waited = 0.0
        self._hurried = False
        self._wait: tuple[float, asyncio.Timeout] | None = None

    @property
    def is_there(self) -> bool:
        """Whether one was sent, or announced."""
        return self._request.body_exists

    @property
    def content_type(self) -> str:
        """Media type without parameters, in lower case; empty if the client named none."""
        return self._request.content_type if "Content-Type" in self._request.headers else ""

    @property
    def charset(self) -> str | None:
        """The `charset` parameter of the content type."""
        return self._request.charset

    @property
    def rate(self) -> float:
        """Bytes that came in for each second that they were waited for."""
        return self.received / max(self._waited_until_now(), 0.001)

    @property
    def hurried(self) -> bool:
        """Whether it was told to hurry."""
        return self._hurried

    def hurry(self) -> None:
        """Expect more of the client from now on, because others wait for its place.

        One that has sent nothing for long is cut off at once; one that sends well notices
        nothing.
        """
        self._hurried = True
        if self._wait is not None:
            began, deadline = self._wait
            if not deadline.expired():
                deadline.reschedule(began + self._patience())

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body in pieces as they arrive.

        Raises:
            Problem: 413 `body_too_large`; 415 `unsupported_encoding`; 408
                `request_timeout`; 400 `malformed_body` for broken chunking, or gzip that is
                broken, cut off, or unpacks to more than `MAX_GZIP_RATIO` times its size.
        """
        self.refuse_announced()
        gunzip = Gunzip() if self._encoding() in _GZIP else None
        packed = total = 0
        async for received in self._received():
            packed += len(received)
            for piece in _unpacked(received, gunzip):
                total += len(piece)
                if total > self._limit:
                    raise self._too_large()
                if total > GZIP_RATIO_FREE_BYTES and total > MAX_GZIP_RATIO * packed:
                    raise _too_dense()
                yield piece
        if gunzip is not None:
            with _broken_gzip_refused():
                gunzip.finish()

    async def read(self) -> bytes:
        """Return the whole body.

        Raises:
            Problem: See `chunks`.
        """
        return b"".join([chunk async for chunk in self.chunks()])

    def refuse_announced(self) -> None:
        """Refuse a body for what its headers say of it, before it is read.

        Raises:
            Problem: 413 `body_too_large`; 415 `unsupported_encoding`.
        """
        if self._encoding() not in {*_PLAIN, *_GZIP}:
            raise Problem(
                status=415,
                code="unsupported_encoding",
                detail="This Content-Encoding is not understood: send gzip or no encoding.",
                headers={"Accept-Encoding": "gzip"},
            )
        announced = self._request.content_length
        if announced is not None and announced > self._limit:
            raise self._too_large()

    def _encoding(self) -> str:
        given = self._request.headers.getall("Content-Encoding", [])
        return ", ".join(given).strip().lower()

    async def _received(self) -> AsyncIterator[bytes]:
        """Yield the bytes that the client sends, as they are."""
        while chunk := await self._next_chunk():
            self.received += len(chunk)
            if self.received > self._limit:
                raise self._too_large()
            yield chunk

    async def _next_chunk(self) -> bytes:
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(began + self._patience()) as deadline:
                self._wait = began, deadline
                return await self._request.content.readany()
        except TimeoutError:
            raise Problem(
                status=408,
                code="request_timeout",
                detail="The request body came too slowly. Send it again, faster.",
                headers={"Connection": "close"},
            ) from None
        except (web.RequestPayloadError, HttpProcessingError):
            raise malformed_body("The request body is broken: its chunks are not whole.") from None
        finally:
            self._waited, self._wait = self._waited_until_now(), None

    def _patience(self) -> float:
        """Seconds that the client has yet for its next bytes."""
        pace = HURRIED_PACE if self._hurried else PACE
        left = pace.grace + self.received / pace.bytes_per_second - self._waited
        return min(left, pace.idle)

    def _waited_until_now(self) -> float:
        if self._wait is None:
            return self._waited
        began, _ = self._wait
        return self._waited + asyncio.get_running_loop().time() - began

    def _too_large(self) -> Problem:
        return Problem(
            status=413,
            code="body_too_large",
            detail=f"The request body must not exceed {self._limit} bytes.",
            max_bytes=self._limit,
        )


def malformed_body(detail: str) -> Problem:
    """The problem of a body that breaks off or cannot be unpacked."""
    return Problem(
        status=400, code="malformed_body", detail=detail, headers={"Connection": "close"}
    )


def _too_dense() -> Problem:
    return malformed_body(
        f"The request body unpacks to more than {MAX_GZIP_RATIO} times its size, as no sound "
        "table does. Send it without gzip."
    )


def _unpacked(received: bytes, gunzip: Gunzip | None) -> Iterator[bytes]:
    if gunzip is None:
        yield received
        return
    with _broken_gzip_refused():
        yield from gunzip.feed(received)


@contextmanager
def _broken_gzip_refused() -> Iterator[None]:
    try:
        yield
    except BrokenGzipError:
        raise malformed_body(
            "The request body is not whole gzip: it is damaged or cut off. Send it again."
        ) from None
