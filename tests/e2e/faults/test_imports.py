"""Kill what takes in an import, or where it is stored, in its middle; and send it again."""

import asyncio

import aiohttp
import pytest

from e2e.conftest import ReportCounts, StartSystem
from e2e.held_imports import held_imports
from e2e.leads import as_csv, valid_rows
from e2e.system import JSON, System
from leadwire.testing import eventually
from leadwire.testing.postgres import PostgresServer

# Four services take in 200,000 leads: that takes its time on a slow machine.
pytestmark = [pytest.mark.fault, pytest.mark.timeout(480)]

ROWS = 200_000
CHUNKS_BEFORE = 4


async def test_import_svc_killed_in_the_middle_of_an_import_that_is_sent_again(
    start_system: StartSystem, report_counts: ReportCounts
) -> None:
    """SIGKILL after some chunks are committed; the same request then gives one whole receipt."""
    system = await start_system()
    body = as_csv(valid_rows(ROWS))
    async with held_imports(system.admin_database, chunks=CHUNKS_BEFORE):
        sending = asyncio.create_task(_send(system, body))
        before = await eventually(lambda: _stored_of_running(system), within=60)
        await system.service("import_svc").kill()
    with pytest.raises(aiohttp.ClientError):
        await sending
    await system.service("import_svc").start()

    receipt = await _send(system, body)

    await _is_whole(system, receipt)
    report_counts(killed=1, stored_before_the_kill=before, **_counts(receipt))


async def test_a_restart_of_the_database_in_the_middle_of_an_import(
    start_system: StartSystem, private_postgres: PostgresServer, report_counts: ReportCounts
) -> None:
    """The import goes on or says truly what it did; the same request then makes it whole."""
    system = await start_system()
    body = as_csv(valid_rows(ROWS))
    async with held_imports(system.admin_database, chunks=CHUNKS_BEFORE):
        sending = asyncio.create_task(_send(system, body))
        before = await eventually(lambda: _stored_of_running(system), within=60)
        await private_postgres.restart()

    first = await sending

    assert first["status"] in {"completed", "failed"}
    assert first["received"] == first["imported"] + first["failed"] >= before
    assert first["failures"] == [], "no row is a duplicate because of a try that was cut off"
    again = await _send(system, body)
    if first["status"] == "completed":
        assert again == first
    await _is_whole(system, again)
    report_counts(
        restarts=1,
        stored_before_the_restart=before,
        received_by_the_first_try=first["received"],
        **_counts(again),
    )


async def _is_whole(system: System, receipt: JSON) -> None:
    """Check that every row is imported once, in one import, and told to the others."""
    assert (receipt["status"], receipt["failures"]) == ("completed", [])
    assert [receipt[each] for each in ("received", "imported", "failed")] == [ROWS, ROWS, 0]
    imports = (await system.get("import_svc", "/v1/imports"))["items"]
    assert [each["id"] for each in imports] == [receipt["id"]]

    async def all_are_projected() -> bool:
        counts = await system.get("stream_svc", "/v1/leads/count")
        return bool(sum(counts["by_status"].values()) == ROWS)

    await eventually(all_are_projected, within=240)


def _counts(receipt: JSON) -> dict[str, int]:
    imported, failed = int(receipt["imported"]), int(receipt["failed"])
    return {"rows": ROWS, "imported": imported, "lost": ROWS - imported, "duplicates": failed}


async def _send(system: System, body: bytes) -> JSON:
    return await system.import_leads(body, "text/csv", key="the-import", region="US")


async def _stored_of_running(system: System) -> int:
    """Return how many leads the running import has stored; 0 if it has not begun."""
    items = (await system.get("import_svc", "/v1/imports"))["items"]
    running = [each["imported"] for each in items if each["status"] == "running"]
    return int(running[0]) if running and running[0] >= ROWS // 10 else 0
