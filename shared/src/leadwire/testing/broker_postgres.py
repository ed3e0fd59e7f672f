"""The harness of the Postgres broker: a database of its own on a server that may be hurt."""

from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from leadwire.broker import Broker
from leadwire.broker.postgres import PostgresBroker
from leadwire.db import DedicatedConnection, provision_role
from leadwire.testing.broker_harness import PATIENT
from leadwire.testing.postgres import PostgresServer

_PASSWORD = "broker"  # noqa: S105 - of a server that lives as long as the tests
_CONNECT_WITHIN = 10.0


class PostgresHarness:
    """A database whose broker role owns the schema and nothing else.

    See `leadwire.testing.broker_harness.BrokerHarness`; `open` it first, `close` it last.

    Args:
        server: A server that the test may restart.
    """

    def __init__(self, *, server: PostgresServer) -> None:
        self._server = server
        self._database = self._role = f"broker_{uuid4().hex}"
        self._clients: list[PostgresBroker] = []
        self._blocker: DedicatedConnection | None = None

    @property
    def url(self) -> str:
        """The address for the broker's role."""
        parts = urlsplit(self._server.admin_url)
        place = parts.netloc.rpartition("@")[2]
        login = f"{self._role}:{_PASSWORD}@{place}"
        return urlunsplit(parts._replace(netloc=login, path=f"/{self._database}"))

    async def open(self) -> None:
        """Create the database, the role and its schema."""
        await self._administer(f'CREATE DATABASE "{self._database}"')
        connection = await self.administrator()
        await provision_role(connection, role=self._role, password=_PASSWORD, schema="broker")
        await connection.close()

    async def close(self) -> None:
        """Stop the clients and remove everything."""
        await self.unblock()
        for broker in self._clients:
            await broker.stop()
        await self._administer(f'DROP DATABASE "{self._database}" WITH (FORCE)')
        await self._administer(f'DROP ROLE "{self._role}"')

    async def administrator(self) -> DedicatedConnection:
        """Return a superuser's connection to this database; the caller closes it."""
        parts = urlsplit(self._server.admin_url)
        url = urlunsplit(parts._replace(path=f"/{self._database}"))
        settings = {"search_path": "broker"}
        return await asyncpg.connect(url, timeout=_CONNECT_WITHIN, server_settings=settings)

    async def client(
        self, name: str = "client", *, publish_within: float = PATIENT, url: str | None = None
    ) -> PostgresBroker:
        """Return a client that is started, by default at this database's own address."""
        broker = PostgresBroker(url=url or self.url, name=name, publish_timeout=publish_within)
        await broker.start()
        self._clients.append(broker)
        return broker

    async def crash(self, broker: Broker) -> None:
        """Cut the client's connections and cancel all it does."""
        if not isinstance(broker, PostgresBroker):
            raise TypeError("not a client of this harness")
        broker.abort()

    async def restart(self) -> None:
        """Restart the server."""
        await self._server.restart()

    async def block(self) -> None:
        """Lock the tables against everybody."""
        self._blocker = await self.administrator()
        await self._blocker.execute("BEGIN; LOCK TABLE messages, deliveries")

    async def unblock(self) -> None:
        """Free the tables; without effect if they are free."""
        blocker, self._blocker = self._blocker, None
        if blocker is not None:
            await blocker.close()

    async def cancel_consumers(self, subscription: str) -> None:
        """Terminate the sessions of the subscription's consumers."""
        connection = await self.administrator()
        try:
            ended = await connection.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name LIKE '%:' || $1",
                subscription,
            )
        finally:
            await connection.close()
        if not ended:
            raise LookupError(f"nobody consumes {subscription}")

    async def _administer(self, statement: str) -> None:
        connection = await asyncpg.connect(self._server.admin_url, timeout=_CONNECT_WITHIN)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
