"""Which queues a directed message reaches: those whose owners want it, and no other."""

from collections.abc import AsyncIterator

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractQueue

from leadwire.broker import ALL_TYPES, Accepted, Subscription, Unroutable
from leadwire.broker.rabbitmq import RabbitMQBroker
from leadwire.testing import eventually
from leadwire.testing.broker_contract import ids, messages

OURS = Subscription(name="ours", types=(ALL_TYPES,), retry_delays=(1.0,))


@pytest.fixture
async def broker(rabbitmq_vhost: str) -> AsyncIterator[RabbitMQBroker]:
    broker = RabbitMQBroker.from_url(rabbitmq_vhost, name="test")
    await broker.start()
    await broker.declare([OURS])
    yield broker
    await broker.stop()


@pytest.fixture
async def channel(rabbitmq_vhost: str) -> AsyncIterator[AbstractChannel]:
    """A channel of another team."""
    async with await aio_pika.connect(rabbitmq_vhost) as connection:
        yield await connection.channel()


async def bound(channel: AbstractChannel, name: str, *exchanges: str) -> AbstractQueue:
    queue = await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})
    for exchange in exchanges:
        key = "#" if exchange.endswith("events") else name
        await queue.bind(exchange, routing_key=key)
    return queue


async def test_another_teams_queue_is_reached_once_its_owner_has_bound_it(
    broker: RabbitMQBroker, channel: AbstractChannel
) -> None:
    batch = messages(3)
    queue = await bound(channel, "billing.leads", "leadwire.events")
    assert list(await broker.publish(batch, only="billing.leads")) == [Unroutable()] * 3
    await queue.bind("leadwire.directed", routing_key="billing.leads")
    assert list(await broker.publish(batch, only="billing.leads")) == [Accepted()] * 3

    async def three_wait() -> bool:
        return await broker.waiting("billing.leads", up_to=100) == 3

    await eventually(three_wait)
    received = [await queue.get(timeout=10) for _ in batch]
    assert [each.message_id for each in received] == ids(batch)


@pytest.mark.parametrize(
    "name",
    [
        "another-application.tasks",
        "leadwire.ours",
        "leadwire.ours.dead",
        "ours.dead",
        "leadwire.ours.retry.1000",
        "ours.retry.1000",
        "leadwire.events",
        "",
        "#",
    ],
)
async def test_nothing_else_in_the_virtual_host_can_be_named(
    broker: RabbitMQBroker, channel: AbstractChannel, name: str
) -> None:
    await bound(channel, "another-application.tasks")
    assert list(await broker.publish(messages(2), only=name)) == [Unroutable()] * 2
    for queue in ("another-application.tasks", "leadwire.ours.dead", "leadwire.ours.retry.1000"):
        assert await broker.waiting(queue, up_to=1) == 0


async def test_a_queue_that_somebody_has_for_himself_alone_is_nobody_elses_to_count(
    broker: RabbitMQBroker, channel: AbstractChannel
) -> None:
    await channel.declare_queue("private.queue", exclusive=True)
    assert await broker.waiting("private.queue", up_to=1) == 0
    assert list(await broker.publish(messages(1))) == [Accepted()]
