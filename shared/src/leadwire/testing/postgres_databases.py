"""A fresh database for each test, copied from a template that was migrated once.

Roles belong to the whole server, so a session makes roles of its own, with passwords of
its own: sessions that share a server, and a Leadwire that runs on it, do not disturb
each other.
"""

import itertools
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from leadwire.db import DedicatedConnection, MigrationSource, migrate, provision_role
from leadwire.testing.postgres import PostgresServer

_CONNECT_WITHIN = 10.0

_Contents = tuple[str, tuple[MigrationSource, ...]]


class DatabaseTemplates:
    """One session's templates and roles on a server, and the databases copied from them.

    Args:
        server: A running server.
    """

    def __init__(self, *, server: PostgresServer) -> None:
        self._server = server
        self._session = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self._templates: dict[_Contents, str] = {}
        self._passwords: dict[str, str] = {}
        self._databases: set[str] = set()

    def admin_url(self, database: str) -> str:
        """Return the administrator's URL of a database."""
        return urlunsplit(urlsplit(self._server.admin_url)._replace(path=f"/{database}"))

    def service_url(self, database: str, schema: str) -> str:
        """Return the URL of a database for the role that owns a schema in it."""
        role = self._role(schema)
        parts = urlsplit(self.admin_url(database))
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{role}:{self._passwords[role]}@{host}"))

    async def create(self) -> str:
        """Make an empty database and return its name."""
        name = self._new_name()
        async with self._connection() as connection:
            await connection.execute(
                f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY FILE_COPY"
            )
        return name

    async def copy(self, schema: str, sources: Sequence[MigrationSource]) -> str:
        """Make a database with one service's schema, migrated, and return its name."""
        contents = (schema, tuple(sources))
        if contents not in self._templates:
            template = await self.create()
            await self.add(template, schema, sources)
            await self._make_home_of_copies(template, schema)
            self._templates[contents] = template
        name, role = self._new_name(), self._role(schema)
        async with self._connection() as connection:
            # FILE_COPY writes no WAL: a copy takes a few hundredths of a second.
            await connection.execute(
                f"CREATE DATABASE {name} TEMPLATE {self._templates[contents]} STRATEGY FILE_COPY"
            )
            # A copy has all that is in a database, but not the rights on the database.
            await connection.execute(
                f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;"
                f"GRANT CONNECT ON DATABASE {name} TO {role}"
            )
        return name

    async def add(self, database: str, schema: str, sources: Sequence[MigrationSource]) -> None:
        """Put one more service's role and schema, migrated, into a database."""
        role = self._role(schema)
        password = self._passwords.setdefault(role, secrets.token_hex(16))
        async with self._connection(self.admin_url(database)) as connection:
            await provision_role(connection, role=role, password=password, schema=schema)
        async with self._connection(self.service_url(database, schema)) as connection:
            await migrate(connection, schema=schema, sources=sources)

    async def _make_home_of_copies(self, template: str, schema: str) -> None:
        """Have the copies of a database not taken for restored from a backup."""
        of_any_database = f"UPDATE {schema}.schema_home SET database_oid = NULL"  # noqa: S608
        async with self._connection(self.admin_url(template)) as connection:
            await connection.execute(of_any_database)

    async def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected to it."""
        async with self._connection() as connection:
            await connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        self._databases.discard(database)

    async def close(self) -> None:
        """Remove the databases, as far as they are still there, and the roles."""
        for database in list(self._databases):
            await self.drop(database)
        async with self._connection() as connection:
            for role in self._passwords:
                await connection.execute(f"DROP ROLE IF EXISTS {role}")
        self._templates.clear()
        self._passwords.clear()

    def _new_name(self) -> str:
        name = f"leadwire_test_{self._session}_{next(self._numbers)}"
        self._databases.add(name)
        return name

    def _role(self, schema: str) -> str:
        return f"{schema}_{self._session}"

    @asynccontextmanager
    async def _connection(self, url: str | None = None) -> AsyncGenerator[DedicatedConnection]:
        connection = await _connect(url or self._server.admin_url)
        try:
            yield connection
        finally:
            await connection.close(timeout=_CONNECT_WITHIN)


@retry(
    # A container's port may be out of reach for a moment while another container starts.
    retry=retry_if_exception_type(OSError),
    stop=stop_after_delay(_CONNECT_WITHIN),
    wait=wait_fixed(0.2),
    reraise=True,
)
async def _connect(url: str) -> DedicatedConnection:
    return await asyncpg.connect(url, timeout=_CONNECT_WITHIN, command_timeout=60)


class FreshDatabase:
    """One test's database, made when it is first asked for.

    Args:
        templates: The session's templates.
    """

    def __init__(self, *, templates: DatabaseTemplates) -> None:
        self._templates = templates
        self._name: str | None = None

    async def admin_url(self) -> str:
        """Return the administrator's URL; the database is empty unless schemas were added."""
        if self._name is None:
            self._name = await self._templates.create()
        return self._templates.admin_url(self._name)

    async def add(self, schema: str, sources: Sequence[MigrationSource]) -> str:
        """Add a service's schema, migrated, and return the URL of the service's role."""
        if self._name is None:
            self._name = await self._templates.copy(schema, sources)
        else:
            await self._templates.add(self._name, schema, sources)
        return self._templates.service_url(self._name, schema)

    async def drop(self) -> None:
        """Remove the database."""
        if self._name is not None:
            await self._templates.drop(self._name)
            self._name = None
