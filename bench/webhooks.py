"""Deliveries to one webhook, against bare aiohttp posts of the same bodies.

Both post to the same process on loopback, as many at once over connections that are kept. The
service also claims the deliveries from Postgres, reads their bodies from the journal, signs them,
and writes down what came of each.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from operator import truediv
from typing import Final

import aiohttp
from prometheus_client import CollectorRegistry
from uuid_utils.compat import uuid7

from bench.figures import Figure
from bench.servers import Servers
from leadwire.db import Database
from leadwire.outbox import Outbox
from leadwire.testing import eventually
from notifier_svc.app import SERVICE
from notifier_svc.domain.events import ReceivedEvent
from notifier_svc.domain.urls import Reach, networks_of
from notifier_svc.domain.webhooks import WebhookState, new_secret
from notifier_svc.endpoints import EndpointClient
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.storage.journal import JournalStore
from notifier_svc.storage.webhooks import WebhookStore
from notifier_svc.usecases.deliver_events import AT_ONCE, EventDeliverer, WebhookPolicy
from notifier_svc.usecases.record_event import record_event
from notifier_svc.usecases.send_event import EventSender
from notifier_svc.usecases.webhook_loop import WebhookLoop

EVENTS: Final = 4_000
BODY_BYTES: Final = 1_024
ROUNDS: Final = 3
WITHIN: Final = 300.0
_REACH: Final = Reach(networks=networks_of("127.0.0.1"), http=True)
_BODY: Final = b'{"filler": "' + b"x" * (BODY_BYTES - 14) + b'"}'


async def measure_webhooks(servers: Servers) -> Sequence[Figure]:
    """Return deliveries per second to one webhook and bare posts, in turn."""
    values, limits = [], []
    async with AsyncExitStack() as stack:
        url = await servers.service_database(SERVICE.schema, SERVICE.migrations)
        database = Database(url=url, schema=SERVICE.schema, application_name="bench")
        await database.start()
        stack.push_async_callback(database.stop)
        endpoint = await stack.enter_async_context(_sink())
        await _prepare(database, endpoint)
        for _ in range(ROUNDS):
            limits.append(EVENTS / await _post_bare(endpoint))
            await _plan(database)
            await servers.checkpoint()
            values.append(EVENTS / await _deliver(database))
    return [
        Figure(
            name="webhooks",
            value=statistics.median(values),
            unit="deliveries/s",
            limit=statistics.median(limits),
            ratio=statistics.median(map(truediv, values, limits)),
        ),
        Figure(name="webhooks-at-once", value=AT_ONCE, unit="deliveries"),
    ]


@asynccontextmanager
async def _sink() -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.webhook_sink", stdout=asyncio.subprocess.PIPE
    )
    try:
        if process.stdout is None:
            raise RuntimeError("the sink has no output")
        port = int(await process.stdout.readline())
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        await process.wait()


async def _prepare(database: Database, endpoint: str) -> None:
    today = datetime.now(UTC).date()
    async with database.transaction() as connection:
        journal = JournalStore(connection=connection)
        await journal.add_days(today, today + timedelta(days=1))
        await WebhookStore(connection=connection).add(
            url=endpoint,
            types=(),
            description="",
            state=WebhookState.ENABLED,
            secret=new_secret(),
        )


async def _plan(database: Database) -> None:
    async with database.transaction() as connection:
        for _ in range(EVENTS):
            event_id = str(uuid7())
            event = ReceivedEvent(
                id=event_id,
                source="leadwire/bench",
                type="bench_event",
                subject=event_id,
                time=None,
                content_type="application/cloudevents+json",
                body=_BODY,
                headers={},
            )
            await record_event(connection, event)


async def _deliver(database: Database) -> float:
    client = EndpointClient(reach=_REACH, answer_within=15.0)
    deliverer = EventDeliverer(
        database=database,
        outbox=Outbox(),
        send=EventSender(client=client).send,
        policy=WebhookPolicy(retry_for=timedelta(hours=72), answer_within=15.0),
        metrics=NotifierMetrics(CollectorRegistry()),
    )
    loop = WebhookLoop(deliverer=deliverer)
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(database.connection())
        await client.start()
        stack.push_async_callback(client.stop)

        async def drained() -> bool:
            return not await connection.fetchval(
                "SELECT EXISTS (SELECT FROM deliveries WHERE status = 'pending')"
            )

        started = time.perf_counter()
        await loop.start()
        stack.push_async_callback(loop.stop)
        await eventually(drained, within=WITHIN)
        return time.perf_counter() - started


async def _post_bare(endpoint: str) -> float:
    left = iter(range(EVENTS))

    async def post(session: aiohttp.ClientSession) -> None:
        for _ in left:
            async with session.post(endpoint, data=_BODY) as response:
                await response.read()

    async with aiohttp.ClientSession() as session:
        started = time.perf_counter()
        await asyncio.gather(*(post(session) for _ in range(AT_ONCE)))
        return time.perf_counter() - started
