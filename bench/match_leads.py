"""The matcher: leads that arrive while managers are free, and how long the queue may be.

`matching` hands 100,000 leads, as events of an import, to the handler that consumes them, while
1,000 managers have room for them all; `matching-storing` is the same while nobody is free, so
that the difference is the matcher's. `matcher-10k` and `matcher-1m` are the time that the
matcher takes to give a manager, who has just decided a lead, the oldest of so many that wait;
the second is held to the first, since it must not grow.
"""

import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from prometheus_client import CollectorRegistry
from uuid_utils.compat import uuid7

from bench.figures import Figure, time_against_limit
from bench.servers import Servers
from leadwire.broker import Ack, Delivery, Message
from leadwire.contracts import Contact, LeadsCreated, Origin, new_event, to_message
from leadwire.db import Database
from leadwire.outbox import Outbox
from manager_svc.app import SERVICE
from manager_svc.domain.status import LeadStatus
from manager_svc.messaging.leads import SUBSCRIPTION, lead_events
from manager_svc.metrics import ManagerMetrics
from manager_svc.usecases.match import match
from manager_svc.usecases.unit import Unit, Units

LEADS: Final = 100_000
MANAGERS: Final = 1_000
LEADS_PER_EVENT: Final = 160  # as many as 64 KiB take
SAMPLES: Final = 100
SHORT, LONG = 10_000, 1_000_000
GROWTH: Final = 0.7
"""What noise and one more level of an index may make of two times that are the same."""

_OFFICE: Final = """
WITH added AS (
    INSERT INTO managers (id, name, folded_name, capacity, created_at, updated_at)
    SELECT gen_random_uuid(), 'Manager ' || n, 'manager ' || n, {places}, now(), now()
    FROM generate_series(1, {managers}) AS n
    RETURNING id
)

INSERT INTO slots (manager_id, number, capacity, free_since)
SELECT id, number, {places}, now() FROM added, generate_series(1, {places}) AS number;
"""

_QUEUE: Final = """
INSERT INTO leads (id, created_at, contact_rev, name, family_name, email, cellphone, updated_at)
SELECT
    gen_random_uuid(), now() - random() * interval '90 days', 1,
    'Given' || n, 'Family' || n, 'lead' || n || '@example.com', '+12025550123', now()
FROM generate_series(1, {leads}) AS n;
"""


async def measure_matching(servers: Servers) -> Sequence[Figure]:
    """Return the time for each lead that arrives, and that of the matcher by length of queue."""
    return [*await _measure_arrival(servers), *await _measure_queues(servers)]


async def _measure_arrival(servers: Servers) -> list[Figure]:
    figures = []
    for name, managers in (("matching", MANAGERS), ("matching-storing", 0)):
        async with _service_database(servers, f"bench_{managers}_free") as database:
            milliseconds = await _arrive(database, managers=managers)
        figures.append(Figure(name=name, value=milliseconds, unit="ms/lead"))
    return figures


async def _arrive(database: Database, *, managers: int) -> float:
    """Let all leads arrive; return the milliseconds for each."""
    handle = lead_events(database=database, units=_units(database), outbox=Outbox())
    async with database.connection() as connection:
        await connection.execute(_OFFICE.format(managers=managers, places=LEADS // MANAGERS))
        await connection.execute("ANALYZE")
    messages = [_import_of(LEADS_PER_EVENT) for _ in range(LEADS // LEADS_PER_EVENT)]
    started = time.perf_counter()
    for message in messages:
        verdict = await handle(Delivery(message=message, subscription=SUBSCRIPTION.name, attempt=1))
        if verdict != Ack():
            raise RuntimeError(f"an event was not handled: {verdict}")
    elapsed = time.perf_counter() - started
    async with database.connection() as connection:
        assigned = await connection.fetchval("SELECT count(manager_id) FROM leads")
    if assigned != (LEADS if managers else 0):
        raise RuntimeError(f"{assigned} leads were assigned to {managers} managers")
    return elapsed * 1000 / LEADS


def _import_of(count: int) -> Message:
    now = datetime.now(UTC)
    leads = tuple(_contact(now + timedelta(microseconds=number)) for number in range(count))
    event = LeadsCreated(origin=Origin.IMPORT, import_id=uuid7(), leads=leads)
    return to_message(new_event(event, source="leadwire/import-svc"))


def _contact(created_at: datetime) -> Contact:
    lead_id = uuid7()
    return Contact(
        id=lead_id,
        name="Given",
        family_name="Family",
        email=f"{lead_id}@example.com",
        cellphone="+12025550123",
        origin=Origin.IMPORT,
        import_id=None,
        has_resume=False,
        created_at=created_at,
        updated_at=created_at,
        rev=1,
    )


async def _measure_queues(servers: Servers) -> list[Figure]:
    """Time the matcher at both lengths in turn, so that both see the same machine."""
    short_times, long_times = [], []
    async with (
        _service_database(servers, "bench_matcher_10k") as short,
        _service_database(servers, "bench_matcher_1m") as long,
    ):
        short_lead, long_lead = await _queue(short, SHORT), await _queue(long, LONG)
        for _ in range(SAMPLES):
            short_lead, milliseconds = await _decide(short, short_lead)
            short_times.append(milliseconds)
            long_lead, milliseconds = await _decide(long, long_lead)
            long_times.append(milliseconds)
    return [
        Figure(name="matcher-10k", value=statistics.median(short_times), unit="ms"),
        time_against_limit(
            "matcher-1m", values=long_times, limits=short_times, unit="ms", target=GROWTH
        ),
    ]


async def _queue(database: Database, leads: int) -> UUID:
    """Let leads wait for one manager; return the one that he holds."""
    async with database.connection() as connection:
        await connection.execute(_OFFICE.format(managers=1, places=1))
        await connection.execute(_QUEUE.format(leads=leads))
        await connection.execute("VACUUM ANALYZE leads")
    (assigned,) = await _units(database).run(match, actor="bench")
    return assigned.lead.contact.id


async def _decide(database: Database, lead_id: UUID) -> tuple[UUID, float]:
    """Decide a lead; return the next one, and the milliseconds that the matcher took."""

    async def decide(unit: Unit) -> tuple[UUID, float]:
        await unit.leads.decide(
            lead_id,
            LeadStatus.INTERESTED,
            now=unit.now,
            what="lead_interested_created",
            actor=unit.actor,
            reason=None,
        )
        started = time.perf_counter()
        (assigned,) = await match(unit)
        return assigned.lead.contact.id, (time.perf_counter() - started) * 1000

    return await _units(database).run(decide, actor="bench")


def _units(database: Database) -> Units:
    return Units(
        database=database,
        outbox=Outbox(),
        auto_assign=True,
        metrics=ManagerMetrics(CollectorRegistry()),
    )


@asynccontextmanager
async def _service_database(servers: Servers, schema: str) -> AsyncIterator[Database]:
    url = await servers.service_database(schema, SERVICE.migrations)
    database = Database(
        url=url, schema=schema, application_name="bench", pool_size=2, command_timeout=300
    )
    await database.start()
    try:
        yield database
    finally:
        await database.stop()
