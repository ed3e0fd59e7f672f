"""Find or start a Postgres for tests, the demo and benchmarks.

In this order: the server that `TEST_DATABASE_URL` names, one in Docker through
testcontainers, or an embedded one. Nothing here touches a server that it did not start.
"""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import asyncpg

from leadwire.db.embedded import EmbeddedPostgres, EmbeddedPostgresError
from leadwire.testing.postgres_container import ContainerPostgres
from leadwire.testing.rabbitmq import docker_answers

FAST_SETTINGS: Mapping[str, str] = {
    # Nothing of a test's data has to survive a power cut. What was committed does survive
    # a killed server, as fault tests want: so synchronous_commit stays on, which costs
    # little without fsync.
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "1h",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "1h",
}

_PREFIX = "leadwire-test-postgres-"

_MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes the name, for our eyes only
_ENOUGH_MEMORY = 4 * 1024**3
"""Bytes free above which a server may keep its data in memory: copies take 15 ms there."""


class PostgresNotOursError(Exception):
    """The server was given to us: it is not ours to stop."""


class PostgresServer(Protocol):
    """A Postgres, running or not."""

    @property
    def admin_url(self) -> str:
        """Address of its maintenance database, with a role that may make roles and databases."""
        ...

    async def start(self) -> None:
        """Return when it accepts connections."""
        ...

    async def stop(self) -> None:
        """Take it down; the data stays. Twice is harmless."""
        ...

    async def restart(self) -> None:
        """Take it down and up again, at the same address."""
        ...

    async def close(self) -> None:
        """Stop it and remove what it left on the machine."""
        ...


class GivenPostgres:
    """A server that somebody else runs: it is used, never stopped nor configured.

    Args:
        url: Its administrator's address.
    """

    def __init__(self, *, url: str) -> None:
        self.admin_url = url

    async def start(self) -> None:
        """Prove that it answers."""
        connection = await asyncpg.connect(self.admin_url, timeout=10)
        await connection.close(timeout=5)

    async def stop(self) -> None:
        """Refuse.

        Raises:
            PostgresNotOursError: Always.
        """
        raise PostgresNotOursError("the server named by TEST_DATABASE_URL is not ours to stop")

    async def restart(self) -> None:
        """Refuse.

        Raises:
            PostgresNotOursError: Always.
        """
        await self.stop()

    async def close(self) -> None:
        """Leave it alone."""


class TemporaryPostgres:
    """An embedded server whose data is gone after `close`, or else at a later start.

    Args:
        settings: Server settings besides those that make it fast.

    Attributes:
        data_dir: Where its data is.
    """

    def __init__(self, *, settings: Mapping[str, str] | None = None) -> None:
        self.data_dir = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=fast_directory()))
        self._server = EmbeddedPostgres(
            data_dir=self.data_dir, settings={**FAST_SETTINGS, **(settings or {})}
        )

    @property
    def admin_url(self) -> str:
        """Address of its maintenance database, as its superuser."""
        return self._server.url

    async def start(self) -> None:
        """Make and start it; remove those that killed test runs left behind."""
        await self._server.start()
        await remove_abandoned_servers()

    async def stop(self) -> None:
        """Shut it down and keep its data."""
        await self._server.stop()

    async def restart(self) -> None:
        """Shut it down and start it again, on the same port."""
        await self._server.restart()

    async def close(self) -> None:
        """Shut it down and remove its data."""
        await self._server.destroy()
        self.data_dir.rmdir()


def new_postgres_server() -> PostgresServer:
    """Return a server, not yet started, of the first kind that there is here."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        return GivenPostgres(url=url)
    return own_postgres_server()


def own_postgres_server() -> PostgresServer:
    """Return a server, not yet started, that the caller may stop and restart."""
    if docker_answers():
        return ContainerPostgres(settings=FAST_SETTINGS)
    return TemporaryPostgres()


async def remove_abandoned_servers() -> None:
    """Stop and remove the temporary servers whose owners were killed.

    An owner holds a lock on its server's directory for as long as it lives, so one that
    is in use is left alone.
    """
    for directory in await asyncio.to_thread(_abandoned_directories):
        with contextlib.suppress(OSError, EmbeddedPostgresError):
            await EmbeddedPostgres(data_dir=directory).destroy()
            await asyncio.to_thread(directory.rmdir)


def fast_directory() -> Path:
    """Return where a temporary server's data is quickest to make: in memory, if there is room."""
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH_MEMORY:
        return _MEMORY
    return Path(tempfile.gettempdir())


def _abandoned_directories() -> list[Path]:
    """Return our temporary servers' directories; without its lock file, one is being made."""
    places = {_MEMORY, Path(tempfile.gettempdir())}
    locks = [lock for place in places for lock in place.glob(f"{_PREFIX}*/lock")]
    return [lock.parent for lock in locks if lock.stat().st_uid == os.geteuid()]
