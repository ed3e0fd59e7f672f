"""The servers that benchmarks run on: private ones, with durable settings."""

import secrets
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aio_pika
import asyncpg

from leadwire.broker import Subscription, broker_from_url
from leadwire.db import MigrationSource, migrate, provision_role
from leadwire.db.embedded import EmbeddedPostgres
from leadwire.testing.rabbitmq import new_rabbitmq_server


class Servers:
    """A running Postgres and a running RabbitMQ.

    Args:
        admin_url: URL of the Postgres administrator.
        rabbitmq_url: URL of the RabbitMQ.
    """

    def __init__(self, *, admin_url: str, rabbitmq_url: str) -> None:
        self.rabbitmq_url = rabbitmq_url
        self._admin_url = admin_url

    async def service_database(self, schema: str, sources: Sequence[MigrationSource]) -> str:
        """Return the URL of a role that owns a new, migrated schema."""
        password = secrets.token_urlsafe(16)
        parts = urlsplit(self._admin_url)
        admin = await asyncpg.connect(self._admin_url)
        try:
            await provision_role(admin, role=schema, password=password, schema=schema)
        finally:
            await admin.close()
        address = parts.netloc.rpartition("@")[2]
        url = parts._replace(netloc=f"{schema}:{password}@{address}").geturl()
        connection = await asyncpg.connect(url)
        try:
            await migrate(connection, schema=schema, sources=sources)
        finally:
            await connection.close()
        return url

    async def checkpoint(self) -> None:
        """Write out what was changed, so that the next measurement does not have to."""
        admin = await asyncpg.connect(self._admin_url)
        try:
            await admin.execute("CHECKPOINT")
        finally:
            await admin.close()

    async def declare(self, subscription: Subscription) -> None:
        """Make a subscription, so that what is published arrives somewhere."""
        broker = broker_from_url(self.rabbitmq_url, name="bench")
        await broker.start()
        try:
            await broker.declare([subscription])
        finally:
            await broker.stop()

    async def purge(self, subscription: str) -> None:
        """Forget what waits in a subscription's queue."""
        async with await aio_pika.connect(self.rabbitmq_url) as connection:
            channel = await connection.channel()
            queue = await channel.get_queue(f"leadwire.{subscription}")
            await queue.purge()


@asynccontextmanager
async def running_servers() -> AsyncIterator[Servers]:
    """Start both servers, and remove them with their data at the end."""
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = EmbeddedPostgres(
            data_dir=directory / "postgres", settings={"shared_buffers": "512MB"}
        )
        await postgres.start()
        stack.push_async_callback(postgres.destroy)
        rabbitmq = new_rabbitmq_server(directory / "rabbitmq")
        await rabbitmq.start()
        stack.push_async_callback(rabbitmq.close)
        yield Servers(admin_url=postgres.url, rabbitmq_url=rabbitmq.url)
