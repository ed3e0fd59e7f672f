"""What the demo runs on, and leaves no trace of.

The broker is the given one, a local RabbitMQ, or the one in Postgres.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from leadwire.db.embedded import EmbeddedPostgres
from leadwire.testing.rabbitmq_process import PrivateRabbitMQ, find_rabbitmq


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenBroker:
    """The broker of this demo.

    Attributes:
        url: Its address; None for the one in the embedded database.
        description: For the person who looks on; without a password.
    """

    url: str | None
    description: str


@asynccontextmanager
async def chosen_broker(directory: Path, *, embedded: bool) -> AsyncIterator[ChosenBroker]:
    """Choose, and start if there is something to start; it is stopped at the end.

    Args:
        directory: Where a private RabbitMQ may keep its files.
        embedded: Take the broker in the database, whatever else there is.
    """
    if embedded:
        yield ChosenBroker(url=None, description="the embedded one, in Postgres (as asked)")
    elif url := os.environ.get("BROKER_URL"):
        parts = urlsplit(url)
        where = f"{parts.scheme}://{parts.hostname or ''}"
        yield ChosenBroker(url=url, description=f"{where} (from BROKER_URL)")
    elif find_rabbitmq() is not None:
        server = PrivateRabbitMQ(data_dir=directory / "rabbitmq")
        try:
            await server.start()
            yield ChosenBroker(
                url=server.url, description="RabbitMQ (this machine's, started for the demo)"
            )
        finally:
            await server.close()
    else:
        yield ChosenBroker(
            url=None, description="the embedded one, in Postgres (no RabbitMQ was found)"
        )


@asynccontextmanager
async def chosen_database(directory: Path) -> AsyncIterator[str]:
    """Give an administrator's URL: the given one, or of a Postgres that is removed at the end.

    Args:
        directory: Where an embedded Postgres may keep its files.
    """
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    server = EmbeddedPostgres(data_dir=directory / "postgres")
    try:
        await server.start()
        yield server.url
    finally:
        await server.destroy()
