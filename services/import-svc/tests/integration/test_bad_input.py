"""Input as bad as it gets, sent to a service of its own: it answers, and stays small.

Each case is a clear problem and nothing stored, or a receipt in which the bad row failed and
the good ones after it are there. What the process needs at most is looked at after each.
"""

import asyncio
import contextlib
import io
import itertools
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
import pytest_asyncio
from bad_inputs import CASES, CSV, FIELDS, GOOD, GOOD_JSON, NDJSON, WORST, Case, just

from import_svc.app import SERVICE
from leadwire.db import Database
from leadwire.db.embedded import free_port
from leadwire.testing.postgres_databases import DatabaseTemplates
from leadwire.testing.process import ServiceProcess

PEAK_MIB = 300
"""Most that the process and its children may ever need; as much as for good input."""
GROWTH_MIB = 24
"""Most that the worst input may add to the peak when it is sent again: each thread that decodes
keeps what it needed once, and not every one has met it the first few times."""

UNREAD_MIB = 160
"""Most that answers may take that nobody reads."""


class Service:
    """A process of import-svc and its database.

    Attributes:
        peak_mib: The most memory that it and its children were seen to have; what they share
            counts for each.
    """

    def __init__(self, process: ServiceProcess, database_url: str) -> None:
        self._process = process
        self._database_url = database_url
        self._people = itertools.count()
        self.peak_mib = 0.0

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Look at the memory of the process and its children for as long as the context lasts."""
        watching = asyncio.create_task(self._watch())
        yield
        watching.cancel()

    async def _watch(self) -> None:
        while True:
            peaks = map(peak_mib_of, [self._process.pid, *children_of(self._process.pid)])
            self.peak_mib = max(self.peak_mib, sum(peaks))
            await asyncio.sleep(0.01)

    async def send(self, case: Case) -> tuple[int, Any]:
        """Send a case with a person of its own; return status and answer."""
        number = next(self._people)
        good = GOOD if case.media_type.startswith(CSV) else GOOD_JSON
        body = case.body(good % (b"good%d" % number, b"+1415%07d" % (2_000_000 + number)))
        headers = {"Content-Type": case.media_type}
        if case.in_gzip:
            headers["Content-Encoding"] = "gzip"
        async with (
            self.watched(),
            aiohttp.ClientSession() as session,
            session.post(
                f"{self._process.url}/v1/imports", data=io.BytesIO(body), headers=headers
            ) as response,
        ):
            return response.status, orjson.loads(await response.read())

    @contextlib.asynccontextmanager
    async def stuck_reader(self, path: str) -> AsyncIterator[None]:
        """Ask for something, and read no more than the first line of the answer."""
        host, port = self._process.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1_024)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        try:
            assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
            yield
        finally:
            writer.transport.abort()

    async def stored(self) -> tuple[int, int, int]:
        """How many imports and leads there are, and how many leads the imports count."""
        database = Database(
            url=self._database_url, schema=SERVICE.schema, application_name="test", pool_size=1
        )
        await database.start()
        async with database.connection() as connection:
            row = await connection.fetchrow(
                "SELECT (SELECT count(*) FROM imports), (SELECT count(*) FROM leads),"
                " (SELECT coalesce(sum(imported), 0)::int FROM imports)"
            )
        await database.stop()
        assert row is not None
        imports, leads, counted = row
        return imports, leads, counted


def children_of(pid: int) -> Iterator[int]:
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in listed.read_text().split():
                yield from (int(child), *children_of(int(child)))


def peak_mib_of(pid: int) -> float:
    """The most memory that a process had so far; 0 if it has ended."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text()
        return sum(map(int, re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE))) / 1024
    return 0.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(
    database_templates: DatabaseTemplates, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """One process for all cases: what one leaves behind, the next one meets."""
    database = await database_templates.copy(SERVICE.schema, SERVICE.migrations)
    url, port = database_templates.service_url(database, SERVICE.schema), free_port()
    directory = tmp_path_factory.mktemp("import_svc")
    environment = {
        "LEADWIRE_AUTH": "off",
        "LEADWIRE_HTTP_PORT": str(port),
        "LEADWIRE_BROKER_URL": "memory://bad-input",
        "IMPORT_DATABASE_URL": url,
        "IMPORT_FILES_URL": (directory / "files").as_uri(),
    }
    log = directory / "log"
    process = ServiceProcess(module="import_svc", environment=environment, port=port, log=log)
    await process.start()
    yield Service(process, url)
    assert await process.stop() == 0
    await database_templates.drop(database)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_bad_input_is_a_clear_problem_or_a_failed_row(service: Service, case: Case) -> None:
    imports, leads, _ = await service.stored()

    status, answer = await service.send(case)

    imports_after, leads_after, counted = await service.stored()
    assert leads_after == counted, "nothing is stored without a receipt"
    if case.problem is not None:
        assert (status, answer["code"]) == (answer["status"], case.problem)
        assert 400 <= status < 500
        assert (imports_after, leads_after) == (imports, leads)
    else:
        received, imported = case.rows
        assert status == 200
        assert (answer["error"] or {}).get("code") == case.error
        assert answer["status"] == ("failed" if case.error else "completed")
        assert (answer["received"], answer["imported"]) == (received, imported)
        assert answer["failed"] == received - imported
        assert tuple(tuple(each["codes"]) for each in answer["failures"]) == case.codes
        assert (imports_after, leads_after) == (imports + 1, leads + imported)
    assert service.peak_mib < PEAK_MIB


async def test_clients_that_do_not_read_failures_cost_a_process_little_memory(
    service: Service,
) -> None:
    """Twenty ask for failures whose values are as long as they are shown, and read nothing."""
    row = orjson.dumps(dict.fromkeys(FIELDS, "é" * 1000))
    case = Case("long values", NDJSON, just(b"\n".join([row] * 2_000)))
    _, receipt = await service.send(case)
    before = service.peak_mib
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(20):
            await stack.enter_async_context(service.stuck_reader(receipt["failures_url"]))
        status, _ = await service.send(replace(case, body=lambda good: good))
        assert status == 200
        assert service.peak_mib < before + UNREAD_MIB


async def test_the_worst_input_sent_again_and_again_makes_the_process_no_larger(
    service: Service,
) -> None:
    await send_worst(service, times=3)
    before = service.peak_mib
    await send_worst(service, times=3)
    assert service.peak_mib < before + GROWTH_MIB


async def send_worst(service: Service, *, times: int) -> None:
    worst = [case for case in CASES if case.name in WORST]
    assert len(worst) == len(WORST)
    for case in worst * times:
        status, _ = await service.send(case)
        assert status == 200
