"""The tail as a component: what ends a part of it ends it."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from leadwire.db import Database, DatabaseRefusedError, DedicatedConnection
from leadwire.testing import eventually
from leadwire.testing.postgres_databases import FreshDatabase
from leadwire.testing.postgres_fixtures import MakeServiceDatabase
from stream_svc.app import SERVICE
from stream_svc.storage.change_log import ChangeLog
from stream_svc.usecases.tail import Tail

LISTENERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'tail-test:listen'
"""
END_LISTENERS = LISTENERS.replace("count(*)", "pg_terminate_backend(pid)")


@pytest.fixture
async def database(make_service_database: MakeServiceDatabase) -> AsyncIterator[Database]:
    url = await make_service_database(SERVICE.schema, SERVICE.migrations)
    database = Database(url=url, schema=SERVICE.schema, application_name="tail-test")
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
async def admin(
    fresh_database: FreshDatabase, database: Database
) -> AsyncIterator[DedicatedConnection]:
    connection = await asyncpg.connect(await fresh_database.admin_url())
    yield connection
    await connection.close()


async def test_a_listener_that_dies_takes_the_tail_with_it(
    database: Database, admin: DedicatedConnection
) -> None:
    """The role may not log in any more: the pool's connections live on, the listener's not."""
    async with database.connection() as connection:
        role = await connection.fetchval("SELECT current_user")
    tail = Tail(database=database, log=ChangeLog(database=database))
    await tail.start()
    waiting = asyncio.create_task(tail.wait())
    try:
        await eventually(lambda: admin.fetchval(LISTENERS))
        await admin.execute(f"ALTER ROLE {role} NOLOGIN")
        await admin.execute(END_LISTENERS)
        with pytest.raises(DatabaseRefusedError):
            await asyncio.wait_for(waiting, 20)
    finally:
        await admin.execute(f"ALTER ROLE {role} LOGIN")
        await tail.stop()
