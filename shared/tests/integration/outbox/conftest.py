"""A service's schema with the outbox's tables in it, on a real Postgres."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest

from leadwire.broker import Message
from leadwire.db import Database, MigrationSource
from leadwire.outbox import OUTBOX_MIGRATIONS, Outbox, OutgoingEvent

MakeServiceDatabase = Callable[[str, Sequence[MigrationSource]], Awaitable[str]]


@pytest.fixture
async def database_url(make_service_database: MakeServiceDatabase) -> str:
    return await make_service_database("outbox_test", [OUTBOX_MIGRATIONS])


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(url=database_url, schema="outbox_test", application_name="outbox-test")
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
def add(database: Database) -> Callable[..., Awaitable[None]]:
    """Add events of these ids to the outbox, in a transaction of their own."""

    async def add_events(*ids: str, event_type: str = "lead_assigned") -> None:
        events = [OutgoingEvent(Message(id=i, type=event_type, body=i.encode()), None) for i in ids]
        async with database.transaction() as connection:
            await Outbox().add(connection, events)

    return add_events


@pytest.fixture
def rows(database: Database) -> Callable[[str], Awaitable[list[tuple[object, ...]]]]:
    """Run a query and return its rows as tuples."""

    async def fetch(query: str) -> list[tuple[object, ...]]:
        async with database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(query)]

    return fetch
