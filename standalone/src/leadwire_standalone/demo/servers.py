"""What the demo runs on, and leaves no trace of.

The broker is the given one, a local RabbitMQ, or the one in Postgres.
"""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from leadwire.broker import BrokerConfigurationError, broker_from_url
from leadwire.broker.rabbitmq import RabbitMQBroker
from leadwire.db.embedded import EmbeddedPostgres
from leadwire.testing.rabbitmq_process import PrivateRabbitMQ, find_rabbitmq
from leadwire_standalone.demo.subscriber import SUBSCRIPTION
from leadwire_standalone.services import SERVICES

SUBSCRIPTIONS = [each for service in SERVICES for each in service.subscriptions]


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
        async with _names_of_its_own(url) as own_url:
            where = f"{urlsplit(url).scheme}://{urlsplit(url).hostname or ''}"
            yield ChosenBroker(url=own_url, description=f"{where} (from BROKER_URL)")
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
async def temporary_database(directory: Path) -> AsyncIterator[str]:
    """Give an administrator's URL of a Postgres that is removed at the end.

    Args:
        directory: Where it may keep its files.
    """
    server = EmbeddedPostgres(data_dir=directory / "postgres")
    try:
        await server.start()
        yield server.url
    finally:
        await server.destroy()


@asynccontextmanager
async def _names_of_its_own(url: str) -> AsyncIterator[str]:
    """Keep the demo's queues apart from those of a Leadwire on the same broker, and remove them.

    Raises:
        BrokerConfigurationError: The broker has no such names; only RabbitMQ has.
    """
    parts = urlsplit(url)
    namespace = f"leadwire-demo-{secrets.token_hex(4)}"
    query = "&".join(filter(None, (parts.query, f"namespace={namespace}")))
    own_url = urlunsplit(parts._replace(query=query))
    broker = broker_from_url(own_url, name="demo clean-up")
    if not isinstance(broker, RabbitMQBroker):
        raise BrokerConfigurationError("BROKER_URL must be the amqp:// address of a RabbitMQ")
    try:
        yield own_url
    finally:
        await broker.start()
        try:
            await broker.discard([*SUBSCRIPTIONS, SUBSCRIPTION])
        finally:
            await broker.stop()
