"""A Postgres in Docker, through testcontainers."""

import asyncio
import os
import secrets
from collections.abc import Mapping

import asyncpg
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random

from leadwire.db.embedded import free_port

IMAGE = os.environ.get("TEST_POSTGRES_IMAGE", "postgres:17")
_PORT = 5432
_USER = "postgres"
_READY_WITHIN = 60.0
_STOP_WITHIN = 30


class ContainerPostgres:
    """A Postgres in a container of its own; it keeps its data from `stop` to `start`.

    Args:
        settings: Server settings.
        image: An image with the official image's environment variables.
    """

    def __init__(self, *, settings: Mapping[str, str], image: str = IMAGE) -> None:
        # Here, because Docker's client is slow to import and most test runs need none.
        from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415

        self._password = secrets.token_hex(16)
        # A port of the host that stays the same when the container is restarted.
        self._port = free_port()
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        self._container = (
            PostgresContainer(image, username=_USER, password=self._password, dbname=_USER)
            .with_bind_ports(_PORT, self._port)
            .with_command(["postgres", "-c", "max_connections=200", *options])
        )
        self._created = False

    @property
    def admin_url(self) -> str:
        """Address of its maintenance database, as its superuser."""
        host = self._container.get_container_host_ip()
        return f"postgresql://{_USER}:{self._password}@{host}:{self._port}/{_USER}?sslmode=disable"

    async def start(self) -> None:
        """Return when it accepts connections."""
        if self._created:
            await asyncio.to_thread(self._container.get_wrapped_container().start)
        else:
            await asyncio.to_thread(self._container.start)
            self._created = True
        trying = AsyncRetrying(
            retry=retry_if_exception_type((OSError, asyncpg.PostgresError)),
            stop=stop_after_delay(_READY_WITHIN),
            wait=wait_random(0.05, 0.2),
            reraise=True,
        )
        await trying(self._connect)

    async def stop(self) -> None:
        """Stop the container, but keep it with its data."""
        if self._created:
            container = self._container.get_wrapped_container()
            await asyncio.to_thread(container.stop, timeout=_STOP_WITHIN)

    async def restart(self) -> None:
        """Take it down and up again."""
        await self.stop()
        await self.start()

    async def close(self) -> None:
        """Remove the container and its data."""
        if self._created:
            self._created = False
            await asyncio.to_thread(self._container.stop)

    async def _connect(self) -> None:
        connection = await asyncpg.connect(self.admin_url, timeout=2)
        await connection.close(timeout=2)
