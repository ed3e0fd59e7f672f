from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from leadwire.db import Database, DedicatedConnection, MigrationSource
from leadwire.testing import TcpProxy
from leadwire.testing.postgres import PostgresServer
from leadwire.testing.postgres_databases import DatabaseTemplates, FreshDatabase

OpenDatabase = Callable[..., Coroutine[None, None, Database]]
Connect = Callable[[str], Awaitable[DedicatedConnection]]
WriteMigrations = Callable[..., MigrationSource]


@pytest.fixture
async def open_database() -> AsyncIterator[OpenDatabase]:
    """Open pools that are closed at the end of the test."""
    async with AsyncExitStack() as at_end:

        async def open_one(url: str, **options: object) -> Database:
            database = Database(
                url=url,
                **{"schema": "a_svc", "application_name": "a-svc", **options},  # type: ignore[arg-type]  # options are as wild as the tests
            )
            await database.start()
            at_end.push_async_callback(database.stop)
            return database

        yield open_one


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Open connections that are closed at the end of the test."""
    async with AsyncExitStack() as at_end:

        async def connect_one(url: str) -> DedicatedConnection:
            connection = await asyncpg.connect(url, timeout=10, command_timeout=30)
            at_end.callback(connection.terminate)
            return connection

        yield connect_one


@pytest.fixture
async def service_url(fresh_database: FreshDatabase) -> str:
    """The URL of the role that owns the schema a_svc in this test's database."""
    return await fresh_database.add("a_svc", [])


@pytest.fixture
async def private_url(private_postgres: PostgresServer) -> AsyncIterator[str]:
    """As `service_url`, on a server that the test may stop."""
    templates = DatabaseTemplates(server=private_postgres)
    database = FreshDatabase(templates=templates)
    yield await database.add("a_svc", [])
    await private_postgres.start()
    await templates.close()


@pytest.fixture
async def proxied(service_url: str) -> AsyncIterator[tuple[TcpProxy, str]]:
    """A proxy before this test's database, and the URL that leads through it."""
    parts = urlsplit(service_url)
    async with TcpProxy(parts.hostname or "127.0.0.1", parts.port or 5432) as proxy:
        account = parts.netloc.rpartition("@")[0]
        through = parts._replace(netloc=f"{account}@{proxy.host}:{proxy.port}")
        yield proxy, urlunsplit(through)


@pytest.fixture
def write_migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteMigrations:
    """Write a package of migration files; a name without a text is removed."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(**files: str | None) -> MigrationSource:
        package = tmp_path / "migrations_under_test"
        package.mkdir(exist_ok=True)
        for name, text in files.items():
            file = package / f"{name.removeprefix('m')}.sql"
            if text is None:
                file.unlink()
            else:
                file.write_text(text, encoding="utf-8")
        return MigrationSource("a-svc", package.name)

    return write
