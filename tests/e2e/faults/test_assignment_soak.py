"""Thirty-two clients do anything at any time, on two replicas of which one is killed.

Held at every look during the run, and at the end: no lead has two managers, no manager holds
more than his capacity, no lead waits while a manager is free whom it may go to. At the end:
leads were assigned in the order of their age (`AgeOrder` says what that means), what a client
was told is so, the database saw no deadlock, and no answer was a fault.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import aiohttp
import asyncpg
import pytest

from assignment_promises import assert_kept
from e2e.age_order import AGES, LOG, TRIGGERS, AgeOrder
from e2e.conftest import ReportCounts
from e2e.crowd import Crowd
from e2e.imports import Imports, batches
from e2e.system import Urls, new_process, prepare
from leadwire.broker import ALL_TYPES, Subscription, broker_from_url
from leadwire.db import DedicatedConnection
from leadwire.testing import eventually
from leadwire.testing.postgres_databases import DatabaseTemplates
from leadwire.testing.process import ServiceProcess

# Twenty thousand leads arrive while others work: that takes its time on a slow machine.
pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

CLIENTS = 32
MANAGERS = 200
LEADS = 20_000
SECONDS = 40.0
SMALL_EVENTS = 100
"""Events of few leads, which meet managers who are free; then come full ones."""

OPERATIONS_BETWEEN_EVENTS = 5
OPERATIONS_BETWEEN_LOOKS = 100
KILLED_AFTER, RESTARTED_AFTER = 700, 1_000
"""Operations."""

OBSERVER = Subscription(name="observer", types=(ALL_TYPES,))

UNDECIDED = """
SELECT count(*) FROM manager_svc.leads
WHERE id = ANY($1::uuid[]) AND decided_at IS NULL AND erased_at IS NULL
"""
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


class Soak:
    """A crowd at work, and what happens around it meanwhile."""

    def __init__(
        self, *, crowd: Crowd, imports: Imports, witness: DedicatedConnection, ends_at: float
    ) -> None:
        self.looks = 0
        self._crowd = crowd
        self._imports = imports
        self._witness = witness
        self._ends_at = ends_at

    async def run(self, victim: ServiceProcess) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(CLIENTS):
                tasks.create_task(self._crowd.work(until=self._ends_at))
            tasks.create_task(self.bring_leads())
            tasks.create_task(self.look_on())
            tasks.create_task(self.kill_and_restart(victim))

    async def bring_leads(self) -> None:
        """Let leads arrive as the crowd gets on; all at once what is left when it stops."""
        before: list[str] = []
        leads = batches(LEADS, small=SMALL_EVENTS, chance=Random(5))
        for number, batch in enumerate(leads):
            await self.has_done(number * OPERATIONS_BETWEEN_EVENTS)
            await self._imports.tell_of(batch)
            self._crowd.arrived += before
            before = [str(lead.id) for lead in batch]

    async def look_on(self) -> None:
        while not self._is_over():
            await self.has_done((self.looks + 1) * OPERATIONS_BETWEEN_LOOKS)
            await self.look()

    async def look(self) -> bool:
        await assert_kept(self._witness)
        self.looks += 1
        return True

    async def kill_and_restart(self, victim: ServiceProcess) -> None:
        await self.has_done(KILLED_AFTER)
        await victim.kill()
        await self.has_done(RESTARTED_AFTER)
        await victim.start()

    async def has_done(self, operations: int) -> None:
        """Wait until the crowd has done so much, or stops."""

        def enough() -> bool:
            return self._crowd.ledger.done.total() >= operations or self._is_over()

        await eventually(enough, within=SECONDS + 5)

    def _is_over(self) -> bool:
        return asyncio.get_running_loop().time() >= self._ends_at


async def test_a_crowd_on_two_replicas_of_which_one_is_killed(
    urls: Urls, replicas: list[ServiceProcess], report_counts: ReportCounts
) -> None:
    async with (
        connected(urls.admin_database) as witness,
        publishing(urls.broker) as imports,
        aiohttp.ClientSession() as session,
    ):
        await witness.execute(TRIGGERS)
        crowd = Crowd(
            session=session,
            replicas=[replica.url for replica in replicas],
            chance=Random(4),
            erase=imports.erase,
        )
        await crowd.hire(MANAGERS)
        ends_at = asyncio.get_running_loop().time() + SECONDS
        soak = Soak(crowd=crowd, imports=imports, witness=witness, ends_at=ends_at)
        await soak.run(victim=replicas[1])

        await eventually(lambda: all_arrived(witness), within=90, message="all leads arrived")
        await eventually(lambda: all_told(witness), within=90, message="all events are out")
        await eventually(soak.look, within=5)
        assert await witness.fetchval("SELECT count(*) FROM manager_svc.parked") == 0
        assert await witness.fetchval(UNDECIDED, crowd.ledger.decided) == 0, "a decision is lost"
        order = AgeOrder(ages=dict(map(tuple, await witness.fetch(AGES))))
        order.follow(await witness.fetch(LOG))
        deadlocks = await witness.fetchval(DEADLOCKS)
        assert deadlocks == 0
    ledger = crowd.ledger
    report_counts(
        killed=1,
        leads=LEADS,
        operations=ledger.done.total(),
        refused=ledger.refused.total(),
        unanswered_and_repeated=ledger.unanswered,
        looks=soak.looks,
        deadlocks=deadlocks,
        assigned_by_the_matcher=order.by_matcher,
        assigned_by_hand=order.by_hand,
        given_back=order.given_back,
        passed_over=order.passed_over,
        **{f"did_{name}": count for name, count in sorted(ledger.done.items())},
    )


async def all_arrived(witness: DedicatedConnection) -> bool:
    return bool(await witness.fetchval("SELECT count(*) FROM manager_svc.leads") == LEADS)


async def all_told(witness: DedicatedConnection) -> bool:
    return not await witness.fetchval("SELECT EXISTS (SELECT FROM manager_svc.outbox)")


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[DedicatedConnection]:
    connection = await asyncpg.connect(url, server_settings={"search_path": "manager_svc"})
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def publishing(url: str) -> AsyncIterator[Imports]:
    """Publish in the name of import-svc, to manager-svc; what that publishes is kept in a queue."""
    broker = broker_from_url(url, name="soak")
    await broker.start()
    try:
        await broker.declare([OBSERVER])
        yield Imports(broker=broker)
    finally:
        await broker.stop()


@pytest.fixture
async def urls(e2e_databases: DatabaseTemplates, broker_url: str) -> AsyncIterator[Urls]:
    database = await e2e_databases.create()
    yield Urls(
        admin_database=e2e_databases.admin_url(database),
        broker=broker_url,
        broker_of={},
        role_suffix=secrets.token_hex(4),
    )
    await e2e_databases.drop(database)


@pytest.fixture
async def replicas(urls: Urls, tmp_path: Path) -> AsyncIterator[list[ServiceProcess]]:
    pair = [new_process("manager_svc", urls, tmp_path, replica=number) for number in (1, 2)]
    await prepare(pair[0])
    for replica in pair:
        await replica.start()
    yield pair
    assert [await replica.stop() for replica in pair] == [0, 0], "both stop cleanly"
