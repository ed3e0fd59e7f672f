"""The rights that the operations page asks for are enough for all that a service does."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import aio_pika
import pytest
from yarl import URL

from leadwire.broker import ALL_TYPES, Accepted, Ack, Retry, Subscription
from leadwire.broker.rabbitmq import RabbitMQBroker
from leadwire.testing import eventually
from leadwire.testing.broker_contract import message
from leadwire.testing.broker_recording import ParkingList, Recorder
from leadwire.testing.rabbitmq import RabbitMQServer, Vhost

PAGE = Path(__file__).parents[4] / "docs" / "operations" / "services.md"
RIGHTS = re.compile(r"user needs `configure` and `read` on `(.+?)`, and `write` on `(.+?)`")


@pytest.fixture
async def host(private_rabbitmq: RabbitMQServer) -> AsyncIterator[Vhost]:
    host = Vhost(server=private_rabbitmq)
    await host.create()
    yield host
    await host.delete()


@pytest.fixture
async def url(private_rabbitmq: RabbitMQServer, host: Vhost) -> AsyncIterator[str]:
    """The address for a user with the rights of the page, and no other."""
    [(most, write)] = RIGHTS.findall(" ".join(PAGE.read_text().split()))
    user = f"user-{uuid4().hex}"
    await private_rabbitmq.ctl("add_user", user, "secret")
    await private_rabbitmq.ctl("set_permissions", "-p", host.name, user, most, write, most)
    yield str(URL(host.url).with_user(user).with_password("secret"))
    await private_rabbitmq.ctl("delete_user", user)


async def test_a_service_does_all_that_it_has_to(url: str, host: Vhost) -> None:
    broker = RabbitMQBroker.from_url(url, name="test")
    await broker.start()
    subscription = Subscription(name="some-svc", types=(ALL_TYPES,), retry_delays=(0.1,))
    await broker.declare([subscription])
    assert await broker.missing([subscription]) == []
    await broker.mark("some-svc.mark")
    assert await broker.is_marked("some-svc.mark")
    recorder = Recorder(lambda delivery: Retry() if delivery.attempt == 1 else Ack())
    await broker.subscribe(subscription, recorder, parking=ParkingList())
    assert list(await broker.publish([message()])) == [Accepted()]
    assert list(await broker.publish([message()], only="some-svc")) == [Accepted()]
    await eventually(lambda: len(recorder.finished) == 2, within=20)
    assert await broker.waiting("some-svc", up_to=1) == 0
    await another_team(host.url)
    assert list(await broker.publish([message()], only="billing.leads")) == [Accepted()]

    async def one_waits() -> bool:
        return await broker.waiting("billing.leads", up_to=9) == 1

    for _ in range(2):
        await eventually(one_waits)
    await broker.stop()


async def another_team(url: str) -> None:
    """Make a queue that allows what is sent to it alone; the service has no right on it."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(
            "billing.leads", durable=True, arguments={"x-queue-type": "quorum"}
        )
        await queue.bind("leadwire.directed", routing_key=queue.name)
