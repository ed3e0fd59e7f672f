"""Many who read more slowly than is written, for ten minutes: does the service grow?

They fall behind the tailer's ring after a minute or so, and from then on each reads in the log by
itself, further behind every minute. What they have yet to read is hundreds of times what the
service may hold of it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from bench.figures import Figure
from bench.processes import Peak
from bench.servers import Servers
from bench.stream_followers import Writer
from bench.stream_service import contacts, empty_projection, fill, running_stream
from leadwire.broker import broker_from_url

READERS: Final = 100
MINUTES: Final = 10
WARM_UP_MINUTES: Final = 3
"""After them every reader reads in the log."""

MOST_GROWTH: Final = 1.1
LEADS: Final = 1_000
FILLER: Final = "x" * 4_000
_BYTES_AT_ONCE: Final = 32 * 1024
_PAUSE: Final = 0.25
_HEAR_WITHIN: Final = 60.0


async def measure_slow_readers(servers: Servers) -> Sequence[Figure]:
    """Return the memory of the last minute, which may be little more than after the warm-up."""
    async with contextlib.AsyncExitStack() as stack:
        url, _ = await stack.enter_async_context(empty_projection(servers))
        leads = list(contacts(LEADS))
        await fill(url, leads)
        service = await stack.enter_async_context(running_stream(servers, url))
        broker = broker_from_url(servers.rabbitmq_url, name="bench")
        await broker.start()
        stack.push_async_callback(broker.stop)
        writer = Writer(broker, leads, filler=FILLER)
        readers = _Readers(service.url)
        async with readers.reading():
            minutes = [await _minute(writer, service.pid) for _ in range(MINUTES)]
    return _figures(minutes, readers)


async def _minute(writer: Writer, pid: int) -> float:
    """Change leads for a minute; return the peak of memory in it, in MiB."""
    peak = Peak()
    async with peak.of(pid):
        await writer.write(60)
    return peak.mib


def _figures(minutes: Sequence[float], readers: "_Readers") -> list[Figure]:
    before, last = minutes[WARM_UP_MINUTES - 1], minutes[-1]
    limit = before * MOST_GROWTH
    return [
        Figure(
            name="stream-slow-readers-memory",
            value=last,
            unit="MiB",
            limit=limit,
            met=last <= limit,
        ),
        Figure(name="stream-slow-readers-peak", value=max(minutes), unit="MiB"),
        Figure(name="stream-slow-readers-read", value=readers.bytes_read / 2**20, unit="MiB"),
        Figure(name="stream-slow-readers-cut", value=readers.cut, unit="streams"),
    ]


class _Readers:
    """Take a little of the stream at a time.

    Attributes:
        bytes_read: By all of them.
        cut: How many streams ended before they were left.
    """

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self.bytes_read = 0
        self.cut = 0

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Read within this context."""
        readers = [asyncio.create_task(self._read_slowly()) for _ in range(READERS)]
        try:
            yield
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)

    async def _read_slowly(self) -> None:
        host, port = str(self._address.hostname), self._address.port
        reader, writer = await asyncio.open_connection(host, port, limit=_BYTES_AT_ONCE)
        try:
            writer.write(
                b"GET /v1/leads/stream?follow=true&start=now HTTP/1.1\r\n"
                b"Host: " + self._address.netloc.encode() + b"\r\n\r\n"
            )
            while piece := await asyncio.wait_for(reader.read(_BYTES_AT_ONCE), _HEAR_WITHIN):
                self.bytes_read += len(piece)
                await asyncio.sleep(_PAUSE)
            self.cut += 1
        except (ConnectionError, TimeoutError):
            self.cut += 1
        finally:
            writer.close()
