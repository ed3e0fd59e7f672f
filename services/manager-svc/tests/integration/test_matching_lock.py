"""The write skew that the matching lock prevents (design 10).

Two transactions overlap: one adds a manager and looks for a waiting lead, the other brings
a lead and looks for a free manager. Both run exactly the matcher's queries.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from uuid_utils.compat import uuid7

from leadwire.db import Connection, Database
from leadwire.testing import eventually
from manager_svc.domain.lead import Contact
from manager_svc.domain.manager import Manager, ManagerState
from manager_svc.storage.leads import LeadStore
from manager_svc.storage.managers import ManagerStore
from manager_svc.storage.matching import MatchStore
from manager_svc.usecases.match import match
from manager_svc.usecases.unit import Unit

if TYPE_CHECKING:
    from conftest import Desk

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def add_manager_and_match(connection: Connection) -> int:
    manager = Manager(
        id=uuid7(),
        name="Anna",
        email=None,
        capacity=1,
        state=ManagerState.ACTIVE,
        rev=1,
        created_at=NOW,
        updated_at=NOW,
        has_room=True,
    )
    await ManagerStore(connection=connection).add(manager)
    return await matched(connection)


async def bring_lead_and_match(connection: Connection) -> int:
    contact = Contact(
        id=uuid7(),
        name="Ada",
        family_name="Lovelace",
        email="ada@example.org",
        cellphone=None,
        created_at=NOW,
        rev=1,
    )
    await LeadStore(connection=connection).receive([contact], now=NOW)
    return await matched(connection)


async def matched(connection: Connection) -> int:
    unit = Unit(connection=connection, now=NOW, actor="test", auto_assign=True)
    return len(await match(unit))


async def is_stranded(database: Database) -> bool:
    async with database.connection() as connection:
        return await MatchStore(connection=connection).is_possible()


@asynccontextmanager
async def two_transactions(database: Database) -> AsyncIterator[tuple[Connection, Connection]]:
    async with database.transaction() as one, database.transaction() as other:
        yield one, other


async def test_without_the_lock_both_commit_and_are_left_to_each_other(
    database: Database,
) -> None:
    async with two_transactions(database) as (one, other):
        assert await add_manager_and_match(one) == 0
        assert await bring_lead_and_match(other) == 0
    assert await is_stranded(database)


@pytest.mark.parametrize("manager_first", [True, False])
async def test_with_the_lock_the_second_sees_what_the_first_brought(
    database: Database, manager_first: bool
) -> None:
    commands = [add_manager_and_match, bring_lead_and_match]
    first, second = commands if manager_first else reversed(commands)

    async def second_transaction() -> int:
        async with database.transaction() as connection:
            await MatchStore(connection=connection).take_lock()
            return await second(connection)

    async with database.transaction() as connection:
        await MatchStore(connection=connection).take_lock()
        assert await first(connection) == 0
        running = asyncio.create_task(second_transaction())
        await eventually(lambda: somebody_waits(database), message="the second waits")
    assert await running == 1
    assert not await is_stranded(database)


async def somebody_waits(database: Database) -> bool:
    async with database.connection() as connection:
        return bool(
            await connection.fetchval(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            )
        )


async def test_the_sweep_finds_what_was_stranded_all_the_same(
    desk: "Desk", database: Database
) -> None:
    async with two_transactions(database) as (one, other):
        await add_manager_and_match(one)
        await bring_lead_and_match(other)

    async def swept() -> bool:
        return not await is_stranded(database)

    await eventually(swept, within=5.0, message="the sweep has matched the two")
