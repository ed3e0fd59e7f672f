"""Bulk import over HTTP, against COPY of the same rows into the same table.

The import is a request to a real import-svc process: it decodes, validates, stores
and writes the events to its outbox. The limit is asyncpg's COPY of the rows that the import
stored, in one go, into a table with the same columns, constraints and indexes; what COPY does
if it leaves to the table's defaults what the service leaves to them is shown beside. Meanwhile the
relay stands by, as it does in every replica but one; what it takes has a benchmark of its own.
The figures `-publishing` are those of a process that also publishes, with RabbitMQ on the same
machine. Memory is the most of both, of the service and its judging process together.
"""

import asyncio
import io
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from operator import itemgetter
from pathlib import Path

import aiohttp
import asyncpg
import orjson

from bench.figures import Figure, against_limit
from bench.processes import Peak, children, processor_seconds
from bench.servers import Servers
from import_svc.app import SERVICE
from leadwire.broker import Subscription
from leadwire.contracts import EventType
from leadwire.db import Database, LeaderLock
from leadwire.db.embedded import free_port
from leadwire.testing.process import ServiceProcess, run_to_end

SIZES = {"": 100_000, "-1m": 1_000_000}
"""Rows, by what follows in the figure's name."""

ROUNDS = {100_000: 9, 1_000_000: 3}
"""How often so many rows are imported and copied: what takes less than a second varies more."""

SUBSCRIPTION = Subscription(name="bench-leads", types=(EventType.LEADS_CREATED,))
MOST_MIB = 300

Records = list[tuple[object, ...]]
_GIVEN = (
    "id", "name", "family_name", "email", "email_key", "cellphone", "origin", "import_id",
)  # fmt: skip
"""What the service gives of each lead; the table has defaults for the rest."""

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
    connection = await asyncpg.connect(database_url)
    try:
        bench = _ImportBench(servers, database_url, connection)
        return [
            figure for suffix, rows in SIZES.items() for figure in await bench.measure(suffix, rows)
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


class _ImportBench:
    def __init__(
        self,
        servers: Servers,
        database_url: str,
        connection: "asyncpg.Connection[asyncpg.Record]",
    ) -> None:
        self._servers = servers
        self._database_url = database_url
        self._connection = connection

    async def measure(self, suffix: str, rows: int) -> list[Figure]:
        """Measure imports of as many rows."""
        bodies = [(name + suffix, type_, encode(leads(rows))) for name, type_, encode in FORMATS]
        peak = Peak()
        async with relay_elsewhere(self._database_url), self._service(peak) as service:
            figures = [await self._against_copy(service, *body, rows=rows) for body in bodies]
            figures += await self._processor_time(service, *bodies[0], rows=rows)
        async with self._service(peak) as service:
            for name, content_type, body in bodies:
                value = await self._rows_per_second(service, content_type, body, rows=rows)
                figures.append(Figure(name=f"{name}-publishing", value=value, unit="rows/s"))
        few = await self._copied_per_second(await self._stored(_GIVEN), _GIVEN)
        return [
            *figures,
            Figure(name=f"copy-given-columns{suffix}", value=few, unit="rows/s"),
            peak.figure("import-memory" + suffix, limit_mib=MOST_MIB),
        ]

    @asynccontextmanager
    async def _service(self, peak: Peak) -> AsyncIterator[ServiceProcess]:
        async with (
            running_service(self._servers, self._database_url) as service,
            peak.of(service.pid),
        ):
            yield service

    async def _against_copy(
        self, service: ServiceProcess, name: str, content_type: str, body: bytes, *, rows: int
    ) -> Figure:
        await self._rows_per_second(service, content_type, body, rows=rows)  # warms up
        records, values, limits = await self._stored(), [], []
        for number in range(ROUNDS[rows]):
            # In turn: what comes second may profit from the first, or suffer by it.
            if number % 2:
                limits.append(await self._copied_per_second(records))
            values.append(await self._rows_per_second(service, content_type, body, rows=rows))
            if not number % 2:
                limits.append(await self._copied_per_second(records))
        return against_limit(name, values=values, limits=limits, unit="rows/s", target=0.5)

    async def _processor_time(
        self, service: ServiceProcess, name: str, content_type: str, body: bytes, *, rows: int
    ) -> list[Figure]:
        """Say which processes take how long for a row."""
        before = await self._processor_seconds(service)
        await self._rows_per_second(service, content_type, body, rows=rows)
        after = await self._processor_seconds(service)
        return [
            Figure(
                name=f"{name}-{part}",
                value=1e6 * (after[part] - before[part]) / rows,
                unit="µs/row",
            )
            for part in after
        ]

    async def _processor_seconds(self, service: ServiceProcess) -> dict[str, float]:
        backends = await self._connection.fetch(
            "SELECT pid FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()",
            SERVICE.schema,
        )
        return {
            "service": processor_seconds(service.pid),
            # Each judge is a child of Python's process that forks, which takes nothing itself.
            "judge": sum(
                processor_seconds(pid, ended_children=True) for pid in children(service.pid)
            ),
            "postgres": sum(processor_seconds(record["pid"]) for record in backends),
        }

    async def _rows_per_second(
        self, service: ServiceProcess, content_type: str, body: bytes, *, rows: int
    ) -> float:
        await self._connection.execute("TRUNCATE leads, imports, import_failures, outbox CASCADE")
        await self._servers.purge(SUBSCRIPTION.name)
        await self._servers.checkpoint()
        return rows / await _import(service.url, content_type, body, rows)

    async def _stored(self, columns: Sequence[str] | None = None) -> Records:
        take = itemgetter(*columns) if columns else tuple
        return [take(record) for record in await self._connection.fetch("SELECT * FROM leads")]

    async def _copied_per_second(
        self, records: Records, columns: Sequence[str] | None = None
    ) -> float:
        async with self._connection.transaction():
            await self._connection.execute("CREATE TABLE copied_leads (LIKE leads INCLUDING ALL)")
        try:
            await self._servers.checkpoint()
            started = time.perf_counter()
            await self._connection.copy_records_to_table(
                "copied_leads", records=records, columns=columns
            )
            return len(records) / (time.perf_counter() - started)
        finally:
            await self._connection.execute("DROP TABLE copied_leads")


@asynccontextmanager
async def relay_elsewhere(database_url: str) -> AsyncIterator[None]:
    """Lead the relays of the service in place of it, and publish nothing, within this context."""
    database = Database(url=database_url, schema=SERVICE.schema, application_name="bench")
    leads = asyncio.Event()

    async def publish_nothing() -> None:
        leads.set()
        await asyncio.Event().wait()

    await database.start()
    leading = asyncio.create_task(
        LeaderLock(database=database, name="outbox relay").run(publish_nothing)
    )
    try:
        await leads.wait()
        yield
    finally:
        leading.cancel()
        await asyncio.gather(leading, return_exceptions=True)
        await database.stop()


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
