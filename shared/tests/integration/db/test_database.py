import asyncio
import time
from collections.abc import Callable, Coroutine
from urllib.parse import urlsplit

import asyncpg
import pytest

from leadwire.db import (
    Connection,
    Database,
    DatabaseError,
    DatabaseRefusedError,
    DatabaseUnavailableError,
)
from leadwire.db.embedded import free_port

OpenDatabase = Callable[..., Coroutine[None, None, Database]]

HELD_HERE = (
    "SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
    " WHERE locktype = 'advisory' AND datname = current_database()"
)


@pytest.fixture
async def database(service_url: str, open_database: OpenDatabase) -> Database:
    return await open_database(service_url, pool_size=2)


async def setting(connection: Connection, name: str) -> str:
    return str(await connection.fetchval("SELECT current_setting($1)", name))


async def test_every_connection_is_named_and_bounded(database: Database) -> None:
    async with database.connection() as connection:
        assert await setting(connection, "application_name") == "a-svc"
        assert await setting(connection, "search_path") == '"a_svc"'
        assert await setting(connection, "timezone") == "UTC"
        assert await setting(connection, "statement_timeout") == "30s"
        assert await setting(connection, "lock_timeout") == "15s"
        assert await setting(connection, "idle_in_transaction_session_timeout") == "1min"
        assert await setting(connection, "tcp_keepalives_idle") == "30"
        assert await setting(connection, "tcp_user_timeout") == "60000"


async def test_what_a_user_leaves_behind_does_not_outlive_his_failure(database: Database) -> None:
    async def use_and_fail() -> None:
        async with database.connection() as connection:
            await connection.execute("SET statement_timeout = 0; SET search_path = pg_catalog")
            await connection.execute("SELECT pg_advisory_lock(1)")
            raise LookupError

    with pytest.raises(LookupError):
        await use_and_fail()
    async with database.connection() as connection:
        assert not await connection.fetch(HELD_HERE)
        assert await setting(connection, "statement_timeout") == "30s"
        assert await setting(connection, "search_path") == '"a_svc"'


async def test_a_dedicated_connection_is_given_up_by_the_server_within_seconds(
    database: Database,
) -> None:
    connection = await database.dedicated(purpose="lead relay")
    try:
        assert await setting(connection, "application_name") == "a-svc:lead relay"
        assert await setting(connection, "search_path") == '"a_svc"'
        assert await setting(connection, "tcp_keepalives_idle") == "3"
        assert await setting(connection, "tcp_keepalives_interval") == "2"
        assert await setting(connection, "tcp_user_timeout") == "9000"
    finally:
        await connection.close()


