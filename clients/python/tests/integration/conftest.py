"""A broker with Leadwire on it, and another team that consumes."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from another_team import Team

from leadwire.broker import ALL_TYPES, Subscription
from leadwire.broker.rabbitmq import RabbitMQBroker
from leadwire.testing.rabbitmq import RabbitMQServer, Vhost


@pytest.fixture
async def vhost(private_rabbitmq: RabbitMQServer) -> AsyncIterator[str]:
    made = Vhost(server=private_rabbitmq)
    await made.create()
    yield made.url
    await made.delete()


@pytest.fixture
async def leadwire(vhost: str) -> AsyncIterator[RabbitMQBroker]:
    """Leadwire's side: its exchange, and a journal that is bound to everything."""
    broker = RabbitMQBroker.from_url(vhost, name="leadwire")
    await broker.declare([Subscription(name="notifier-svc", types=(ALL_TYPES,))])
    yield broker
    await broker.stop()


@pytest.fixture
def team(vhost: str, tmp_path: Path) -> Iterator[Team]:
    made = Team(vhost, tmp_path / "billing.db")
    yield made
    made.store.close()
