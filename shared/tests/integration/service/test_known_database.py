"""A schema that was restored or copied is known by its home, and refused until that is settled."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest
from structlog.testing import capture_logs

from leadwire.db import Database, migrate, move_home
from leadwire.outbox import OUTBOX_MIGRATIONS
from leadwire.service.components import NotPreparedError
from leadwire.service.known_database import KnownDatabase
from leadwire.testing import eventually
from leadwire.testing.postgres import PostgresServer, TemporaryPostgres

SCHEMA = "probe_svc"
RESTORED_INTO_A_NEW_SCHEMA = f"""
    ALTER SCHEMA {SCHEMA} RENAME TO lost;
    CREATE SCHEMA {SCHEMA};
    CREATE TABLE {SCHEMA}.schema_home AS TABLE lost.schema_home;
    ALTER TABLE {SCHEMA}.schema_home ADD PRIMARY KEY (only_row), ALTER only_row SET DEFAULT true;
    GRANT ALL ON SCHEMA {SCHEMA} TO CURRENT_USER, PUBLIC;
    GRANT ALL ON {SCHEMA}.schema_home TO PUBLIC;
"""
NOT_TO_BE_KNOWN = """
    REVOKE EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint() FROM PUBLIC
"""


class Place:
    """A database with the schema of a service, as its administrator sees it."""

    def __init__(self, *, url: str, server: PostgresServer) -> None:
        self.url = url
        self._server = server
        self._copies: list[str] = []

    async def run(self, statements: str) -> None:
        """Run statements in it as administrator."""
        await self._administer(statements, urlsplit(self.url).path)

    async def copied(self) -> str:
        """Copy the whole database, as Postgres does; return the address of the copy."""
        name = urlsplit(self.url).path.strip("/")
        copy = f"{name}_copy"
        await self._administer(f"CREATE DATABASE {copy} TEMPLATE {name}", "/postgres")
        self._copies.append(copy)
        return urlsplit(self.url)._replace(path=f"/{copy}").geturl()

    async def close(self) -> None:
        for copy in self._copies:
            await self._administer(f"DROP DATABASE {copy} WITH (FORCE)", "/postgres")

    async def _administer(self, statements: str, path: str) -> None:
        address = urlsplit(self._server.admin_url)._replace(path=path).geturl()
        connection = await asyncpg.connect(address, timeout=10, command_timeout=60)
        await connection.execute(statements)
        await connection.close()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url=url, schema=SCHEMA, application_name="test", pool_size=1)
    await database.start()
    try:
        yield database
    finally:
        await database.stop()


async def settle(url: str) -> None:
    async with opened(url) as database, database.connection() as connection:
        await move_home(connection)


async def start(url: str) -> None:
    async with opened(url) as database:
        await KnownDatabase(service="probe-svc", database=database, answer_within=10).start()


@pytest.fixture
async def place(
    make_service_database: Callable[..., Awaitable[str]], postgres_server: PostgresServer
) -> AsyncIterator[Place]:
    url = await make_service_database(SCHEMA, [OUTBOX_MIGRATIONS])
    await settle(url)  # of which the database that tests are given has not been sure
    place = Place(url=url, server=postgres_server)
    yield place
    await place.close()


async def test_a_copy_of_the_database_is_refused_until_it_is_settled(place: Place) -> None:
    await start(place.url)
    copy = await place.copied()
    with pytest.raises(NotPreparedError, match="run `probe-svc restored` once"):
        await start(copy)
    await settle(copy)
    await start(copy)
    await start(place.url)


@pytest.mark.parametrize(
    "restored",
    [
        "UPDATE probe_svc.schema_home SET system_identifier = system_identifier + 1",
        RESTORED_INTO_A_NEW_SCHEMA,
        "DELETE FROM probe_svc.schema_home",
    ],
    ids=["another server", "another schema", "no home"],
)
async def test_a_schema_from_elsewhere_is_refused_until_it_is_settled(
    place: Place, restored: str
) -> None:
    await place.run(restored)
    for _ in range(2):
        with pytest.raises(NotPreparedError, match="was not made in this database"):
            await start(place.url)
    await settle(place.url)
    await start(place.url)


@pytest.fixture
async def own_server() -> AsyncIterator[TemporaryPostgres]:
    """A server with a service's schema, and with an archive that has nothing more to give."""
    server = TemporaryPostgres(settings={"restore_command": "false"})
    await server.start()
    connection = await asyncpg.connect(server.admin_url, timeout=10, command_timeout=60)
    await connection.execute(f"CREATE SCHEMA {SCHEMA}")
    await migrate(connection, schema=SCHEMA, sources=[OUTBOX_MIGRATIONS])
    await connection.close()
    yield server
    await server.close()


@pytest.mark.fault
async def test_a_server_that_was_recovered_serves_and_says_so_once(
    own_server: TemporaryPostgres,
) -> None:
    """Recovery to the end of the archive: as after a failover, on a new timeline."""
    await start(own_server.admin_url)
    await own_server.stop()
    cluster = next(own_server.data_dir.rglob("global")).parent
    signal = cluster / "recovery.signal"
    signal.touch()
    os.chown(signal, cluster.stat().st_uid, cluster.stat().st_gid)
    await own_server.start()
    await eventually(lambda: _is_recovered(own_server.admin_url), within=60)
    with capture_logs() as told:
        await start(own_server.admin_url)
        await start(own_server.admin_url)
    [warning] = [each for each in told if each["event"] == "database_on_another_timeline"]
    assert (warning["log_level"], warning["before"], warning["now"]) == ("warning", 1, 2)
    assert "run `probe-svc restored`" in warning["remedy"]


async def _is_recovered(url: str) -> bool:
    connection = await asyncpg.connect(url, timeout=10, command_timeout=60)
    recovers = await connection.fetchval("SELECT pg_is_in_recovery()")
    checkpoint = await connection.fetchval("SELECT timeline_id FROM pg_control_checkpoint()")
    await connection.close()
    return not recovers and checkpoint > 1


async def test_where_the_server_may_not_be_known_the_rest_tells(place: Place) -> None:
    await place.run(NOT_TO_BE_KNOWN)
    await start(place.url)  # it knew the server before
    copy = await place.copied()
    with pytest.raises(NotPreparedError):
        await start(copy)
