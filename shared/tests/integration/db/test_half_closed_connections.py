"""The server ends connections, and what stands between hides that they are closed.

So it is behind the proxies of some container engines. asyncpg reads the server's goodbye, and
then raises errors of its own making at the next statement.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine

import pytest

from leadwire.db import Database, DatabaseUnavailableError, LeaderLock, Listener
from leadwire.lifecycle import BackgroundTask
from leadwire.testing import TcpProxy, eventually

OpenDatabase = Callable[..., Coroutine[None, None, Database]]

END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
async def database(
    proxied: tuple[TcpProxy, str], open_database: OpenDatabase
) -> AsyncIterator[Database]:
    proxy, url = proxied
    proxy.hides_ends = True
    yield await open_database(url)
    proxy.cut()


@pytest.fixture
async def direct(service_url: str, open_database: OpenDatabase) -> Database:
    """The same database, not through the proxy."""
    return await open_database(service_url)


async def end_all(direct: Database) -> None:
    async with direct.connection() as connection:
        await connection.execute(END_ALL)


async def test_a_listener_connects_again(database: Database, direct: Database) -> None:
    wakes: list[str] = []
    listener = Listener(
        database=database, channels=["leads"], on_notify=lambda channel, _: wakes.append(channel)
    )
    await listener.start()
    await eventually(lambda: len(wakes) == 1)

    await end_all(direct)

    await eventually(lambda: len(wakes) == 2, within=15)
    await listener.stop()


async def test_a_leader_is_elected_again(database: Database, direct: Database) -> None:
    terms: list[int] = []

    async def lead() -> None:
        terms.append(len(terms))
        await asyncio.Event().wait()

    lock = LeaderLock(database=database, name="relay")
    candidate = BackgroundTask(name="candidate", body=lambda: lock.run(lead))
    await candidate.start()
    await eventually(lambda: len(terms) == 1)

    await end_all(direct)

    await eventually(lambda: len(terms) == 2, within=15)
    await candidate.stop()


async def test_the_pool_reports_the_database_as_away_and_recovers(
    database: Database, direct: Database
) -> None:
    async with database.connection():
        pass

    await end_all(direct)
    with pytest.raises(DatabaseUnavailableError):
        async with database.connection() as connection:
            await connection.fetchval("SELECT 1")

    async with database.connection() as connection:
        assert await connection.fetchval("SELECT 1") == 1
