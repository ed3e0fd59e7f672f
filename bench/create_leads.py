"""Creating single leads over HTTP, against the same SQL through pgbench.

Eight clients each post one lead after another, as a public form does. The requests go to a
real import-svc process, which also publishes its events to RabbitMQ meanwhile. The limit is
pgbench, whose clients send exactly the statements of such a transaction: lead, event, commit.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from itertools import count
from typing import Final

import aiohttp
import asyncpg

from bench.figures import Figure, against_limit
from bench.import_leads import SUBSCRIPTION, leads, running_service
from bench.outbox import add_event, event_variables
from bench.pgbench import as_statement, transactions_per_second
from bench.servers import Servers
from import_svc.app import SERVICE
from leadwire.contracts import EventType
from leadwire.db import Queries

CLIENTS: Final = 8
SECONDS: Final = 8
ROUNDS: Final = 3

_EMAIL: Final = "'lead' || :client_id || '-' || :n || '@example.com'"
_CELLPHONE: Final = "'+1' || (2120000000 + :client_id * 1000000 + :n)"
_SCRIPT: Final = "\n".join(
    [
        r"\set n :n + 1",
        "BEGIN;",
        as_statement(
            Queries("import_svc.storage")["insert_lead"],
            *("gen_random_uuid()", "'Given' || :n", "'Family' || :n", _EMAIL, _EMAIL, _CELLPHONE),
            *("'{}'", "'form'", "NULL", "now()", "now()", "1", "false"),
        )
        + ";",
        add_event(EventType.LEADS_CREATED, about="NULL"),
        "COMMIT;",
    ]
)


async def measure_creating(servers: Servers) -> Sequence[Figure]:
    """Return created leads per second of the service and of pgbench, in turn."""
    values, limits = [], []
    async with AsyncExitStack() as stack:
        url = await servers.service_database(SERVICE.schema, SERVICE.migrations)
        await servers.declare(SUBSCRIPTION)
        connection = await asyncpg.connect(url)
        stack.push_async_callback(connection.close)
        for _ in range(ROUNDS):
            await connection.execute("TRUNCATE leads, outbox CASCADE")
            await servers.purge(SUBSCRIPTION.name)
            async with running_service(servers, url) as service:
                values.append(await _create_over_http(service.url))
            # Without the service: its relay would publish what pgbench writes.
            await connection.execute("TRUNCATE leads, outbox CASCADE")
            limits.append(await create_with_pgbench(url, clients=CLIENTS, seconds=SECONDS))
    return [against_limit("create", values=values, limits=limits, unit="leads/s", target=0.3)]


async def create_with_pgbench(url: str, *, clients: int, seconds: int) -> float:
    """Let each client create one lead after another; return the leads per second."""
    variables = {"n": "0", **event_variables(EventType.LEADS_CREATED)}
    return await transactions_per_second(
        url, _SCRIPT, clients=clients, seconds=seconds, variables=variables
    )


async def _create_over_http(url: str) -> float:
    """Let each client create one lead after another; return the leads per second."""
    async with aiohttp.ClientSession(base_url=url, raise_for_status=True) as session:
        new = leads(10_000_000)
        started = time.perf_counter()
        ends_at = started + SECONDS
        created = await asyncio.gather(
            *(_create_until(ends_at, session, new) for _ in range(CLIENTS))
        )
        return sum(created) / (time.perf_counter() - started)


async def _create_until(
    ends_at: float, session: aiohttp.ClientSession, new: Iterator[Mapping[str, str]]
) -> int:
    for created in count():
        if time.perf_counter() > ends_at:
            return created
        async with session.post("/v1/leads", json=next(new)) as response:
            await response.read()
    raise AssertionError("it counts for ever")
