"""Creating single leads over HTTP, against the same SQL through pgbench.

Eight clients each post one lead after another, as a public form does. The requests go to a
real import-svc process, whose relay stands by, as it does in every replica but one. The limit is
pgbench, whose clients send exactly the statement that the service sends: lead and event in one.
The figure `create-publishing` is of a process that also publishes, with RabbitMQ on the same
machine.
"""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from statistics import median
from typing import Final

import asyncpg

from bench.figures import Figure, against_limit
from bench.http_load import json_request, requests_per_second
from bench.import_leads import SUBSCRIPTION, leads, relay_elsewhere, running_service
from bench.outbox import event_columns, event_variables
from bench.pgbench import as_statement, transactions_per_second
from bench.servers import Servers
from import_svc.app import SERVICE
from leadwire.contracts import EventType
from leadwire.db import Queries
from leadwire.outbox import with_event

CLIENTS: Final = 8
SECONDS: Final = 8
ROUNDS: Final = 3

_EMAIL: Final = "'lead' || :client_id || '-' || :n || '@example.com'"
_CELLPHONE: Final = "'+1' || (2120000000 + :client_id * 1000000 + :n)"
_LEAD: Final = (
    *("gen_random_uuid()", "'Given' || :n", "'Family' || :n", _EMAIL, _EMAIL, _CELLPHONE),
    *("'{}'", "'form'", "NULL", "now()", "now()", "1", "false"),
)
_SCRIPT: Final = "\n".join(
    [
        r"\set n :n + 1",
        as_statement(
            with_event(Queries("import_svc.storage")["insert_lead"]),
            *_LEAD,
            *event_columns(EventType.LEADS_CREATED, about="NULL"),
        )
        + ";",
    ]
)


async def measure_creating(servers: Servers) -> Sequence[Figure]:
    """Return created leads per second of the service and of pgbench, in turn."""
    values, publishing, limits = [], [], []
    async with AsyncExitStack() as stack:
        url = await servers.service_database(SERVICE.schema, SERVICE.migrations)
        await servers.declare(SUBSCRIPTION)
        connection = await asyncpg.connect(url)
        stack.push_async_callback(connection.close)

        async def empty() -> None:
            await connection.execute("TRUNCATE leads, outbox CASCADE")
            await servers.purge(SUBSCRIPTION.name)

        for _ in range(ROUNDS):
            await empty()
            async with relay_elsewhere(url), running_service(servers, url) as service:
                values.append(await _create_over_http(service.url))
            await empty()
            async with running_service(servers, url) as service:
                publishing.append(await _create_over_http(service.url))
            # Without the service: its relay would publish what pgbench writes.
            await empty()
            limits.append(await create_with_pgbench(url, clients=CLIENTS, seconds=SECONDS))
    return [
        against_limit("create", values=values, limits=limits, unit="leads/s", target=0.3),
        Figure(name="create-publishing", value=median(publishing), unit="leads/s"),
    ]


async def create_with_pgbench(url: str, *, clients: int, seconds: int) -> float:
    """Let each client create one lead after another; return the leads per second."""
    variables = {"n": "0", **event_variables(EventType.LEADS_CREATED)}
    return await transactions_per_second(
        url, _SCRIPT, clients=clients, seconds=seconds, variables=variables
    )


async def _create_over_http(url: str) -> float:
    """Let each client create one lead after another; return the leads per second."""
    requests = (json_request("POST", "/v1/leads", lead) for lead in leads(10_000_000))
    return await requests_per_second(url, requests, clients=CLIENTS, seconds=SECONDS)
