"""A lead is marked: when does another team's service have the event?

The time is from the sending of the request that marks a lead, to a manager-svc process, to the
arrival of `lead_interested_created` at a consumer of a durable queue on RabbitMQ: so the
request, the commit, the relay and the broker's confirmed storing are in it, and the time of
client and consumer themselves, who share one process. Every mark counts.

Beside it stands what a bare message takes through the same broker at the same pace: how much of the
time, and of its spread, is the machine's.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import aio_pika
import aiohttp
import asyncpg
import orjson
from aio_pika.abc import AbstractConnection, AbstractIncomingMessage
from uuid_utils.compat import uuid7

from bench.figures import Figure
from bench.mark_leads import held_by_all, new_service, open_office
from bench.servers import Servers
from leadwire.testing import eventually
from manager_svc.app import SERVICE

PER_SECOND: Final = 50
WARM_UP_SECONDS: Final = 3
SECONDS: Final = 20
MANAGERS: Final = 50
WAITING: Final = 5_000
MOST_MS_P50: Final = 20.0
MOST_MS_P99: Final = 100.0

_EXCHANGE: Final = "leadwire.events"
_EVENT: Final = "lead_interested_created"
_BARE: Final = "bench_bare"

Moments = dict[str, int]
"""When, in nanoseconds, by the id of a lead."""

Send = Callable[[Moments], Coroutine[None, None, None]]
"""Sends something about a lead, and first notes when."""


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
        broker = await stack.enter_async_context(await aio_pika.connect(servers.rabbitmq_url))
        session = await stack.enter_async_context(
            aiohttp.ClientSession(base_url=service.url, raise_for_status=True)
        )
        office = _Office(
            session, await eventually(lambda: held_by_all(session, MANAGERS), within=30)
        )
        marked = await _delays(office.mark, await _subscribe(broker, _EVENT))
        bare = await _delays(await _publisher(broker), await _subscribe(broker, _BARE))
    return [
        *_figures("delivery-latency", marked, most_p99=MOST_MS_P99, most_p50=MOST_MS_P50),
        *_figures("delivery-latency-bare", bare),
    ]


class _Office:
    """Managers who mark what they hold; each then gets the next lead."""

    def __init__(self, session: aiohttp.ClientSession, leads: Sequence[str]) -> None:
        self._session = session
        self._held = asyncio.Queue[str]()
        for lead in leads:
            self._held.put_nowait(lead)

    async def mark(self, sent_at: Moments) -> None:
        lead = await self._held.get()
        sent_at[lead] = time.perf_counter_ns()
        body = {"status": "interested"}
        async with self._session.put(f"/v1/leads/{lead}/status", json=body) as response:
            self._held.put_nowait((await response.json())["next_lead"]["id"])


async def _publisher(connection: AbstractConnection) -> Send:
    """Return what publishes the barest event about a lead."""
    exchange = await (await connection.channel()).get_exchange(_EXCHANGE)

    async def publish(sent_at: Moments) -> None:
        lead = str(uuid7())
        sent_at[lead] = time.perf_counter_ns()
        body = orjson.dumps({"data": {"lead": {"id": lead}}})
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await exchange.publish(message, routing_key=_BARE)

    return publish


async def _subscribe(connection: AbstractConnection, event_type: str) -> Moments:
    """Consume events of a type; the returned fills with when the event about each lead came."""
    received_at: Moments = {}

    async def receive(message: AbstractIncomingMessage) -> None:
        now = time.perf_counter_ns()
        received_at.setdefault(orjson.loads(message.body)["data"]["lead"]["id"], now)
        await message.ack()

    channel = await connection.channel()
    await channel.set_qos(prefetch_count=100)
    queue = await channel.declare_queue(
        f"bench.{event_type}", durable=True, arguments={"x-queue-type": "quorum"}
    )
    await queue.bind(_EXCHANGE, routing_key=event_type)
    await queue.consume(receive)
    return received_at


async def _delays(send: Send, received_at: Mapping[str, int]) -> list[float]:
    """Send at an even pace; return the milliseconds from each sending to its arrival."""
    await _send_for(WARM_UP_SECONDS, send)
    sent_at = await _send_for(SECONDS, send)
    await eventually(lambda: sent_at.keys() <= received_at.keys(), within=30)
    return [(received_at[lead] - sent) / 1e6 for lead, sent in sent_at.items()]


async def _send_for(seconds: int, send: Send) -> Moments:
    loop, sent_at = asyncio.get_running_loop(), Moments()
    started = loop.time()
    async with asyncio.TaskGroup() as tasks:
        for number in range(seconds * PER_SECOND):
            await asyncio.sleep(started + number / PER_SECOND - loop.time())
            tasks.create_task(send(sent_at))
    return sent_at


def _figures(
    name: str,
    milliseconds: Sequence[float],
    *,
    most_p99: float | None = None,
    most_p50: float | None = None,
) -> list[Figure]:
    hundredths = statistics.quantiles(milliseconds, n=100)
    return [
        _figure(name, hundredths[98], most=most_p99),
        _figure(f"{name}-p50", hundredths[49], most=most_p50),
    ]


def _figure(name: str, value: float, *, most: float | None) -> Figure:
    met = None if most is None else value < most
    return Figure(name=name, value=value, unit="ms", limit=most, met=met)
