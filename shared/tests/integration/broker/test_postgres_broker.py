"""The Postgres broker keeps the contract of all brokers, on a real server."""

import pytest

from leadwire.testing.broker_contract import BrokerContract
from leadwire.testing.broker_harness import BrokerHarness
from leadwire.testing.broker_postgres import PostgresHarness


class TestPostgresBroker(BrokerContract):
    @pytest.fixture
    def harness(self, postgres: PostgresHarness) -> BrokerHarness:
        return postgres
