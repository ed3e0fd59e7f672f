"""A transaction that the database rolled back is run again, a bounded number of times."""

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from leadwire.db import ATTEMPTS, Database
from leadwire.outbox import Outbox
from manager_svc.metrics import ManagerMetrics
from manager_svc.usecases.add_manager import add_manager
from manager_svc.usecases.unit import Unit, Units


@pytest.fixture
def units(database: Database) -> Units:
    return Units(
        database=database,
        outbox=Outbox(),
        auto_assign=True,
        metrics=ManagerMetrics(CollectorRegistry()),
    )


class Unlucky:
    """Adds a manager, and is the victim of a deadlock the first few times."""

    def __init__(self, *, failures: int) -> None:
        self.failures = failures
        self.runs = 0

    async def __call__(self, unit: Unit) -> None:
        self.runs += 1
        await add_manager(unit, name="Anna", email="anna@example.org", capacity=1)
        if self.runs <= self.failures:
            raise asyncpg.DeadlockDetectedError("deadlock detected")


async def managers(database: Database) -> tuple[int, int]:
    async with database.connection() as connection:
        row = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM managers), (SELECT count(*) FROM outbox)"
        )
    assert row is not None
    return row[0], row[1]


async def test_a_deadlock_is_not_seen_and_leaves_nothing_behind(
    units: Units, database: Database
) -> None:
    command = Unlucky(failures=2)
    await units.run(command, actor="test")
    assert command.runs == 3
    assert await managers(database) == (1, 1)


async def test_deadlocks_for_ever_end_the_attempts(units: Units, database: Database) -> None:
    command = Unlucky(failures=100)
    with pytest.raises(asyncpg.DeadlockDetectedError):
        await units.run(command, actor="test")
    assert command.runs == ATTEMPTS
    assert await managers(database) == (0, 0)


async def test_times_grow_in_the_order_of_commits(units: Units, database: Database) -> None:
    """Also for a transaction that began before the other one and waited for the lock."""
    times = []

    async def note(unit: Unit) -> None:
        times.append(unit.now)

    async with database.transaction() as early:
        await early.execute("SELECT 1")
        await units.run(note, actor="test")
        await units.run_on(early, note, actor="test")
    assert times == sorted(times)
