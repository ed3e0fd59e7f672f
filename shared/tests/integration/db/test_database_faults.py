"""What happens to the pool when the server restarts or the network goes bad."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import partial

import asyncpg
import pytest
from structlog.testing import capture_logs

from leadwire.db import Database, DatabaseUnavailableError, again_while_away
from leadwire.testing import TcpProxy, eventually
from leadwire.testing.postgres import PostgresServer

OpenDatabase = Callable[..., Coroutine[None, None, Database]]

pytestmark = pytest.mark.fault


async def test_the_pool_survives_a_restart_of_the_server(
    private_url: str, private_postgres: PostgresServer, open_database: OpenDatabase
) -> None:
    database = await open_database(private_url, pool_size=3)
    async with database.connection(), database.connection(), database.connection():
        pass

    await private_postgres.restart()

    for _ in range(5):
        async with database.connection() as connection:
            assert await connection.fetchval("SELECT 1") == 1


async def test_who_asks_while_the_server_is_down_gets_a_connection_when_it_is_back(
    private_url: str, private_postgres: PostgresServer, open_database: OpenDatabase
) -> None:
    database = await open_database(private_url, acquire_timeout=30)
    await private_postgres.stop()

    async def ask() -> int:
        async with database.connection() as connection:
            return int(await connection.fetchval("SELECT 1"))

    asking = [asyncio.create_task(ask()) for _ in range(20)]
    with pytest.raises(DatabaseUnavailableError):
        await database.check()
    assert not any(task.done() for task in asking)
    await private_postgres.start()

    assert await asyncio.gather(*asking) == [1] * 20


async def test_a_start_waits_for_a_server_that_comes_later(
    private_url: str, private_postgres: PostgresServer, open_database: OpenDatabase
) -> None:
    await private_postgres.stop()

    starting = asyncio.create_task(open_database(private_url, connect_within=30))
    done, _ = await asyncio.wait([starting], timeout=0.5)
    assert not done
    await private_postgres.start()

    await (await starting).check()


async def test_a_silent_network_is_noticed_within_the_bounds(
    proxied: tuple[TcpProxy, str], open_database: OpenDatabase
) -> None:
    proxy, url = proxied
    database = await open_database(url, command_timeout=1.0, acquire_timeout=1.0)
    async with database.connection():
        pass

    proxy.freeze()
    begun = time.monotonic()
    with pytest.raises(DatabaseUnavailableError):
        await database.check()
    assert time.monotonic() - begun < 12
    proxy.thaw()

    async def answers() -> bool:
        try:
            await database.check()
        except DatabaseUnavailableError:
            return False
        return True

    await eventually(answers, message="the pool works again")


async def test_connections_cut_while_idle_cost_nobody_anything(
    proxied: tuple[TcpProxy, str], open_database: OpenDatabase
) -> None:
    proxy, url = proxied
    database = await open_database(url, pool_size=4)
    for _ in range(3):
        async with database.connection(), database.connection():
            pass
        proxy.cut()
        await eventually(lambda: proxy.connections == 0)
        async with database.connection() as connection:
            assert await connection.fetchval("SELECT 1") == 1


async def test_who_is_cancelled_while_a_transaction_begins_raises_no_alarm(
    proxied: tuple[TcpProxy, str], open_database: OpenDatabase
) -> None:
    """The driver complains of a connection that comes back to the pool in a transaction."""
    proxy, url = proxied
    database = await open_database(url, pool_size=1)
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))

    async def work() -> None:
        async with database.transaction():
            raise AssertionError("it began")

    proxy.freeze()
    beginning = asyncio.create_task(work())
    await asyncio.wait([beginning], timeout=0.1)
    beginning.cancel()
    proxy.thaw()
    with pytest.raises(asyncio.CancelledError):
        await beginning
    async with database.transaction() as connection:
        assert await connection.fetchval("SELECT 1") == 1
    assert complaints == []


async def test_what_a_start_needs_is_done_again_while_the_server_goes_away_in_its_midst(
    proxied: tuple[TcpProxy, str], open_database: OpenDatabase
) -> None:
    proxy, url = proxied
    database = await open_database(url, acquire_timeout=1.0)
    tries = 0

    async def work() -> int:
        nonlocal tries
        tries += 1
        async with database.transaction() as connection:
            if tries == 1:
                proxy.refuse()
                proxy.cut()
            return int(await connection.fetchval("SELECT 1"))

    with capture_logs() as said:
        starting = asyncio.create_task(again_while_away(work, within=60))
        await eventually(lambda: len(said) >= 3)  # in its midst, and then no connection
        proxy.accept()
        assert await starting == 1
    with pytest.raises(asyncpg.UndefinedTableError):  # which does not pass
        await again_while_away(partial(_read_nothing, database), within=60)


async def _read_nothing(database: Database) -> None:
    async with database.connection() as connection:
        await connection.fetchval("SELECT 1 FROM nothing")
