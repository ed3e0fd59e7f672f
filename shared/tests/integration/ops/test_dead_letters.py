"""What kills its consumers comes from RabbitMQ's dead queue into the same table, and out again."""

from collections.abc import AsyncIterator
from functools import partial

import pytest
from prometheus_client import CollectorRegistry

from leadwire.broker import ALL_TYPES, Accepted, Message, Subscription
from leadwire.db import Database
from leadwire.ops.parked import ParkedDesk
from leadwire.outbox import ParkedEvents, ParkedFilter, ParkedStore
from leadwire.testing import eventually
from leadwire.testing.broker_recording import Recorder
from leadwire.testing.rabbitmq import RabbitMQServer
from leadwire.testing.rabbitmq_harness import RabbitMQHarness

CRASHING = Subscription(name="crashing", types=(ALL_TYPES,), retry_delays=(0.2,))
LIMIT = 2


@pytest.fixture
async def harness(private_rabbitmq: RabbitMQServer) -> AsyncIterator[RabbitMQHarness]:
    async with RabbitMQHarness(server=private_rabbitmq, delivery_limit=LIMIT) as harness:
        yield harness


@pytest.mark.fault
async def test_what_is_past_the_delivery_limit_is_parked_listed_and_requeued(
    harness: RabbitMQHarness, database: Database
) -> None:
    poison = Message(id="poison", type="told", body=b"{}", headers={"ce-source": "src"})
    broker = await harness.client("publisher")
    await broker.declare([CRASHING])
    assert list(await broker.publish([poison])) == [Accepted()]
    parking = ParkedEvents(database=database, registry=CollectorRegistry())
    for crash in range(LIMIT + 1):
        hanging = Recorder(is_open=False)
        victim = await harness.client(f"victim {crash}")
        await victim.subscribe(CRASHING, hanging, parking=parking)
        await eventually(partial(_has_some, hanging), within=20)
        await harness.crash(victim)
    mended = Recorder()
    await broker.subscribe(CRASHING, mended, parking=parking)
    store = ParkedStore(database=database)

    async def is_parked() -> bool:
        return await store.count() == {"crashing": 1}

    await eventually(is_parked, within=20)
    [event] = await store.page(ParkedFilter(), after=None, limit=2)
    assert (event.event_id, event.source, event.subscription) == ("poison", "src", "crashing")
    assert "crashed" in event.reason
    assert mended.received == []
    desk = ParkedDesk(service="ops-svc", store=store, broker=broker)
    await desk.requeue(event.id)
    await eventually(lambda: mended.finished == ["poison"])
    assert mended.received[0].delivery.message == poison
    assert await store.count() == {}


def _has_some(recorder: Recorder) -> bool:
    return bool(recorder.received)
