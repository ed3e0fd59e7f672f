"""Marking leads over HTTP, against the same SQL through pgbench.

Sixteen managers each mark the lead that they hold and get the next one. The requests go to
a real manager-svc process, which also publishes its events to RabbitMQ meanwhile. The limit
is pgbench, whose clients send exactly the statements of such a transaction, in their order:
lock, find, decide, match, assign, two events.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import aiohttp
import asyncpg

from bench.figures import Figure, against_limit
from bench.outbox import add_event, event_variables
from bench.pgbench import as_statement, transactions_per_second
from bench.servers import Servers
from leadwire.broker import ALL_TYPES, Subscription
from leadwire.contracts import EventType
from leadwire.db import Connection
from leadwire.db.embedded import free_port
from leadwire.testing import eventually
from leadwire.testing.process import ServiceProcess, run_to_end
from manager_svc.app import SERVICE
from manager_svc.storage.queries import QUERIES

CLIENTS: Final = 16
SECONDS: Final = 8
ROUNDS: Final = 3
WAITING: Final = 200_000

_SUBSCRIPTION: Final = Subscription(name="bench-marks", types=(ALL_TYPES,))

_OFFICE: Final = """
INSERT INTO managers (id, name, folded_name, capacity, created_at, updated_at)
SELECT gen_random_uuid(), 'Manager ' || n, 'manager ' || n, 1, now(), now()
FROM generate_series(1, {managers}) AS n;

INSERT INTO slots (manager_id, number, capacity, free_since) SELECT id, 1, 1, now() FROM managers;

INSERT INTO leads (id, created_at, contact_rev, name, family_name, email, cellphone, updated_at)
SELECT
    gen_random_uuid(), now() - n * interval '1 second', 1,
    'Given' || n, 'Family' || n, 'lead' || n || '@example.com', '+12025550123', now()
FROM generate_series(1, {leads}) AS n;

ANALYZE;
"""

_NOW: Final = ":now"
_LEAD: Final = ":next_id"
_DECIDED, _ASSIGNED = EventType.LEAD_INTERESTED_CREATED, EventType.LEAD_ASSIGNED


def _then(query: str, *arguments: str, into: str | None = None) -> str:
    r"""Write one statement of the script; `into` prefixes the variables that its row sets."""
    ending = ";" if into is None else rf" \gset {into}"
    return as_statement(query, *arguments) + ending


_SCRIPT: Final = "\n".join(
    [
        r"\if :begun = 0",
        r"SELECT lead_id AS id FROM slots",
        r"ORDER BY manager_id OFFSET :client_id LIMIT 1 \gset next_",
        r"\set begun 1",
        r"\endif",
        "BEGIN;",
        _then(QUERIES["take_matching_lock"], into=""),
        _then(QUERIES["find_lead_for_update"], _LEAD),
        _then(
            QUERIES["decide_lead"],
            *(_LEAD, "'interested'", _NOW, f"'{_DECIDED}'", "'anonymous'", "NULL"),
        ),
        _then(QUERIES["find_candidates"], f"({_NOW}::timestamptz - interval '1 hour')", into=""),
        _then(
            QUERIES["assign_leads"],
            *(":manager_ids", ":numbers", ":lead_ids", _NOW, "'matcher'", "'oldest_first'"),
            *(":manager_ids", ":free_since", "false", ":lead_ids", "NULL"),
            into="next_",
        ),
        add_event(_DECIDED, about=_LEAD),
        add_event(_ASSIGNED, about=_LEAD),
        "COMMIT;",
    ]
)


async def measure_marking(servers: Servers) -> Sequence[Figure]:
    """Return marks per second of the service and of pgbench, in turn."""
    values, limits = [], []
    async with AsyncExitStack() as stack:
        url = await servers.service_database(SERVICE.schema, SERVICE.migrations)
        connection = await asyncpg.connect(url)
        stack.push_async_callback(connection.close)
        await open_office(connection, managers=CLIENTS, leads=WAITING)
        service = await new_service(servers, url, Path(stack.enter_context(TemporaryDirectory())))
        stack.push_async_callback(service.stop)
        for _ in range(ROUNDS):
            await service.start()
            values.append(await _mark_over_http(service.url))
            await service.stop()  # its relay would publish what pgbench writes
            await connection.execute("TRUNCATE outbox")
            await servers.purge(_SUBSCRIPTION.name)
            limits.append(await mark_with_pgbench(url, clients=CLIENTS, seconds=SECONDS))
            await connection.execute("TRUNCATE outbox")
    return [against_limit("marking", values=values, limits=limits, unit="marks/s", target=0.3)]


async def open_office(connection: Connection, *, managers: int, leads: int) -> None:
    """Add managers who are free, and leads that wait."""
    await connection.execute(_OFFICE.format(managers=managers, leads=leads))


async def new_service(servers: Servers, url: str, directory: Path) -> ServiceProcess:
    """Return a manager-svc that does not run yet, and let a subscription take its events."""
    port = free_port()
    environment = {
        "LEADWIRE_AUTH": "off",
        "LEADWIRE_BROKER_URL": servers.rabbitmq_url,
        "LEADWIRE_HTTP_PORT": str(port),
        "LEADWIRE_LOG_FORMAT": "json",
        "MANAGER_DATABASE_URL": url,
    }
    await run_to_end(["manager_svc", "topology"], environment=environment)
    await servers.declare(_SUBSCRIPTION)
    return ServiceProcess(
        module="manager_svc",
        environment=environment,
        port=port,
        log=directory / "manager-svc.log",
    )


async def _mark_over_http(url: str) -> float:
    """Let each manager mark what he holds, again and again; return the marks per second."""
    async with aiohttp.ClientSession(base_url=url, raise_for_status=True) as session:
        leads = await eventually(lambda: held_by_all(session, CLIENTS), within=30)
        started = time.perf_counter()
        ends_at = started + SECONDS
        marks = sum(await asyncio.gather(*(_mark_until(ends_at, session, each) for each in leads)))
        return marks / (time.perf_counter() - started)


async def held_by_all(session: aiohttp.ClientSession, managers: int) -> list[str]:
    """Return the lead of each manager, or none as long as one of them has none."""
    async with session.get("/v1/managers") as response:
        found = (await response.json())["items"]
    leads = [lead["id"] for each in found for lead in each["leads"]]
    return leads if len(leads) == managers else []


async def _mark_until(ends_at: float, session: aiohttp.ClientSession, lead: str) -> int:
    marks = 0
    while time.perf_counter() < ends_at:
        body = {"status": "interested"}
        async with session.put(f"/v1/leads/{lead}/status", json=body) as response:
            lead = (await response.json())["next_lead"]["id"]
        marks += 1
    return marks


async def mark_with_pgbench(url: str, *, clients: int, seconds: int) -> float:
    """Let each client mark what its manager holds, again and again; return the marks per second.

    Each of the first managers, by id, as many as clients, holds a lead, and no other is free.
    """
    variables = {"begun": "0", **event_variables(_DECIDED), **event_variables(_ASSIGNED)}
    return await transactions_per_second(
        url, _SCRIPT, clients=clients, seconds=seconds, variables=variables
    )
