"""Fixtures that give tests a Postgres and databases of their own; imported by the plugin.

Servers are started in the session's event loop but are used from each test's own one:
nothing in them is tied to a loop.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeAlias

import pytest
import pytest_asyncio

from leadwire.db import MigrationSource
from leadwire.testing.postgres import (
    GivenPostgres,
    PostgresServer,
    new_postgres_server,
    own_postgres_server,
)
from leadwire.testing.postgres_databases import DatabaseTemplates, FreshDatabase

MakeServiceDatabase: TypeAlias = Callable[[str, Sequence[MigrationSource]], Awaitable[str]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_server() -> AsyncIterator[PostgresServer]:
    """A running Postgres, shared by all tests."""
    server = new_postgres_server()
    try:
        await server.start()
        yield server
    finally:
        await server.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def private_postgres(postgres_server: PostgresServer) -> AsyncIterator[PostgresServer]:
    """A running Postgres that the tests themselves started: they may stop and restart it.

    A test leaves it running.
    """
    if not isinstance(postgres_server, GivenPostgres):
        yield postgres_server
        return
    server = own_postgres_server()
    try:
        await server.start()
        yield server
    finally:
        await server.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database_templates(postgres_server: PostgresServer) -> AsyncIterator[DatabaseTemplates]:
    """The session's templates, each migrated once."""
    templates = DatabaseTemplates(server=postgres_server)
    yield templates
    await templates.close()


@pytest.fixture
async def fresh_database(database_templates: DatabaseTemplates) -> AsyncIterator[FreshDatabase]:
    """This test's own database, made when it is first asked for and removed at the end."""
    database = FreshDatabase(templates=database_templates)
    yield database
    await database.drop()


@pytest.fixture
def make_service_database(fresh_database: FreshDatabase) -> MakeServiceDatabase:
    """Add a service's role and migrated schema to this test's database; returns the role's URL."""
    return fresh_database.add
