"""The rights that the operations page asks for are enough for all that a service does."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

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
async def url(private_rabbitmq: RabbitMQServer) -> AsyncIterator[str]:
    """The address for a user with the rights of the page, and no other."""
    [(most, write)] = RIGHTS.findall(" ".join(PAGE.read_text().split()))
    vhost, user = Vhost(server=private_rabbitmq), f"user-{uuid4().hex}"
    await vhost.create()
    await private_rabbitmq.ctl("add_user", user, "secret")
    await private_rabbitmq.ctl("set_permissions", "-p", vhost.name, user, most, write, most)
    yield str(URL(vhost.url).with_user(user).with_password("secret"))
    await private_rabbitmq.ctl("delete_user", user)
    await vhost.delete()


async def test_a_service_declares_publishes_consumes_and_tries_again(url: str) -> None:
    broker = RabbitMQBroker.from_url(url, name="test")
    await broker.start()
    subscription = Subscription(name="some-svc", types=(ALL_TYPES,), retry_delays=(0.1,))
    await broker.declare([subscription])
    assert await broker.missing([subscription]) == []
    recorder = Recorder(lambda delivery: Retry() if delivery.attempt == 1 else Ack())
    await broker.subscribe(subscription, recorder, parking=ParkingList())
    assert list(await broker.publish([message()])) == [Accepted()]
    assert list(await broker.publish([message()], only="some-svc")) == [Accepted()]
    await eventually(lambda: len(recorder.finished) == 2, within=20)
    assert await broker.waiting("some-svc", up_to=1) == 0
    assert await broker.waiting("another-team.queue", up_to=1) == 0
    await broker.stop()
