"""Kill import-svc between a resume and its lead, or take away the room for its file."""

import asyncio
import io
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from e2e.conftest import ReportCounts, StartSystem
from e2e.small_store import ROOM, SmallStore
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

        async def nothing_is_noted() -> bool:
            noted = await database.fetchval("SELECT count(*) FROM import_svc.unreferenced_files")
            return not noted

        # A note goes after its file.
        await eventually(nothing_is_noted, within=30)
        assert _files(tmp_path) == [kept]
        assert kept.read_bytes() == RESUME
    finally:
        await database.close()

    async def the_stream_knows() -> bool:
        return bool((await system.get("stream_svc", f"/v1/leads/{lead['id']}"))["has_resume"])

    await eventually(the_stream_knows, within=30)
    report_counts(killed=1, leads=1, files=len(_files(tmp_path)))


async def test_the_disk_of_the_file_store_is_full_for_resumes(
    small_store: SmallStore,
    start_system: StartSystem,
    report_counts: ReportCounts,
    tmp_path: Path,
) -> None:
    """Resumes that do not fit are refused, and leave neither a file nor a lead; small ones fit."""
    system = await start_system()
    service = system.service("import_svc")
    small_store.limit(service)
    large = b"a" * (ROOM + 1024**2)
    async with aiohttp.ClientSession() as session:

        async def refused(number: int) -> tuple[int, str]:
            form = _form(large, email=f"ada{number}@example.com")
            async with session.post(f"{service.url}/v1/leads", data=form) as response:
                return response.status, (await response.json())["code"]

        refusals = await asyncio.gather(*(refused(number) for number in range(3)))
    assert refusals == [(507, "files_full")] * 3

    database = await asyncpg.connect(system.admin_database)
    try:

        async def nothing_is_left() -> bool:
            noted = await database.fetchval("SELECT count(*) FROM import_svc.unreferenced_files")
            return not noted and not _all_files(tmp_path)

        await eventually(nothing_is_left, within=30)
        assert await database.fetchval("SELECT count(*) FROM import_svc.leads") == 0
        await _send(system)
        assert await database.fetchval("SELECT count(*) FROM import_svc.leads") == 1
    finally:
        await database.close()
    (kept,) = _files(tmp_path)
    assert kept.read_bytes() == RESUME
    report_counts(refused=len(refusals), left_over=0, leads=1)


def _all_files(directory: Path) -> list[Path]:
    return [path for path in directory.glob("files/**/*") if path.is_file()]


def _files(directory: Path) -> list[Path]:
    return [path for path in directory.glob("files/resumes/*") if "#" not in path.name]


async def _send(system: System) -> JSON:
    return await system.send_form(_form(RESUME))


def _form(resume: bytes, **changes: str) -> Any:
    data: Any = aiohttp.FormData({**ADA, **changes}, default_to_multipart=True)
    data.add_field("resume", io.BytesIO(resume), filename="cv.txt")
    return data
