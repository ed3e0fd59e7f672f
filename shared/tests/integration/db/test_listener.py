from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine

import pytest

from leadwire.db import Database, Listener
from leadwire.testing import TcpProxy, eventually
from leadwire.testing.postgres import PostgresServer

OpenDatabase = Callable[..., Coroutine[None, None, Database]]


class Wakes:
    """Counts what a listener reports."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, str]] = Counter()

    def __call__(self, channel: str, payload: str) -> None:
        self.seen[channel, payload] += 1


async def notify(database: Database, channel: str, payload: str) -> None:
    async with database.connection() as connection:
        await connection.execute("SELECT pg_notify($1, $2)", channel, payload)


@pytest.fixture
async def database(service_url: str, open_database: OpenDatabase) -> Database:
    return await open_database(service_url)


@pytest.fixture
async def wakes(database: Database) -> AsyncIterator[Wakes]:
    """What a running listener on the channels `leads` and `jobs` reports."""
    wakes = Wakes()
    listener = Listener(database=database, channels=["leads", "jobs"], on_notify=wakes)
    await listener.start()
    await eventually(lambda: wakes.seen["jobs", ""] == 1)
    yield wakes
    await listener.stop()


async def test_wakes_once_per_channel_when_it_is_connected(wakes: Wakes) -> None:
    assert wakes.seen == {("leads", ""): 1, ("jobs", ""): 1}


async def test_reports_channel_and_payload(database: Database, wakes: Wakes) -> None:
    await notify(database, "jobs", "number 7")

    await eventually(lambda: wakes.seen["jobs", "number 7"] == 1)
    assert wakes.seen["leads", "number 7"] == 0


async def test_its_connection_is_named_and_closed_by_stop(database: Database) -> None:
    wakes = Wakes()
    listener = Listener(database=database, channels=["leads"], on_notify=wakes)

    async def listening() -> int:
        async with database.connection() as connection:
            return int(
                await connection.fetchval(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'a-svc:listen'"
                    " AND datname = current_database()"
                )
            )

    await listener.stop()
    await listener.start()
    await eventually(lambda: wakes.seen["leads", ""] == 1)
    assert await listening() == 1
    await listener.stop()
    await listener.stop()
    await listener.wait()

    async def gone() -> bool:
        return await listening() == 0

    await eventually(gone)


@pytest.mark.fault
async def test_comes_back_after_its_connection_was_killed(database: Database, wakes: Wakes) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'a-svc:listen' AND datname = current_database()"
        )

    await eventually(lambda: wakes.seen["leads", ""] == 2, message="woken after the reconnect")
    await notify(database, "leads", "after")
    await eventually(lambda: wakes.seen["leads", "after"] == 1)


@pytest.mark.fault
async def test_survives_a_restart_of_the_server(
    private_url: str, private_postgres: PostgresServer, open_database: OpenDatabase
) -> None:
    database = await open_database(private_url)
    wakes = Wakes()
    listener = Listener(database=database, channels=["leads"], on_notify=wakes)
    await listener.start()
    await eventually(lambda: wakes.seen["leads", ""] == 1)

    await private_postgres.restart()

    await eventually(lambda: wakes.seen["leads", ""] == 2, within=20)
    await notify(database, "leads", "after")
    await eventually(lambda: wakes.seen["leads", "after"] == 1)
    await listener.stop()


@pytest.mark.fault
async def test_notices_a_network_that_says_nothing(
    proxied: tuple[TcpProxy, str], open_database: OpenDatabase
) -> None:
    proxy, url = proxied
    database = await open_database(url)
    wakes = Wakes()
    listener = Listener(database=database, channels=["leads"], on_notify=wakes)
    await listener.start()
    await eventually(lambda: wakes.seen["leads", ""] == 1)
    stuck = proxy.connections

    proxy.freeze()
    await eventually(lambda: proxy.connections != stuck, within=15, message="given up")
    proxy.thaw()

    await eventually(lambda: wakes.seen["leads", ""] == 2, within=15)
    await listener.stop()
