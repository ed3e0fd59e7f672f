"""Keys and revs in a real Postgres, with transactions that meet."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from leadwire.testing import eventually
from leadwire.testing.postgres import PostgresServer
from leadwire.testing.postgres_databases import DatabaseTemplates
from leadwire_client.consumer import Key, RetryError, Unit
from leadwire_client.consumer.postgres import Connection, PostgresStore
from leadwire_client.events import Event, LeadErased, LeadInterestedCreated
from leadwire_client.testing import events
from leadwire_client.testing.consumer import FakeQueue

Pool = asyncpg.Pool


@pytest.fixture
async def pool(database_templates: DatabaseTemplates) -> AsyncIterator["Pool[asyncpg.Record]"]:
    name = await database_templates.create()
    async with asyncpg.create_pool(
        database_templates.admin_url(name), min_size=0, max_size=5
    ) as made:
        await made.execute("CREATE TABLE customers (lead_id text PRIMARY KEY, email text)")
        yield made
    await database_templates.drop(name)


class Customers:
    """Keeps interested leads, and can be held before it ends."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = 0

    async def __call__(self, event: Event, unit: Unit[Connection]) -> None:
        match event.data:
            case LeadInterestedCreated(lead=lead, work=work) if await unit.is_newer(work):
                await unit.connection.execute(
                    "INSERT INTO customers VALUES ($1, $2) "
                    "ON CONFLICT (lead_id) DO UPDATE SET email = excluded.email",
                    str(lead.id),
                    lead.email,
                )
            case LeadErased(lead=tombstone) if await unit.is_newer(tombstone):
                await unit.connection.execute(
                    "DELETE FROM customers WHERE lead_id = $1", str(tombstone.id)
                )
        self.begun += 1
        await self.gate.wait()


async def emails(pool: "Pool[asyncpg.Record]") -> list[str]:
    return [row["email"] for row in await pool.fetch("SELECT email FROM customers ORDER BY 1")]


async def test_two_consumers_that_get_the_same_event_have_one_effect(
    pool: "Pool[asyncpg.Record]",
) -> None:
    customers = Customers()
    queues = [FakeQueue(customers, store=PostgresStore(pool)) for _ in range(2)]
    event = events.lead_interested_created(email="ada@example.com")
    customers.gate.clear()
    await PostgresStore(pool).prepare()
    delivering = [asyncio.create_task(queue.deliver(event)) for queue in queues]
    await eventually(lambda: customers.begun == 1)
    customers.gate.set()
    await asyncio.gather(*delivering)
    assert customers.begun == 1
    assert await emails(pool) == ["ada@example.com"]
    assert sorted(outcome for queue in queues for outcome in queue.counts.outcomes) == [
        ("lead_interested_created", "handled"),
        ("lead_interested_created", "known"),
    ]


@pytest.mark.parametrize("erasure_first", [True, False])
async def test_an_erasure_and_a_late_event_that_meet_leave_nothing(
    pool: "Pool[asyncpg.Record]", *, erasure_first: bool
) -> None:
    """Each holds its transaction open while the other begins."""
    customers, ada = Customers(), uuid4()
    store = PostgresStore(pool)
    await store.prepare()
    meeting = [events.lead_erased(ada), events.lead_interested_created(ada, rev=9)]
    customers.gate.clear()
    delivering = []
    for number, event in enumerate(meeting if erasure_first else reversed(meeting)):
        queue = FakeQueue(customers, store=store)
        delivering.append(asyncio.create_task(queue.deliver(event)))
        if number == 0:
            await eventually(lambda: customers.begun == 1)
    await eventually(lambda: _waits_for_a_lock(pool))
    customers.gate.set()
    await asyncio.gather(*delivering)
    assert await emails(pool) == []


async def _waits_for_a_lock(pool: "Pool[asyncpg.Record]") -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = "
    return bool(await pool.fetchval(waiting + "current_database()"))


async def test_batches_about_the_same_leads_in_different_order_do_not_deadlock(
    pool: "Pool[asyncpg.Record]",
) -> None:
    store = PostgresStore(pool)
    await store.prepare()
    leads = [events.contact() for _ in range(200)]
    kept: list[str] = []

    async def keep(event: Event, unit: Unit[Connection]) -> None:
        kept.extend(str(each.id) for each in await unit.newer(event.data.leads))  # type: ignore[union-attr]

    queues = [FakeQueue(keep, store=store) for _ in range(4)]
    for _ in range(5):
        await asyncio.gather(
            *(
                queue.deliver(events.leads_created(leads if number % 2 else leads[::-1]))
                for number, queue in enumerate(queues)
            )
        )
    assert [queue.waiting for queue in queues] == [[]] * 4
    assert sorted(kept) == sorted(str(each.id) for each in leads)


