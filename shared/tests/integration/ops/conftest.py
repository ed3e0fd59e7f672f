"""A service's schema, and a broker of each kind, both on real servers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest

from leadwire.broker import Broker, broker_from_url
from leadwire.db import Database, MigrationSource
from leadwire.outbox import OUTBOX_MIGRATIONS
from leadwire.testing.postgres import PostgresServer

MakeServiceDatabase = Callable[[str, Sequence[MigrationSource]], Awaitable[str]]


@pytest.fixture
async def database_url(make_service_database: MakeServiceDatabase) -> str:
    return await make_service_database("ops_test", [OUTBOX_MIGRATIONS])


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(url=database_url, schema="ops_test", application_name="ops-test")
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
def postgres_broker_url(database_url: str, postgres_server: PostgresServer) -> str:
    return f"{postgres_server.admin_url.rsplit('/', 1)[0]}/{database_url.rsplit('/', 1)[1]}"


@pytest.fixture(params=["rabbitmq", "postgres"])
async def broker(
    request: pytest.FixtureRequest, rabbitmq_vhost: str, postgres_broker_url: str
) -> AsyncIterator[Broker]:
    url = {"rabbitmq": rabbitmq_vhost, "postgres": postgres_broker_url}[request.param]
    broker = broker_from_url(url, name="ops-test")
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture
def rows(database: Database) -> Callable[[str], Awaitable[list[tuple[object, ...]]]]:
    """Run a query and return its rows as tuples."""

    async def fetch(query: str) -> list[tuple[object, ...]]:
        async with database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(query)]

    return fetch
