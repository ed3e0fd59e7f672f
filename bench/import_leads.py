"""Bulk import over HTTP, against COPY of the same rows into the same table.

The import is a request to a real import-svc process: it decodes, validates, stores
and writes the events to its outbox, and publishes them meanwhile. The limit is asyncpg's COPY
of the rows that the import stored, in one go, into a table with the same columns, constraints
and indexes. Memory is that of the service and its judging processes together.
"""

import io
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import asyncpg
import orjson

from bench.figures import Figure, against_limit
from bench.memory import peak_memory
from bench.servers import Servers
from import_svc.app import SERVICE
from leadwire.broker import Subscription
from leadwire.contracts import EventType
from leadwire.db.embedded import free_port
from leadwire.testing.process import ServiceProcess, run_to_end

SIZES = {"": 100_000, "-1m": 1_000_000}
"""Rows, by what follows in the figure's name."""

ROUNDS = 3
SUBSCRIPTION = Subscription(name="bench-leads", types=(EventType.LEADS_CREATED,))
MOST_MIB = 300

FIELDS = ("name", "family_name", "email", "cellphone")


def leads(count: int) -> Iterator[Mapping[str, str]]:
    """Yield valid leads, each with an email and a US number of its own."""
    for number in range(count):
        area, line = divmod(number, 8_000_000 // 16)
        yield {
            "name": f"Given{number}",
            "family_name": f"Family{number}",
            "email": f"lead{number}@example{number % 500}.com",
            "cellphone": f"+1{212 + area}{2_000_000 + line:07d}",
        }


def as_csv(rows: Iterator[Mapping[str, str]]) -> bytes:
    """Return the rows as CSV with a header."""
    lines = [",".join(FIELDS), *(",".join(row[field] for field in FIELDS) for row in rows)]
    return "\n".join(lines).encode()


def as_ndjson(rows: Iterator[Mapping[str, str]]) -> bytes:
    """Return the rows as one JSON object a line."""
    return b"\n".join(orjson.dumps(row) for row in rows)


FORMATS = [
    ("import-csv", "text/csv", as_csv),
    ("import-ndjson", "application/x-ndjson", as_ndjson),
]


async def measure_import(servers: Servers) -> Sequence[Figure]:
    """Return rows per second of imports as CSV and NDJSON, and the service's peak memory."""
    database_url = await servers.service_database(SERVICE.schema, SERVICE.migrations)
    await servers.declare(SUBSCRIPTION)
    async with running_service(servers, database_url) as service:
        connection = await asyncpg.connect(database_url)
        try:
            return [
                figure
                for suffix, rows in SIZES.items()
                for figure in await _measure_size(suffix, rows, servers, service, connection)
            ]
        finally:
            await connection.close()


@asynccontextmanager
async def running_service(servers: Servers, database_url: str) -> AsyncIterator[ServiceProcess]:
    """Run import-svc within this context."""
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        environment = {
            "LEADWIRE_AUTH": "off",
            "LEADWIRE_BROKER_URL": servers.rabbitmq_url,
            "LEADWIRE_HTTP_PORT": str(port),
            "LEADWIRE_LOG_LEVEL": "warning",
            "IMPORT_DATABASE_URL": database_url,
            "IMPORT_FILES_URL": (Path(directory) / "files").as_uri(),
        }
        await run_to_end(["import_svc", "topology"], environment=environment)
        service = ServiceProcess(
            module="import_svc",
            environment=environment,
            port=port,
            log=Path(directory) / "import-svc.log",
        )
        await service.start()
        try:
            yield service
        finally:
            await service.stop()


async def _measure_size(
    suffix: str,
    rows: int,
    servers: Servers,
    service: ServiceProcess,
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> list[Figure]:
    figures = []
    async with peak_memory(service.pid) as memory:
        for name, content_type, encode in FORMATS:
            body = encode(leads(rows))
            values, limits = [], []
            for _ in range(ROUNDS):
                await connection.execute("TRUNCATE leads, imports, import_failures, outbox CASCADE")
                await servers.purge(SUBSCRIPTION.name)
                values.append(rows / await _import(service.url, content_type, body, rows))
                limits.append(rows / await _copy(connection))
            figures.append(
                against_limit(
                    name + suffix, values=values, limits=limits, unit="rows/s", target=0.5
                )
            )
    return [*figures, memory.figure("import-memory" + suffix, limit_mib=MOST_MIB)]


async def _import(url: str, content_type: str, body: bytes, rows: int) -> float:
    started = time.perf_counter()
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=600)) as session,
        session.post(
            f"{url}/v1/imports", data=io.BytesIO(body), headers={"Content-Type": content_type}
        ) as response,
    ):
        receipt = await response.json()
    elapsed = time.perf_counter() - started
    if receipt.get("imported") != rows:
        raise RuntimeError(f"not every row was imported: {str(receipt)[:500]}")
    return elapsed


async def _copy(connection: "asyncpg.Connection[asyncpg.Record]") -> float:
    records = [tuple(record) for record in await connection.fetch("SELECT * FROM leads")]
    async with connection.transaction():
        await connection.execute("CREATE TABLE copied_leads (LIKE leads INCLUDING ALL)")
    try:
        started = time.perf_counter()
        await connection.copy_records_to_table("copied_leads", records=records)
        return time.perf_counter() - started
    finally:
        await connection.execute("DROP TABLE copied_leads")
