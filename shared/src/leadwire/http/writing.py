"""Write answers to clients that may read slowly, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

WRITE_WITHIN: Final = 60.0
"""Seconds that a client may take to read what was ready at once."""


class SlowReaderError(ConnectionError):
    """The client did not take in time what was sent to it; it was cut off."""


@asynccontextmanager
async def write_within(
    request: web.Request, *, seconds: float | None = None
) -> AsyncIterator[None]:
    """Bound the writes to a client: aiohttp itself would wait for ever for one that reads nothing.

    Only writes belong into it, each for itself: what is produced for the client takes its
    own time.

    Args:
        request: Whose client it is.
        seconds: Time for what is written in the context; `WRITE_WITHIN` unless told.

    Raises:
        SlowReaderError: The time is over; the connection is cut.
    """
    try:
        async with asyncio.timeout(WRITE_WITHIN if seconds is None else seconds):
            yield
    except TimeoutError:
        cut(request)
        raise SlowReaderError("the client reads too slowly") from None


def cut(request: web.Request) -> None:
    """End a request's connection at once, so that its client sees that the answer is not whole."""
    if request.transport is not None:
        request.transport.abort()
