"""A lead is marked: when does another team's service have the event?

The time is from the sending of the request that marks a lead, to a manager-svc process, to the
arrival of `lead_interested_created` at a consumer of a durable queue on RabbitMQ: so the
request, the commit, the relay and the broker's confirmed storing are in it, and the time of
client and consumer themselves, who share one process. Every mark counts.
"""

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import aio_pika
import aiohttp
import asyncpg
import orjson

from bench.figures import Figure
from bench.mark_leads import held_by_all, new_service, open_office
from bench.servers import Servers
from leadwire.testing import eventually
from manager_svc.app import SERVICE

MARKS_PER_SECOND: Final = 50
WARM_UP_SECONDS: Final = 3
SECONDS: Final = 20
MANAGERS: Final = 50
WAITING: Final = 5_000
MOST_MS_P50: Final = 20.0
MOST_MS_P99: Final = 100.0

_EVENT: Final = "lead_interested_created"
_QUEUE: Final = "bench.delivery-latency"


class _Subscriber:
    """Notes when the event about each lead came."""

    def __init__(self) -> None:
        self.received_at: dict[str, int] = {}

    async def subscribe(self, connection: aio_pika.abc.AbstractConnection) -> None:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=100)
        queue = await channel.declare_queue(
            _QUEUE, durable=True, arguments={"x-queue-type": "quorum"}
        )
        await queue.bind("leadwire.events", routing_key=_EVENT)
        await queue.consume(self._receive)

    async def _receive(self, message: aio_pika.abc.AbstractIncomingMessage) -> None:
        now = time.perf_counter_ns()
        self.received_at.setdefault(orjson.loads(message.body)["data"]["lead"]["id"], now)
        await message.ack()


class _Office:
    """Marks what managers hold, at an even pace; each then gets the next lead."""

    def __init__(self, session: aiohttp.ClientSession, leads: Sequence[str]) -> None:
        self.sent_at: dict[str, int] = {}
        self._session = session
        self._held = asyncio.Queue[str]()
        for lead in leads:
            self._held.put_nowait(lead)

    async def mark_for(self, seconds: int) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with asyncio.TaskGroup() as tasks:
            for number in range(seconds * MARKS_PER_SECOND):
                await asyncio.sleep(started + number / MARKS_PER_SECOND - loop.time())
                tasks.create_task(self._mark(await self._held.get()))

    async def _mark(self, lead: str) -> None:
        self.sent_at[lead] = time.perf_counter_ns()
        body = {"status": "interested"}
        async with self._session.put(f"/v1/leads/{lead}/status", json=body) as response:
            self._held.put_nowait((await response.json())["next_lead"]["id"])


async def measure_delivery(servers: Servers) -> Sequence[Figure]:
    """Return how long an event takes from the request to a subscriber, 99 of 100 and the median."""
    async with AsyncExitStack() as stack:
        url = await servers.service_database(SERVICE.schema, SERVICE.migrations)
        database = await asyncpg.connect(url)
        stack.push_async_callback(database.close)
        await open_office(database, managers=MANAGERS, leads=WAITING)
        service = await new_service(servers, url, Path(stack.enter_context(TemporaryDirectory())))
        await service.start()
        stack.push_async_callback(service.stop)
        subscriber = _Subscriber()
        await subscriber.subscribe(
            await stack.enter_async_context(await aio_pika.connect(servers.rabbitmq_url))
        )
        session = await stack.enter_async_context(
            aiohttp.ClientSession(base_url=service.url, raise_for_status=True)
        )
        leads = await eventually(lambda: held_by_all(session, MANAGERS), within=30)
        office = _Office(session, leads)
        await office.mark_for(WARM_UP_SECONDS)
        office.sent_at.clear()
        await office.mark_for(SECONDS)
        await eventually(lambda: office.sent_at.keys() <= subscriber.received_at.keys(), within=30)
    return _figures(office.sent_at, subscriber.received_at)


def _figures(sent_at: Mapping[str, int], received_at: Mapping[str, int]) -> list[Figure]:
    milliseconds = [(received_at[lead] - sent) / 1e6 for lead, sent in sent_at.items()]
    hundredths = statistics.quantiles(milliseconds, n=100)
    return [
        _figure("delivery-latency", hundredths[98], most=MOST_MS_P99),
        _figure("delivery-latency-p50", hundredths[49], most=MOST_MS_P50),
    ]


def _figure(name: str, value: float, *, most: float) -> Figure:
    return Figure(name=name, value=value, unit="ms", limit=most, met=value < most)
