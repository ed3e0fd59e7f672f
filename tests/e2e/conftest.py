"""The whole system on private servers, for journeys and faults."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from e2e.small_store import SmallStore
from e2e.standalone import standalone
from e2e.system import System
from leadwire.testing.postgres import PostgresServer
from leadwire.testing.postgres_databases import DatabaseTemplates
from leadwire.testing.rabbitmq import RabbitMQServer, Vhost
from leadwire.testing.services import PREFIXES, Urls

StartSystem = Callable[..., Awaitable[System]]
ReportCounts = Callable[..., None]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def e2e_databases(private_postgres: PostgresServer) -> AsyncIterator[DatabaseTemplates]:
    """Databases on a Postgres that a test may restart."""
    databases = DatabaseTemplates(server=private_postgres)
    yield databases
    await databases.close()


@pytest.fixture
async def broker_url(private_rabbitmq: RabbitMQServer) -> AsyncIterator[str]:
    """A virtual host of this test's own, on a RabbitMQ that a test may stop."""
    vhost = Vhost(server=private_rabbitmq)
    await vhost.create()
    yield vhost.url
    await vhost.delete()


@pytest.fixture
def small_store(tmp_path: Path) -> Iterator[SmallStore]:
    """Where the services of this test keep their files."""
    with SmallStore.made_at(tmp_path / "files") as store:
        yield store


@pytest.fixture
async def start_system(
    e2e_databases: DatabaseTemplates, broker_url: str, tmp_path: Path
) -> AsyncIterator[StartSystem]:
    """Start the four services; `broker_of` sends some of them to the broker another way.

    What is given as `settings` is set for all of them.
    """
    started: list[System] = []
    database = await e2e_databases.create()

    async def start(*, settings: Mapping[str, str] | None = None, **broker_of: str) -> System:
        urls = Urls(
            admin_database=e2e_databases.admin_url(database),
            broker=broker_url,
            broker_of=broker_of,
            role_suffix=secrets.token_hex(4),
        )
        system = await System.start(urls, directory=tmp_path, settings=settings)
        started.append(system)
        return system

    yield start
    codes = [await system.stop() for system in started]
    await e2e_databases.drop(database)
    assert codes == [dict.fromkeys(PREFIXES, 0)] * len(started), "every service stops cleanly"


@pytest.fixture
async def system(start_system: StartSystem) -> System:
    """The four services, as they are deployed."""
    return await start_system()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """As `standalone_address`, for tests of a file that have people of their own each."""
    async with standalone(tmp_path_factory.mktemp("leadwire")) as address:
        yield address


@pytest.fixture
async def standalone_address(tmp_path: Path) -> AsyncIterator[str]:
    """A Leadwire as `make run` starts it, but on a port of its own."""
    async with standalone(tmp_path) as address:
        yield address
