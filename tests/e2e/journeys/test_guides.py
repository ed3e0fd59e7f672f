"""The programs in the guides do what the guides say."""

import asyncio
import re
import sqlite3
import sys
from pathlib import Path

from e2e.leads import as_csv, valid_rows
from e2e.office import Office
from e2e.system import System
from leadwire.testing import eventually

GUIDES = Path(__file__).parents[3] / "docs" / "guide"
BASH_BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


async def test_the_subscriber_of_the_guide_has_one_effect_for_each_interested_lead(
    system: System, broker_url: str, tmp_path: Path
) -> None:
    [program] = PYTHON_BLOCK.findall((GUIDES / "subscribe.md").read_text())
    subscriber = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        cwd=tmp_path,
        env={"AMQP_URL": broker_url},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert subscriber.stdout is not None
        async with asyncio.timeout(30):
            assert await subscriber.stdout.readline() == b"subscribed\n"
        office = Office(system=system)
        await office.hire("Ada")
        await system.import_leads(as_csv(valid_rows(6)), "text/csv", region="US")
        await office.decide(6)
        interested = sorted(office.ledger.marked("interested"))
        await eventually(lambda: _customers(tmp_path) == interested, within=30)
        await system.mark(interested[0], "not_interested", reason="wrong lead")
        await eventually(lambda: _customers(tmp_path) == interested[1:], within=30)
        await system.mark(interested[0], "interested", reason="it was the right one")
        await eventually(lambda: _customers(tmp_path) == interested, within=30)
    finally:
        subscriber.terminate()
        await subscriber.wait()


async def test_the_form_of_the_guide_takes_a_lead_with_a_resume(
    system: System, tmp_path: Path
) -> None:
    output = await _run_guide("form.md", system.service("import_svc").url, cwd=tmp_path)
    assert output == "Ada Lovelace\nAnalyst, 1842 until now\n"


async def test_the_managers_of_the_guide_get_leads_and_give_them_back(
    standalone_address: str, tmp_path: Path
) -> None:
    output = await _run_guide("managers.md", f"http://{standalone_address}", cwd=tmp_path)
    assert output.splitlines() == [
        "Anna",
        *("Ada: Anna", "Grace: Anna", "Edsger: Ben"),
        *("None", "Grace"),
        *("reached_out", "interested", "not_interested"),
        "lead_assigned Anna oldest_first None",
        "lead_reached_out Anna None None",
        "lead_interested_created Anna None None",
        "lead_not_interested_created Anna None it was another Ada",
        *("paused", "None", "free", "Anna", "removed", "free"),
        "no_lead_waiting",
    ]


async def test_the_replay_of_the_guide_sends_what_was_before(
    standalone_address: str, tmp_path: Path
) -> None:
    output = await _run_guide("replay.md", f"http://{standalone_address}", cwd=tmp_path)
    assert output == "1\n"


async def test_the_import_of_the_guide_is_mended_and_sent_again(
    system: System, tmp_path: Path
) -> None:
    output = await _run_guide("import.md", system.service("import_svc").url, cwd=tmp_path)
    assert output.splitlines() == [
        "would be leads: 1",
        "leads: 1 failures: 2",
        "mended: 2 failures: 0",
        "completed",
        "import_ended",
    ]


async def _run_guide(guide: str, address: str, *, cwd: Path) -> str:
    """Run the commands of a guide, one block after the other; return what they print."""
    commands = "".join(BASH_BLOCK.findall((GUIDES / guide).read_text()))
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-euo",
        "pipefail",
        "-c",
        commands.replace("http://127.0.0.1:8080", address),
        cwd=cwd,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()


def _customers(directory: Path) -> list[str]:
    database = sqlite3.connect(directory / "billing.db")
    try:
        rows = database.execute(
            "SELECT lead_id FROM customers WHERE interested ORDER BY lead_id"
        ).fetchall()
    finally:
        database.close()
    return [lead_id for (lead_id,) in rows]
