"""Many who follow live while leads change all the time: when does each of them know?

The time is from the publishing of a change's event, to RabbitMQ, to the arrival of its frame:
so broker, projection and stream are in it, and the readers' own time, who share one process
with the writer. Every frame at every follower counts.
"""

import asyncio
import re
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final
from urllib.parse import urlsplit

from bench.figures import Figure
from bench.processes import Peak, processor_seconds
from bench.servers import Servers
from bench.stream_service import SOURCE, contacts, empty_projection, fill, running_stream
from leadwire.broker import Accepted, Broker, broker_from_url
from leadwire.contracts import Contact, LeadUpdated, new_event, to_message
from leadwire.testing import eventually

FOLLOWERS: Final = 500
CHANGES_PER_SECOND: Final = 100
WARM_UP_SECONDS: Final = 3
SECONDS: Final = 20
LEADS: Final = 1_000
MOST_MS: Final = 100.0

_SENT_AT: Final = re.compile(rb'"sent_at":"(\d+)"')


class _Follower(asyncio.Protocol):
    """Reads a stream, and notes how long ago each change in it was written."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._rest = b""
        self.is_live = False
        self.milliseconds: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.WriteTransport):
            raise TypeError(f"cannot write to {transport}")
        transport.write(
            b"GET /v1/leads/stream?follow=true&start=now HTTP/1.1\r\n"
            b"Host: " + self._host.encode() + b"\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter_ns()
        whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
        if not self.is_live:
            self.is_live = b'"type":"synced"' in whole
        if newline:
            self.milliseconds += [(now - int(sent_at)) / 1e6 for sent_at in _SENT_AT.findall(whole)]


async def measure_followers(servers: Servers) -> Sequence[Figure]:
    """Return how long changes take to followers, 99 of 100 and the median, and what that costs."""
    async with AsyncExitStack() as stack:
        url, _ = await stack.enter_async_context(empty_projection(servers))
        leads = list(contacts(LEADS))
        await fill(url, leads)
        service = await stack.enter_async_context(running_stream(servers, url))
        broker = broker_from_url(servers.rabbitmq_url, name="bench")
        await broker.start()
        stack.push_async_callback(broker.stop)
        followers = await _follow(stack, service.url)
        writer = Writer(broker, leads)
        await writer.write(WARM_UP_SECONDS)
        await eventually(lambda: _all_have(followers, writer.written), within=60)
        for follower in followers:
            follower.milliseconds.clear()
        peak, before, started = Peak(), processor_seconds(service.pid), time.perf_counter()
        async with peak.of(service.pid):
            written = await writer.write(SECONDS)
            await eventually(lambda: _all_have(followers, written), within=60)
        taken = processor_seconds(service.pid) - before
        elapsed = time.perf_counter() - started
    return _figures(
        [each for follower in followers for each in follower.milliseconds],
        cores=taken / elapsed,
        mib=peak.mib,
    )


def _figures(milliseconds: Sequence[float], *, cores: float, mib: float) -> list[Figure]:
    hundredths = statistics.quantiles(milliseconds, n=100)
    return [
        Figure(
            name="stream-followers",
            value=hundredths[98],
            unit="ms",
            limit=MOST_MS,
            met=hundredths[98] < MOST_MS,
        ),
        Figure(name="stream-followers-p50", value=hundredths[49], unit="ms"),
        Figure(name="stream-followers-processor", value=cores, unit="cores"),
        Figure(name="stream-followers-memory", value=mib, unit="MiB"),
    ]


async def _follow(stack: AsyncExitStack, url: str) -> list[_Follower]:
    """Connect all followers, and wait until each is told what is new."""
    address = urlsplit(url)
    followers = []
    for _ in range(FOLLOWERS):
        transport, follower = await asyncio.get_running_loop().create_connection(
            lambda: _Follower(address.netloc), str(address.hostname), address.port or 80
        )
        stack.callback(transport.abort)
        followers.append(follower)
    await eventually(lambda: all(each.is_live for each in followers), within=60)
    return followers


def _all_have(followers: Sequence[_Follower], changes: int) -> bool:
    return all(len(each.milliseconds) == changes for each in followers)


class Writer:
    """Changes one lead after another, at an even pace.

    Args:
        broker: Where it says so.
        leads: Which ones; their newest state afterwards.
        filler: What a lead bears, beside the time.
    """

    def __init__(self, broker: Broker, leads: list[Contact], *, filler: str = "") -> None:
        self._broker = broker
        self._leads = leads
        self._filler = filler
        self.written = 0

    async def write(self, seconds: int) -> int:
        """Change leads for so many seconds; return how many changes that were."""
        loop = asyncio.get_running_loop()
        started, changes = loop.time(), seconds * CHANGES_PER_SECOND
        async with asyncio.TaskGroup() as tasks:
            for number in range(changes):
                await asyncio.sleep(started + number / CHANGES_PER_SECOND - loop.time())
                tasks.create_task(self._change())
        return changes

    async def _change(self) -> None:
        number = self.written % len(self._leads)
        lead = self._leads[number]
        sent_at = str(time.perf_counter_ns())
        attributes = {"sent_at": sent_at, "filler": self._filler}
        changed = lead.model_copy(update={"rev": lead.rev + 1, "attributes": attributes})
        self._leads[number] = changed
        self.written += 1
        event = new_event(LeadUpdated(lead=changed), source=SOURCE)
        outcomes = await self._broker.publish([to_message(event)])
        if not all(isinstance(outcome, Accepted) for outcome in outcomes):
            raise RuntimeError(f"a change was not accepted: {outcomes}")
