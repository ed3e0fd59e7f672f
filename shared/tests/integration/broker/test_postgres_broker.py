"""The Postgres broker keeps the contract of all brokers, on a real server."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from leadwire.broker import Broker
from leadwire.broker.postgres import PostgresBroker
from leadwire.db import DedicatedConnection, provision_role
from leadwire.testing.broker_contract import BrokerContract
from leadwire.testing.broker_harness import BrokerHarness
from leadwire.testing.postgres import PostgresServer

PUBLISH_DEADLINE = 2.0
PASSWORD = "broker"


class PostgresHarness:
    """A database of the test's own, whose broker role owns the schema and nothing else."""

    publish_deadline = PUBLISH_DEADLINE

    def __init__(self, *, server: PostgresServer) -> None:
        self.server = server
        self.database = self.role = f"broker_{uuid4().hex}"
        self._clients: list[PostgresBroker] = []
        self._blocker: DedicatedConnection | None = None

    @property
    def url(self) -> str:
        """The address for the broker's role."""
        parts = urlsplit(self.server.admin_url)
        place = parts.netloc.rpartition("@")[2]
        return urlunsplit(
            parts._replace(netloc=f"{self.role}:{PASSWORD}@{place}", path=f"/{self.database}")
        )

    async def open(self) -> None:
        await self._administer(f'CREATE DATABASE "{self.database}"')
        connection = await self.administrator()
        await provision_role(connection, role=self.role, password=PASSWORD, schema="broker")
        await connection.close()

    async def close(self) -> None:
        await self.unblock()
        for broker in self._clients:
            await broker.stop()
        await self._administer(f'DROP DATABASE "{self.database}" WITH (FORCE)')
        await self._administer(f'DROP ROLE "{self.role}"')

    async def administrator(self) -> DedicatedConnection:
        """Return a superuser's connection to this database."""
        parts = urlsplit(self.server.admin_url)
        return await asyncpg.connect(urlunsplit(parts._replace(path=f"/{self.database}")))

    async def client(self, name: str = "client") -> Broker:
        broker = PostgresBroker(url=self.url, name=name, publish_timeout=PUBLISH_DEADLINE)
        await broker.start()
        self._clients.append(broker)
        return broker

    async def crash(self, broker: Broker) -> None:
        assert isinstance(broker, PostgresBroker)
        broker.abort()

    async def restart(self) -> None:
        await self.server.restart()

    async def block(self) -> None:
        self._blocker = await self.administrator()
        await self._blocker.execute("BEGIN; LOCK TABLE broker.messages, broker.deliveries")

    async def unblock(self) -> None:
        blocker, self._blocker = self._blocker, None
        if blocker is not None:
            await blocker.close()

    async def cancel_consumers(self, subscription: str) -> None:
        connection = await self.administrator()
        ended = await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE '%:' || $1",
            subscription,
        )
        assert ended
        await connection.close()

    async def _administer(self, statement: str) -> None:
        connection = await asyncpg.connect(self.server.admin_url)
        await connection.execute(statement)
        await connection.close()


@pytest.fixture
async def postgres(private_postgres: PostgresServer) -> AsyncIterator[PostgresHarness]:
    harness = PostgresHarness(server=private_postgres)
    await harness.open()
    yield harness
    await harness.close()


class TestPostgresBroker(BrokerContract):
    @pytest.fixture
    def harness(self, postgres: PostgresHarness) -> BrokerHarness:
        return postgres
