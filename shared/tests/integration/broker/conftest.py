"""A database of the test's own for the Postgres broker."""

from collections.abc import AsyncIterator

import pytest

from leadwire.testing.broker_postgres import PostgresHarness
from leadwire.testing.postgres import PostgresServer


@pytest.fixture
async def postgres(private_postgres: PostgresServer) -> AsyncIterator[PostgresHarness]:
    harness = PostgresHarness(server=private_postgres)
    await harness.open()
    yield harness
    await harness.close()
