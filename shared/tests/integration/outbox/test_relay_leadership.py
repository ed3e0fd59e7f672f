"""Who publishes, when it is woken, and what becomes of what a dead leader left."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from leadwire.broker import (
    ALL_TYPES,
    Broker,
    Message,
    Outcome,
    Subscription,
)
from leadwire.broker.memory import MemoryBroker
from leadwire.db import Connection, Database, DatabaseRefusedError
from leadwire.outbox import (
    Outbox,
    OutgoingEvent,
    ParkedEvents,
    Relay,
    RelayMetrics,
    transactional_handler,
)
from leadwire.testing import eventually

Rows = Callable[[str], Awaitable[list[tuple[object, ...]]]]
Add = Callable[..., Awaitable[None]]
EVERYTHING = Subscription(name="journal", types=(ALL_TYPES,))


class RecordingBroker(MemoryBroker):
    """A memory broker that remembers what was published, and can be held after it."""

    def __init__(self) -> None:
        named = MemoryBroker.from_url(f"memory://{uuid4()}", name="relay")
        super().__init__(hub=named._hub, name="relay")
        self.published: list[str] = []
        self.at_work = 0
        self.most_at_work = 0
        self.answers = asyncio.Event()
        self.answers.set()

    async def publish(
        self, batch: Sequence[Message], *, only: str | None = None
    ) -> Sequence[Outcome]:
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            outcomes = await super().publish(batch, only=only)
            self.published.extend(message.id for message in batch)
            await self.answers.wait()
        finally:
            self.at_work -= 1
        return outcomes


@pytest.fixture
async def broker() -> AsyncIterator[RecordingBroker]:
    broker = RecordingBroker()
    await broker.start()
    await broker.declare([EVERYTHING])
    yield broker
    await broker.stop()


@dataclass
class Replica:
    relay: Relay
    registry: CollectorRegistry

    def leads(self) -> bool:
        return self.registry.get_sample_value("leadwire_outbox_leader") == 1


@asynccontextmanager
async def replica(
    database: Database, broker: Broker, *, poll_interval: float = 0.1
) -> AsyncIterator[Replica]:
    registry = CollectorRegistry()
    relay = Relay(
        database=database,
        broker=broker,
        metrics=RelayMetrics(registry),
        poll_interval=poll_interval,
        measure_interval=0.1,
    )
    await relay.start()
    try:
        yield Replica(relay, registry)
    finally:
        await relay.stop()


def published(broker: RecordingBroker, *ids: str) -> Callable[[], bool]:
    return lambda: broker.published == list(ids)


async def test_a_commit_wakes_the_relay_long_before_the_poll(
    database: Database, broker: RecordingBroker, add: Add
) -> None:
    async with replica(database, broker, poll_interval=60):
        await add("first")
        await eventually(published(broker, "first"))
        await add("second")
        await eventually(published(broker, "first", "second"))


async def test_the_poll_finds_what_no_notification_told(
    database: Database, broker: RecordingBroker, add: Add
) -> None:
    async with database.connection() as connection:
        await connection.execute("ALTER TABLE outbox DISABLE TRIGGER outbox_wake_relay")
    async with replica(database, broker):
        await add("first")
        await eventually(published(broker, "first"))
        await add("second")
        await eventually(published(broker, "first", "second"))


async def test_a_lower_id_that_commits_late_is_not_skipped(
    database: Database, broker: RecordingBroker, add: Add, rows: Rows
) -> None:
    late = OutgoingEvent(Message(id="late", type="told", body=b""), None)
    async with replica(database, broker):
        async with database.transaction() as connection:
            await Outbox().add(connection, [late])
            await add("early")
            await eventually(published(broker, "early"))
        await eventually(published(broker, "early", "late"))

    async def is_empty() -> bool:
        return await rows("SELECT 1 FROM outbox") == []

    await eventually(is_empty)


async def test_one_of_two_relays_publishes_and_the_other_takes_over(
    database: Database, broker: RecordingBroker, add: Add, rows: Rows
) -> None:
    async def nothing_is_left() -> bool:
        return not await rows("SELECT id FROM outbox")

    async with replica(database, broker) as first:
        await eventually(first.leads)
        async with replica(database, broker) as second:
            ids = [f"e{number}" for number in range(20)]
            for event_id in ids:
                await add(event_id)
            await eventually(published(broker, *ids))
            # What is published and not deleted yet, the next leader publishes again.
            await eventually(nothing_is_left)
            assert not second.leads()
            await first.relay.stop()
            assert not first.leads()
            await add("after")
            await eventually(published(broker, *ids, "after"))
            assert second.leads()
    assert broker.most_at_work == 1


async def test_a_leader_whose_connections_are_cut_loses_nothing(
    database: Database, database_url: str, broker: RecordingBroker, add: Add, rows: Rows
) -> None:
    of_the_relay = (
        "FROM pg_stat_activity "
        "WHERE application_name LIKE 'relay%' AND datname = current_database()"
    )

    async def has_all_three() -> bool:  # lock, listener, pool
        return len(await rows(f"SELECT pid {of_the_relay}")) >= 3

    its_own = Database(url=database_url, schema="outbox_test", application_name="relay")
    await its_own.start()
    async with replica(its_own, broker) as only:
        await add("before")
        await eventually(published(broker, "before"))
        await eventually(has_all_three)
        assert len(await rows(f"SELECT pg_terminate_backend(pid) {of_the_relay}")) >= 3
        await eventually(lambda: not only.leads())
        await add("after")
        await eventually(lambda: broker.published[-1] == "after")
        await eventually(only.leads)
    await its_own.stop()


async def test_a_leader_that_the_database_refuses_says_so(
    database: Database, database_url: str, broker: RecordingBroker, rows: Rows
) -> None:
    password = urlsplit(database_url).password
    cut_the_pool_only = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'relay' AND datname = current_database()"
    )
    its_own = Database(url=database_url, schema="outbox_test", application_name="relay")
    await its_own.start()
    async with replica(its_own, broker) as only, database.connection() as connection:
        await eventually(only.leads)
        await connection.execute("ALTER ROLE CURRENT_USER PASSWORD 'another'")
        try:
            assert await connection.fetch(cut_the_pool_only)
            with pytest.raises(DatabaseRefusedError, match="check the role, the password"):
                await asyncio.wait_for(only.relay.wait(), 30)
        finally:
            await connection.execute(f"ALTER ROLE CURRENT_USER PASSWORD '{password}'")
    await its_own.stop()


async def test_killed_between_publication_and_delete_it_publishes_again_to_one_effect(
    database: Database, broker: RecordingBroker, add: Add, rows: Rows
) -> None:
    async with database.connection() as connection:
        await connection.execute("CREATE TABLE effects (event_id text)")

    async def apply(connection: Connection, event: _Told) -> None:
        await connection.execute("INSERT INTO effects VALUES ($1)", event.id)

    handler = transactional_handler(
        database=database,
        subscription=EVERYTHING.name,
        read=lambda message: _Told("src", message.id),
        apply=apply,
    )
    parking = ParkedEvents(database=database, registry=CollectorRegistry())
    consumer = await broker.subscribe(EVERYTHING, handler, parking=parking)
    broker.answers.clear()
    await add("A", "B")
    async with replica(database, broker):
        await eventually(published(broker, "A", "B"))
    # Stopped before it heard the answer, as a kill would: both rows are still there.
    assert await rows("SELECT event_id FROM outbox ORDER BY id") == [("A",), ("B",)]

    broker.answers.set()
    async with replica(database, broker):
        await add("C")
        await eventually(lambda: "C" in broker.published)

        async def three_effects() -> bool:
            return len(await rows("SELECT event_id FROM effects")) == 3

        await eventually(three_effects)
    await consumer.stop()
    assert broker.published == ["A", "B", "A", "B", "C"]
    assert await rows("SELECT event_id FROM effects ORDER BY event_id") == [
        ("A",),
        ("B",),
        ("C",),
    ]


async def test_the_leader_measures_backlog_and_age_while_the_broker_is_silent(
    database: Database, broker: RecordingBroker, add: Add, rows: Rows
) -> None:
    await add("A", "B", "C")
    async with database.connection() as connection:
        await connection.execute("UPDATE outbox SET created_at = now() - interval '1 minute'")
    broker.answers.clear()
    async with replica(database, broker) as only:
        value = only.registry.get_sample_value
        await eventually(lambda: value("leadwire_outbox_backlog_events") == 3)
        assert (value("leadwire_outbox_oldest_pending_seconds") or 0) >= 60
        broker.answers.set()
        await eventually(lambda: value("leadwire_outbox_confirm_seconds_count") == 1)
        await eventually(lambda: value("leadwire_outbox_backlog_events") == 0)
    assert value("leadwire_outbox_leader") == 0


async def test_a_relay_may_be_stopped_without_start_and_twice(
    database: Database, broker: RecordingBroker
) -> None:
    relay = Relay(database=database, broker=broker, metrics=RelayMetrics(CollectorRegistry()))
    await relay.stop()
    await relay.start()
    await relay.stop()
    await relay.stop()
    await asyncio.wait_for(relay.wait(), 1)


@dataclass(frozen=True)
class _Told:
    source: str
    id: str
