"""The write skew that the matching lock prevents (design 10).

Two transactions overlap: one adds a manager and looks for a waiting lead, the other brings
a lead and looks for a free manager. Both run the service's own commands.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry
from uuid_utils.compat import uuid7

from leadwire.db import Connection, Database
from leadwire.outbox import Outbox
from leadwire.testing import eventually
from manager_svc.domain.lead import Contact
from manager_svc.metrics import ManagerMetrics
from manager_svc.storage.matching import MatchStore
from manager_svc.usecases.add_manager import add_manager
from manager_svc.usecases.receive_leads import receive_leads
from manager_svc.usecases.unit import Unit, Units

if TYPE_CHECKING:
    from conftest import Desk

NOW = datetime(2026, 1, 1, tzinfo=UTC)

Command = Callable[[Unit], Awaitable[object]]


@pytest.fixture
def adding() -> Command:
    return partial(add_manager, name="Anna", email=None, capacity=1)


@pytest.fixture
def bringing() -> Command:
    contact = Contact(
        id=uuid7(),
        name="Ada",
        family_name="Lovelace",
        email="ada@example.org",
        cellphone=None,
        created_at=NOW,
        rev=1,
    )
    return partial(receive_leads, contacts=[contact])


async def without_the_lock(connection: Connection, command: Command) -> None:
    await command(Unit(connection=connection, now=NOW, actor="test", auto_assign=True))


async def strand(database: Database, adding: Command, bringing: Command) -> None:
    """Run both in transactions that overlap, without the lock."""
    async with database.transaction() as one, database.transaction() as other:
        await without_the_lock(one, adding)
        await without_the_lock(other, bringing)


async def is_stranded(database: Database) -> bool:
    async with database.connection() as connection:
        return await MatchStore(connection=connection).is_possible()


async def test_without_the_lock_both_commit_and_are_left_to_each_other(
    database: Database, adding: Command, bringing: Command
) -> None:
    await strand(database, adding, bringing)
    assert await is_stranded(database)


@pytest.mark.parametrize("manager_first", [True, False])
async def test_with_the_lock_the_second_sees_what_the_first_brought(
    database: Database, adding: Command, bringing: Command, manager_first: bool
) -> None:
    units = Units(
        database=database,
        outbox=Outbox(),
        auto_assign=True,
        metrics=ManagerMetrics(CollectorRegistry()),
    )
    first, second = (adding, bringing) if manager_first else (bringing, adding)
    async with database.transaction() as connection:
        await units.run_on(connection, first, actor="test")
        running = asyncio.create_task(units.run(second, actor="test"))
        await eventually(lambda: somebody_waits(database), message="the second waits")
    await running
    assert not await is_stranded(database)


async def somebody_waits(database: Database) -> bool:
    async with database.connection() as connection:
        return bool(
            await connection.fetchval(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        )


async def test_the_sweep_finds_what_was_stranded_all_the_same(
    desk: "Desk", database: Database, adding: Command, bringing: Command
) -> None:
    await strand(database, adding, bringing)

    async def swept() -> bool:
        return not await is_stranded(database)

    await eventually(swept, message="the sweep has matched the two")
