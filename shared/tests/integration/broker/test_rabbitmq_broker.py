from collections.abc import AsyncIterator

import pytest

from leadwire.testing.broker_contract import BrokerContract
from leadwire.testing.broker_harness import BrokerHarness
from leadwire.testing.rabbitmq import RabbitMQServer
from leadwire.testing.rabbitmq_harness import RabbitMQHarness

pytestmark = pytest.mark.fault


class TestRabbitMQBroker(BrokerContract):
    """The contract, on a real server that these tests stop, alarm and cut."""

    @pytest.fixture
    async def harness(self, private_rabbitmq: RabbitMQServer) -> AsyncIterator[BrokerHarness]:
        async with RabbitMQHarness(server=private_rabbitmq) as harness:
            yield harness