async def test_what_fails_leaves_neither_key_nor_effect(pool: "Pool[asyncpg.Record]") -> None:
    async def fail(event: Event, unit: Unit[Connection]) -> None:
        await unit.connection.execute("INSERT INTO customers VALUES ('x', 'x')")
        raise RetryError

    queue = FakeQueue(fail, store=PostgresStore(pool))
    await queue.deliver(events.lead_erased())
    assert await emails(pool) == []
    assert await pool.fetchval("SELECT count(*) FROM leadwire_inbox") == 0


async def test_an_error_that_a_handler_passes_over_does_not_lose_what_it_did_before(
    pool: "Pool[asyncpg.Record]",
) -> None:
    """The server answers the commit of a failed transaction as if all were well."""
    savepoint = False

    async def insert_twice(event: Event, unit: Unit[Connection]) -> None:
        for _ in range(2):
            with contextlib.suppress(asyncpg.UniqueViolationError):
                async with unit.connection.transaction() if savepoint else contextlib.nullcontext():
                    await unit.connection.execute("INSERT INTO customers VALUES ('x', 'x@y.com')")

    queue = FakeQueue(insert_twice, store=PostgresStore(pool))
    await queue.deliver(events.lead_erased())
    assert queue.acknowledged == []
    assert [each.attempt for each in queue.waiting] == [2]

    savepoint = True  # as one has to
    await queue.pass_time()
    assert queue.waiting == []
    assert await emails(pool) == ["x@y.com"]


async def test_two_subscriptions_share_a_database(pool: "Pool[asyncpg.Record]") -> None:
    seen: list[bool] = []

    async def look(event: Event, unit: Unit[Connection]) -> None:
        match event.data:
            case LeadErased(lead=tombstone):
                seen.append(await unit.is_newer(tombstone))

    event = events.lead_erased()
    for name in ("billing.leads", "billing.audit"):
        await FakeQueue(look, store=PostgresStore(pool), queue=name).deliver(event)
    assert seen == [True, True]


async def test_many_processes_that_start_at_once_make_the_tables_once(
    pool: "Pool[asyncpg.Record]",
) -> None:
    await asyncio.gather(*(PostgresStore(pool).prepare() for _ in range(4)))
    await PostgresStore(pool).prepare()


async def test_a_role_that_may_not_make_tables_works_with_those_of_a_migration(
    pool: "Pool[asyncpg.Record]", postgres_server: PostgresServer
) -> None:
    await PostgresStore(pool).prepare()
    role = f"team_{uuid4().hex[:8]}"
    await pool.execute(f"CREATE ROLE {role}")
    await pool.execute(f"REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role}")
    await pool.execute(f"GRANT ALL ON leadwire_inbox, leadwire_revs TO {role}")

    async def become(connection: Connection) -> None:
        await connection.execute(f"SET ROLE {role}")

    database = await pool.fetchval("SELECT current_database()")
    url = postgres_server.admin_url.rpartition("/")[0] + f"/{database}"
    async with asyncpg.create_pool(url, max_size=1, min_size=1, setup=become) as restricted:
        store = PostgresStore(restricted)
        await store.prepare()
        key = Key(subscription="q", source="s", event_id="1")
        async with store.once(key) as unit:
            assert unit is not None
    await pool.execute(f"DROP OWNED BY {role}")
    await pool.execute(f"DROP ROLE {role}")


async def test_old_keys_are_forgotten(pool: "Pool[asyncpg.Record]") -> None:
    store = PostgresStore(pool)
    await store.prepare()
    for name in ("q", "another"):
        async with store.once(Key(subscription=name, source="s", event_id="1")):
            pass
    now = datetime.now(UTC)
    assert await store.forget(subscription="q", before=now - timedelta(days=1)) == 0
    assert await store.forget(subscription="q", before=now + timedelta(days=1)) == 1
    left = await pool.fetchval("SELECT array_agg(subscription) FROM leadwire_inbox")
    assert left == ["another"]
