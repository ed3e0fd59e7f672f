"""`make smoke`: the main job at an installation that runs, which it leaves as it was."""

import pytest

from e2e.smoke import RefusedError, smoke
from leadwire_client import AsyncClient


async def test_the_main_job_is_done_and_leaves_nothing_twice(
    standalone_address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"http://{standalone_address}"
    for _ in range(2):
        await smoke(url, None)
        assert "the stream ends with exactly these leads" in capsys.readouterr().out
    async with AsyncClient(url) as client:
        assert (await client.count_leads()).total == 0
        await client.add_manager("Ada")
        with pytest.raises(RefusedError):
            await smoke(url, None)
