"""Kill import-svc between the file of a resume and the lead that it belongs to."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from e2e.conftest import ReportCounts, StartSystem
from e2e.system import JSON, System
from leadwire.testing import eventually

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

RESUME = b"Ada Lovelace, analyst"
ADA = {"name": "Ada", "family_name": "Lovelace", "email": "ada@example.com"}


async def test_a_kill_between_a_resume_and_its_lead_leaves_neither(
    start_system: StartSystem, report_counts: ReportCounts, tmp_path: Path
) -> None:
    """SIGKILL once the file is stored, while the lead waits for a lock; then the form again."""
    system = await start_system()
    database = await asyncpg.connect(system.admin_database)
    try:
        async with database.transaction():
            await database.execute("LOCK TABLE import_svc.leads IN SHARE MODE")
            sending = asyncio.create_task(_send(system))
            (left,) = await eventually(lambda: _files(tmp_path), within=30)
            await system.service("import_svc").kill()
        with pytest.raises(aiohttp.ClientError):
            await sending
        await system.service("import_svc").start()
        assert await database.fetchval("SELECT count(*) FROM import_svc.leads") == 0
        assert _files(tmp_path) == [left]

        lead = await _send(system)
        (kept,) = set(_files(tmp_path)) - {left}
        # An hour later.
        await database.execute(
            "UPDATE import_svc.unreferenced_files SET delete_after = delete_after - interval '1 h'"
        )
        await eventually(lambda: _files(tmp_path) == [kept], within=30)
        assert kept.read_bytes() == RESUME
        assert await database.fetchval("SELECT count(*) FROM import_svc.unreferenced_files") == 0
    finally:
        await database.close()

    async def the_stream_knows() -> bool:
        return bool((await system.get("stream_svc", f"/v1/leads/{lead['id']}"))["has_resume"])

    await eventually(the_stream_knows, within=30)
    report_counts(killed=1, leads=1, files=len(_files(tmp_path)))


def _files(directory: Path) -> list[Path]:
    return [path for path in directory.glob("files/resumes/*") if "#" not in path.name]


async def _send(system: System) -> JSON:
    data: Any = aiohttp.FormData(ADA, default_to_multipart=True)
    data.add_field("resume", RESUME, filename="cv.txt")
    return await system.send_form(data)
