"""Thirty-two clients do anything at any time, on two replicas of which one is killed.

Held at every look during the run, and at the end: no lead has two managers, no manager holds
more than his capacity, no lead waits while a manager is free whom it may go to. At the end:
leads were assigned in the order of their age (`AgeOrder` says what that means), what a client
was told is so, the database saw no deadlock, and no answer was a fault. It ends when enough of
everything was done, not after a time.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random

import aiohttp
import asyncpg
import pytest

from assignment_promises import assert_kept
from e2e.age_order import AGES, LOG, TRIGGERS, AgeOrder
from e2e.conftest import ReportCounts
from e2e.crowd import Crowd
from e2e.imports import MOST_PER_EVENT, Imports, some_leads
from leadwire.broker import ALL_TYPES, Subscription, broker_from_url
from leadwire.db import DedicatedConnection
from leadwire.testing import eventually
from leadwire.testing.postgres_databases import DatabaseTemplates
from leadwire.testing.process import ServiceProcess
from leadwire.testing.services import Urls, new_process, prepare

pytestmark = [pytest.mark.fault, pytest.mark.timeout(480)]

CLIENTS = 32
MANAGERS = 200
FIRST_MANAGERS = 16
"""Few at first, so that leads wait, are given back and are asked for; then all others come."""

FLOOD = 20_000
"""Leads that arrive in full events at last, while the crowd is at work."""

ENOUGH = {
    "decide": 300,
    "correct": 20,
    "erase": 20,
    "give_back": 20,
    "assign": 20,
    "pause": 10,
    "remove": 10,
}
"""How often each must have been done before the flood comes."""

WITHIN = 300.0
"""Seconds in which a slow machine does it all; a quiet one takes less than a minute."""

OPERATIONS_BETWEEN_EVENTS = 5
OPERATIONS_BETWEEN_LEFTOVERS = 15
OPERATIONS_BETWEEN_LOOKS = 50
LOOKS = 10
KILLED_AFTER, RESTARTED_AFTER = 300, 300
"""Operations: from the beginning, and from the kill."""

OBSERVER = Subscription(name="observer", types=(ALL_TYPES,))

UNDECIDED = """
SELECT count(*) FROM manager_svc.leads
WHERE id = ANY($1::uuid[]) AND decided_at IS NULL AND erased_at IS NULL
"""
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


class Soak:
    """A crowd at work, and what happens around it meanwhile.

    Attributes:
        told: Leads that were said to have been created.
        kills: Times that a replica was killed.
        looks: Times that all promises were seen to be kept.
        done_by_one: Operations that were done while the other replica was dead.
        done_by_both: Operations that were done after its restart.
    """

    def __init__(self, *, crowd: Crowd, imports: Imports, witness: DedicatedConnection) -> None:
        self.told = 0
        self.looks = 0
        self.kills = 0
        self.done_by_one = 0
        self.done_by_both = 0
        self._crowd = crowd
        self._imports = imports
        self._witness = witness
        self._chance = Random(5)
        self._before: list[str] = []
        self._flood = asyncio.Event()
        self._over = asyncio.Event()

    async def run(self, victim: ServiceProcess) -> None:
        try:
            async with asyncio.timeout(WITHIN):
                await self._do_all(victim)
        except TimeoutError:
            pytest.fail(f"done within {WITHIN:g} s: only {dict(self._crowd.ledger.done)}")

    async def _do_all(self, victim: ServiceProcess) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(CLIENTS):
                tasks.create_task(self._crowd.work(until=self._over))
            tasks.create_task(self.look_on())
            async with asyncio.TaskGroup() as acts:
                acts.create_task(self.bring_leads())
                acts.create_task(self.leave_leads_over())
                acts.create_task(self.kill_and_restart(victim))
            self._over.set()

    async def bring_leads(self) -> None:
        """First as many as managers are free, so that few of either wait; then all, in a flood."""
        while not self.has_enough():
            if free := await self._crowd.free():
                await self.tell_of(self._chance.randint(1, free))
            await self.have_done(OPERATIONS_BETWEEN_EVENTS)
        await self._crowd.hire(MANAGERS - FIRST_MANAGERS)
        self._flood.set()
        for _ in range(0, FLOOD, MOST_PER_EVENT):
            await self.tell_of(MOST_PER_EVENT)
            await self.have_done(OPERATIONS_BETWEEN_EVENTS)

    async def leave_leads_over(self) -> None:
        while not self.has_enough():
            await self.have_done(OPERATIONS_BETWEEN_LEFTOVERS)
            await self._crowd.take_what_nobody_wants()

    def has_enough(self) -> bool:
        return all(self._crowd.ledger.done[name] >= count for name, count in ENOUGH.items())

    async def tell_of(self, count: int) -> None:
        """Let leads arrive; the crowd hears of those before."""
        leads = some_leads(count, self._chance)
        await self._imports.tell_of(leads)
        self.told += count
        self._crowd.arrived += self._before
        self._before = [str(lead.id) for lead in leads]

    async def look_on(self) -> None:
        while not self._over.is_set():
            await self.look()
            await self._until(self.done() + OPERATIONS_BETWEEN_LOOKS)

    async def look(self) -> None:
        await assert_kept(self._witness)
        self.looks += 1

    async def kill_and_restart(self, victim: ServiceProcess) -> None:
        """Once among few, and once in the flood."""
        for begun in (None, self._flood):
            if begun is not None:
                await begun.wait()
            await self.have_done(KILLED_AFTER)
            await victim.kill()
            self.kills += 1
            at_kill = self.done()
            await self.have_done(RESTARTED_AFTER)
            self.done_by_one += self.done() - at_kill
            await victim.start()
            at_restart = self.done()
            await self.have_done(RESTARTED_AFTER)
            self.done_by_both += self.done() - at_restart

    def done(self) -> int:
        return self._crowd.ledger.done.total()

    async def have_done(self, operations: int) -> None:
        """Wait until the crowd, from now on, has done so much; fail if it stops before."""
        aim = self.done() + operations
        await self._until(aim)
        assert self.done() >= aim, "the crowd went home"

    async def _until(self, aim: int) -> None:
        await eventually(lambda: self.done() >= aim or self._over.is_set(), within=WITHIN)


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
        await crowd.hire(FIRST_MANAGERS)
        soak = Soak(crowd=crowd, imports=imports, witness=witness)
        await soak.run(victim=replicas[1])

        arrived = partial(all_arrived, witness, soak.told)
        await eventually(arrived, within=90, message="all leads arrived")
        await eventually(lambda: all_told(witness), within=90, message="all events are out")
        await soak.look()
        assert await witness.fetchval("SELECT count(*) FROM manager_svc.parked") == 0
        undecided = await witness.fetchval(UNDECIDED, list(crowd.ledger.decided))
        assert undecided == 0, "a decision is lost"
        order = AgeOrder(ages=dict(map(tuple, await witness.fetch(AGES))))
        order.follow(await witness.fetch(LOG))
        deadlocks = await witness.fetchval(DEADLOCKS)
        assert deadlocks == 0
    ledger = crowd.ledger
    assert soak.has_enough()
    assert min(soak.done_by_one, soak.done_by_both) > 0
    assert soak.looks > LOOKS
    assert order.passed_over > 0
    report_counts(
        killed=soak.kills,
        managers=MANAGERS,
        leads=soak.told,
        done_by_one=soak.done_by_one,
        done_by_both=soak.done_by_both,
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


async def all_arrived(witness: DedicatedConnection, count: int) -> bool:
    return bool(await witness.fetchval("SELECT count(*) FROM manager_svc.leads") == count)


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
