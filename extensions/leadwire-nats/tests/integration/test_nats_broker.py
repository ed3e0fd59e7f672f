"""The NATS broker keeps the contract of all brokers, on a real server."""

from collections.abc import AsyncIterator

import pytest
from nats_harness import NatsHarness
from nats_server import PrivateNats

from leadwire.testing.broker_contract import BrokerContract
from leadwire.testing.broker_harness import BrokerHarness

pytestmark = pytest.mark.fault


class TestNatsBroker(BrokerContract):
    """The contract, on a server that these tests stop, freeze and cut."""

    @pytest.fixture
    async def harness(self, private_nats: PrivateNats) -> AsyncIterator[BrokerHarness]:
        harness = NatsHarness(url=private_nats.url, server=private_nats)
        yield harness
        await harness.close()
