"""The outbox relay on RabbitMQ, against bare pipelined confirmed publishing.

Both publish the same messages to the same exchange and quorum queue, persistent,
mandatory and confirmed. The relay also claims them from Postgres and deletes them.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

import aio_pika
from prometheus_client import CollectorRegistry
from uuid_utils.compat import uuid7

from bench.figures import Figure, against_limit
from bench.servers import Servers
from leadwire.broker import Broker, Message, Subscription, broker_from_url
from leadwire.db import Database
from leadwire.outbox import OUTBOX_MIGRATIONS, Outbox, OutgoingEvent, Relay, RelayMetrics
from leadwire.testing import eventually

MESSAGES = 20_000
BODY_BYTES = 1_024
BATCH = 500
ROUNDS = 3
EVENT_TYPE = "bench_event"
SUBSCRIPTION = Subscription(name="bench", types=(EVENT_TYPE,))


async def measure_relay(servers: Servers) -> Sequence[Figure]:
    """Return messages per second of the relay and of bare publishing, in turn."""
    messages = [
        Message(
            id=str(uuid7()),
            type=EVENT_TYPE,
            body=b"x" * BODY_BYTES,
            headers={"ce-source": "leadwire/bench"},
        )
        for _ in range(MESSAGES)
    ]
    values, limits = [], []
    async with AsyncExitStack() as stack:
        url = await servers.service_database("bench", [OUTBOX_MIGRATIONS])
        database = Database(url=url, schema="bench", application_name="bench")
        await database.start()
        stack.push_async_callback(database.stop)
        broker = broker_from_url(servers.rabbitmq_url, name="bench relay")
        await broker.start()
        stack.push_async_callback(broker.stop)
        await broker.declare([SUBSCRIPTION])
        for _ in range(ROUNDS):
            limits.append(MESSAGES / await _publish_bare(servers.rabbitmq_url, messages))
            await servers.purge(SUBSCRIPTION.name)
            values.append(MESSAGES / await _relay(database, broker, messages))
            await servers.purge(SUBSCRIPTION.name)
    return [
        against_limit("relay", values=values, limits=limits, unit="messages/s", target=0.7),
        Figure(name="relay-batch", value=BATCH, unit="messages"),
    ]


async def _publish_bare(url: str, messages: Sequence[Message]) -> float:
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange("leadwire.events", ensure=False)
        started = time.perf_counter()
        for start in range(0, len(messages), BATCH):
            await asyncio.gather(
                *(
                    exchange.publish(
                        aio_pika.Message(
                            message.body,
                            headers=dict(message.headers),
                            message_id=message.id,
                            content_type=message.content_type,
                            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                        ),
                        routing_key=message.type,
                        mandatory=True,
                    )
                    for message in messages[start : start + BATCH]
                )
            )
        return time.perf_counter() - started


async def _relay(database: Database, broker: Broker, messages: Sequence[Message]) -> float:
    async with database.transaction() as connection:
        await Outbox().add(connection, [OutgoingEvent(message, None) for message in messages])
    relay = Relay(
        database=database,
        broker=broker,
        metrics=RelayMetrics(CollectorRegistry()),
        batch_size=BATCH,
    )
    started = time.perf_counter()
    await relay.start()
    try:
        async with database.connection() as connection:

            async def drained() -> bool:
                return not await connection.fetchval("SELECT EXISTS (SELECT FROM outbox)")

            await eventually(drained, within=300)
        return time.perf_counter() - started
    finally:
        await relay.stop()
