"""What the benchmarks of the stream share: a stream-svc process, and leads for it to tell."""

import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
from uuid_utils.compat import uuid7

from bench.servers import Servers
from leadwire.contracts import Contact, LeadsCreated, Origin, new_event
from leadwire.db import Database
from leadwire.db.embedded import free_port
from leadwire.testing.process import ServiceProcess, run_to_end
from stream_svc.app import SERVICE
from stream_svc.messaging.news import news_of
from stream_svc.messaging.subscription import SUBSCRIPTION
from stream_svc.storage.lives import LifeStore
from stream_svc.storage.projection import Projections
from stream_svc.usecases.take_news import take_news

SOURCE: Final = "leadwire/bench"

_LEADS_PER_EVENT: Final = 160  # as many as 64 KiB take

_EMPTY: Final = """
TRUNCATE leads, managers, changes, inbox;
UPDATE head SET pos = 0, epoch = gen_random_uuid();
UPDATE pruned SET pos = 0;
"""


@asynccontextmanager
async def empty_projection(servers: Servers) -> AsyncIterator[tuple[str, asyncpg.Connection]]:
    """Give the URL of stream-svc's database without a lead, and a connection to it."""
    url = await servers.service_database(SERVICE.schema, SERVICE.migrations)
    await servers.declare(SUBSCRIPTION)
    await servers.purge(SUBSCRIPTION.name)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_EMPTY)
        yield url, connection
    finally:
        await connection.close()


@asynccontextmanager
async def running_stream(servers: Servers, database_url: str) -> AsyncIterator[ServiceProcess]:
    """Run stream-svc within this context."""
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        environment = {
            "LEADWIRE_AUTH": "off",
            "LEADWIRE_BROKER_URL": servers.rabbitmq_url,
            "LEADWIRE_HTTP_PORT": str(port),
            "LEADWIRE_LOG_LEVEL": "warning",
            "STREAM_DATABASE_URL": database_url,
        }
        await run_to_end(["stream_svc", "topology"], environment=environment)
        service = ServiceProcess(
            module="stream_svc",
            environment=environment,
            port=port,
            log=Path(directory) / "stream-svc.log",
        )
        await service.start()
        try:
            yield service
        finally:
            await service.stop()


def contacts(count: int) -> Iterator[Contact]:
    """Yield as many leads, as import-svc tells of them."""
    now = datetime.now(UTC)
    for number in range(count):
        yield Contact(
            id=uuid7(),
            name=f"Given{number}",
            family_name=f"Family{number}",
            email=f"lead{number}@example{number % 500}.com",
            cellphone=f"+1212{2_000_000 + number:07d}",
            origin=Origin.IMPORT,
            import_id=None,
            has_resume=False,
            created_at=now,
            updated_at=now,
            rev=1,
        )


def imported(leads: Sequence[Contact]) -> Iterator[LeadsCreated]:
    """Yield what an import says of leads."""
    for start in range(0, len(leads), _LEADS_PER_EVENT):
        some = tuple(leads[start : start + _LEADS_PER_EVENT])
        yield LeadsCreated(origin=Origin.IMPORT, import_id=None, leads=some)


async def fill(database_url: str, leads: Sequence[Contact]) -> None:
    """Take leads into the projection, as the service does."""
    database = Database(
        url=database_url, schema=SERVICE.schema, application_name="bench", pool_size=1
    )
    await database.start()
    try:
        for created in imported(leads):
            news = news_of([new_event(created, source=SOURCE)])
            async with database.transaction() as connection:
                [store] = Projections().of(await LifeStore().read(connection))
                await take_news(connection, store, news)
    finally:
        await database.stop()