async def test_a_transaction_commits_at_its_end(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("CREATE TABLE things (id int)")
        await connection.execute("INSERT INTO things VALUES (1)")

    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM things") == 1


async def test_a_transaction_rolls_back_on_an_error(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("CREATE TABLE things (id int)")

    async def insert_and_fail() -> None:
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO things VALUES (1)")
            raise LookupError

    with pytest.raises(LookupError):
        await insert_and_fail()

    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM things") == 0


async def test_a_transaction_can_be_repeatable_and_read_only(database: Database) -> None:
    async with database.transaction(isolation="repeatable_read", readonly=True) as connection:
        assert await setting(connection, "transaction_isolation") == "repeatable read"
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("CREATE TABLE things (id int)")


async def test_waiting_for_a_connection_is_bounded(
    service_url: str, open_database: OpenDatabase
) -> None:
    database = await open_database(service_url, pool_size=1, acquire_timeout=0.5)
    async with database.connection():
        begun = time.monotonic()
        with pytest.raises(DatabaseUnavailableError, match=r"within 0\.5 s"):
            async with database.connection():
                pass
        assert time.monotonic() - begun < 8

    async with database.connection() as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_a_connection_that_is_killed_is_reported_and_replaced(database: Database) -> None:
    async def be_killed() -> None:
        async with database.connection() as killer, database.transaction() as victim:
            pid = await victim.fetchval("SELECT pg_backend_pid()")
            await killer.execute("SELECT pg_terminate_backend($1)", pid)
            await victim.fetchval("SELECT 1")

    with pytest.raises(DatabaseUnavailableError, match="lost the connection"):
        await be_killed()

    async with database.connection() as one, database.connection() as other:
        assert await one.fetchval("SELECT 1") == await other.fetchval("SELECT 1") == 1


async def test_a_cancelled_user_gives_the_connection_back(database: Database) -> None:
    entered = asyncio.Event()

    async def use() -> None:
        async with database.connection() as connection:
            entered.set()
            await connection.execute("SELECT pg_sleep(60)")

    for _ in range(4):
        entered.clear()
        using = asyncio.create_task(use())
        await entered.wait()
        using.cancel()
        with pytest.raises(asyncio.CancelledError):
            await using

    async with database.connection() as one, database.connection() as other:
        assert await one.fetchval("SELECT 1") == await other.fetchval("SELECT 1") == 1


async def test_refused_credentials_end_the_start_at_once(service_url: str) -> None:
    wrong = service_url.replace("@", "0@")
    database = Database(url=wrong, schema="a_svc", application_name="a-svc", connect_within=30)

    begun = time.monotonic()
    with pytest.raises(DatabaseRefusedError, match="refused the role") as caught:
        await database.start()

    assert time.monotonic() - begun < 10
    assert "@" not in str(caught.value), "the message bears a URL, and with it a password"


async def test_a_database_that_is_not_there_ends_the_start_at_once(service_url: str) -> None:
    parts = urlsplit(service_url)
    missing = parts._replace(path="/nowhere").geturl()
    database = Database(url=missing, schema="a_svc", application_name="a-svc", connect_within=30)

    begun = time.monotonic()
    with pytest.raises(DatabaseRefusedError) as caught:
        await database.start()

    assert time.monotonic() - begun < 10
    where = f"{parts.hostname}:{parts.port}"
    assert str(caught.value) == f"there is no database `nowhere` at {where}: create it"


async def test_a_start_gives_up_in_time_when_nothing_answers() -> None:
    url = f"postgresql://a_svc:secret@127.0.0.1:{free_port()}/leadwire"
    database = Database(url=url, schema="a_svc", application_name="a-svc", connect_within=0.5)

    begun = time.monotonic()
    with pytest.raises(DatabaseUnavailableError, match=r"within 0\.5 s") as caught:
        await database.start()

    assert time.monotonic() - begun < 8
    assert "secret" not in str(caught.value)


async def test_stop_without_start_twice_or_during_use_is_bounded(service_url: str) -> None:
    database = Database(url=service_url, schema="a_svc", application_name="a-svc")

    await database.stop()
    await database.start()
    await database.start()
    await database.stop()
    await database.stop()

    with pytest.raises(DatabaseError, match="not started"):
        async with database.connection():
            pass


async def test_stop_waits_for_connections_in_use(
    service_url: str, open_database: OpenDatabase
) -> None:
    database = await open_database(service_url)
    entered, leave = asyncio.Event(), asyncio.Event()

    async def use() -> int:
        async with database.transaction() as connection:
            entered.set()
            await leave.wait()
            return int(await connection.fetchval("SELECT 7"))

    using = asyncio.create_task(use())
    await entered.wait()
    stopping = asyncio.create_task(database.stop())
    leave.set()

    assert await using == 7
    await stopping


async def test_check_passes_while_the_database_answers(database: Database) -> None:
    await database.check()


async def test_a_connection_that_is_still_busy_when_it_comes_back_does_not_cost_its_place(
    database: Database,
) -> None:
    busy: list[asyncio.Task[str]] = []

    async def leave_it_busy() -> None:
        async with database.connection() as connection:
            busy.append(asyncio.create_task(connection.execute("SELECT pg_sleep(30)")))
            await asyncio.sleep(0)
            raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            await leave_it_busy()
    await asyncio.gather(*busy, return_exceptions=True)

    async with database.connection() as one, database.connection() as other:
        assert await one.fetchval("SELECT 1") == await other.fetchval("SELECT 1") == 1


async def test_whoever_is_cancelled_anywhere_does_not_cost_his_place(database: Database) -> None:
    async def fail() -> None:
        async with database.connection() as connection:
            await connection.fetchval("SELECT 1")
            raise LookupError

    for steps in range(60):
        failing = asyncio.create_task(fail())
        for _ in range(steps % 20):
            await asyncio.sleep(0)
        failing.cancel()
        await asyncio.gather(failing, return_exceptions=True)
    async with database.connection() as one, database.connection() as other:
        assert await one.fetchval("SELECT 1") == await other.fetchval("SELECT 1") == 1
