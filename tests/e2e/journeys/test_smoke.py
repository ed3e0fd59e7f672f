"""`make smoke`, and the load of a roll-out: the main job at an installation that runs."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from e2e.smoke import RefusedError, smoke
from leadwire.testing import eventually
from leadwire_client import AsyncClient

LOAD = Path(__file__).parents[3] / "deploy" / "k8s" / "rollout" / "load.py"


async def test_the_main_job_is_done_and_leaves_nothing_twice(
    standalone_address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"http://{standalone_address}"
    for _ in range(2):
        await smoke(url, None)
        assert "the stream ends with exactly these leads" in capsys.readouterr().out
    async with AsyncClient(url) as client:
        # Of the erasures the projection hears by events.
        await eventually(lambda: _shows_no_lead(client), within=30)
        await _load(url, client)
        await client.add_manager("Ada")
        with pytest.raises(RefusedError):
            await smoke(url, None)


async def _shows_no_lead(client: AsyncClient) -> bool:
    return (await client.count_leads()).total == 0


async def _load(url: str, client: AsyncClient) -> None:
    """Load it for a moment; what was erased before is not taken for lost."""
    loading = await asyncio.create_subprocess_exec(sys.executable, LOAD, url, stdout=PIPE)

    async def has_begun() -> bool:
        return (await client.count_leads()).total > 0

    await eventually(has_begun)
    loading.terminate()
    told, _ = await loading.communicate()
    report = json.loads(told)
    assert loading.returncode == 0, report
    assert report["created"] == report["marked"] > 0
