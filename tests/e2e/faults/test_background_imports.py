"""Take away, in the middle of imports in the background, what runs them or keeps their bodies."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from e2e.conftest import ReportCounts, StartSystem
from e2e.held_imports import held_imports
from e2e.leads import as_csv, valid_rows
from e2e.small_store import ROOM, SmallStore
from e2e.system import JSON, System
from leadwire.db.embedded import free_port
from leadwire.testing import eventually
from leadwire.testing.process import ServiceProcess

pytestmark = [pytest.mark.fault, pytest.mark.timeout(480)]

ROWS = 100_000
CSV = {"Content-Type": "text/csv"}
IN_BACKGROUND = {**CSV, "Prefer": "respond-async"}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
        yield session


async def start_replica(system: System, directory: Path) -> ServiceProcess:
    """Start a second process of import-svc beside the first one."""
    port = free_port()
    replica = ServiceProcess(
        module="import_svc",
        environment={
            **system.service("import_svc").environment,
            "LEADWIRE_HTTP_PORT": str(port),
        },
        port=port,
        log=directory / "import_svc-2.log",
    )
    await replica.start()
    return replica


async def test_a_process_killed_in_the_middle_of_a_background_import(
    start_system: StartSystem,
    session: aiohttp.ClientSession,
    report_counts: ReportCounts,
    tmp_path: Path,
) -> None:
    """SIGKILL of the process that runs it; the other one finishes it, nothing is sent again."""
    system = await start_system()
    first = system.service("import_svc")
    second = await start_replica(system, tmp_path)
    try:
        body = as_csv(valid_rows(ROWS))
        async with held_imports(system.admin_database, chunks=4):
            async with session.post(
                f"{first.url}/v1/imports?region=US", data=io.BytesIO(body), headers=IN_BACKGROUND
            ) as response:
                assert response.status == 202, await response.text()
                location = response.headers["Location"]

            async def is_in_its_middle() -> JSON:
                receipt = await receipt_of(session, second, location)
                assert receipt["imported"] >= ROWS // 10, receipt
                return receipt

            before = await eventually(is_in_its_middle, within=90)
            assert before["status"] == "running"
            killed = await running_one(location, first, second)
            survivor = second if killed is first else first
            await killed.kill()

        async def is_complete() -> JSON:
            receipt = await receipt_of(session, survivor, location)
            assert receipt["status"] != "running", receipt
            return receipt

        receipt = await eventually(is_complete, within=240)
        assert (receipt["status"], receipt["failures"]) == ("completed", [])
        assert [receipt[each] for each in ("received", "imported", "failed")] == [ROWS, ROWS, 0]
        await eventually(lambda: bodies(tmp_path) == [], message="the body is deleted")
        await killed.start()
    finally:
        await second.stop()

    async def all_are_projected() -> bool:
        counts = await system.get("stream_svc", "/v1/leads/count")
        return bool(sum(counts["by_status"].values()) == ROWS)

    await eventually(all_are_projected, within=240)
    report_counts(
        killed=1,
        rows=ROWS,
        stored_before_the_kill=before["imported"],
        imported=receipt["imported"],
        lost=ROWS - receipt["imported"],
        duplicates=receipt["failed"],
    )


async def test_the_disk_of_the_file_store_is_full(
    small_store: SmallStore,
    start_system: StartSystem,
    session: aiohttp.ClientSession,
    report_counts: ReportCounts,
) -> None:
    """Each body that does not fit is refused and leaves nothing; the others are imported."""
    system = await start_system()
    small_store.limit(system.service("import_svc"))
    url = f"{system.service('import_svc').url}/v1/imports?region=US"
    large, small = as_csv(valid_rows(2 * ROWS)), as_csv(valid_rows(100))
    assert len(large) > ROOM

    refusals = await asyncio.gather(*(refusal(session, url, large) for _ in range(3)))

    assert refusals == [(507, "files_full")] * 3
    assert bodies(small_store.directory) == []
    imports = (await system.get("import_svc", "/v1/imports"))["items"]
    assert imports == []

    async with session.post(url, data=io.BytesIO(small), headers=IN_BACKGROUND) as response:
        assert response.status == 202, await response.text()
        location = response.headers["Location"]

    async def is_complete() -> JSON:
        receipt = await receipt_of(session, system.service("import_svc"), location)
        assert receipt["status"] == "completed", receipt
        return receipt

    receipt = await eventually(is_complete, within=30)
    assert receipt["imported"] == 100
    async with session.post(
        url, data=io.BytesIO(large[: len(large) // 20]), headers=CSV
    ) as response:
        assert response.status == 200, await response.text()
    report_counts(refused=len(refusals), left_over=len(bodies(small_store.directory)), imported=100)


async def refusal(session: aiohttp.ClientSession, url: str, body: bytes) -> tuple[int, str]:
    async with session.post(url, data=io.BytesIO(body), headers=IN_BACKGROUND) as response:
        problem = await response.json()
        return response.status, problem["code"]


async def receipt_of(
    session: aiohttp.ClientSession, service: ServiceProcess, location: str
) -> JSON:
    async with session.get(f"{service.url}{location}") as response:
        assert response.status == 200, await response.text()
        receipt: JSON = await response.json()
        return receipt


async def running_one(location: str, *services: ServiceProcess) -> ServiceProcess:
    """Return the process whose log says that it took the import."""
    import_id = location.rpartition("/")[2]
    [found] = [
        service
        for service in services
        if any(
            "import_taken" in line and import_id in line
            for line in service.log.read_text().splitlines()
        )
    ]
    return found


def bodies(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("imports/*") if path.is_file()]
