"""The programs of the client's README, as printed, one after another, on a standalone."""

import asyncio
import re
import sys
from pathlib import Path

from leadwire.testing import eventually
from leadwire_client import AsyncClient

README = Path(__file__).parents[3] / "clients" / "python" / "README.md"
BASH_BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
CSV = """\
First Name,Last Name,Email,Phone
Barbara,Moore,barbara@example.com,(212) 555-0101
Edsger,,edsger@example.com,(212) 555-0102
Frances,Allen,frances@example.com,(212) 555-0103
Donald,Olsen,donald@example.com,(212) 555-0104
"""

# By a line of the program, what it prints at last: in an order in which each has something to
# tell. Those that follow are stopped then.
PROGRAMS = [
    ("client.import_failures(", "row 2: "),
    ("background=True", "completed"),
    ("client.mark(", "still waits: Donald"),
    ("FileCheckpoint(", "hold"),
    ("stream.batches()", "complete"),
    ("client.live(", "Ada works on Frances"),
    ("AsyncClient(", "live from here"),
    ("FakeLeadwire(", "the fake answers"),
]


async def test_programs_of_the_clients_readme_work_as_printed(
    standalone_address: str, tmp_path: Path
) -> None:
    (tmp_path / "leads.csv").write_text(CSV)
    await _run_commands(standalone_address, tmp_path)
    # What receives events needs RabbitMQ, and is run beside the package.
    every_program = PYTHON_BLOCK.findall(README.read_text())
    programs = [each for each in every_program if "leadwire_client.consumer" not in each]
    assert len(programs) == len(PROGRAMS)
    async with AsyncClient(f"http://{standalone_address}") as client:
        for line, printed in PROGRAMS:
            [program] = [each for each in programs if line in each]
            await _run(program.replace("127.0.0.1:8080", standalone_address), printed, tmp_path)
            await eventually(lambda: _reads_are_current(client), within=30)


async def _reads_are_current(client: AsyncClient) -> bool:
    """Compare what the projection shows with who holds what by the managers' own account."""
    held = [lead.id async for each in client.managers() for lead in each.leads]
    shown = [lead.id async for lead in client.leads(assigned=True)]
    return sorted(held) == sorted(shown) and (await client.count_leads()).total == 3


async def _run_commands(address: str, directory: Path) -> None:
    [commands] = BASH_BLOCK.findall(README.read_text())
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", commands),
        cwd=directory,
        env={
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "LEADWIRE_URL": f"http://{address}",
        },
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        printed, _ = await process.communicate()
    assert printed.decode().startswith("3 of 4 rows imported, 1 failed")
    assert "family_name_missing" in (directory / "failures.csv").read_text()


async def _run(program: str, printed: str, directory: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-c", program), cwd=directory, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    lines: list[str] = []
    try:
        async with asyncio.timeout(30):
            async for line in process.stdout:
                lines.append(line.decode())
                if printed in lines[-1]:
                    return
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    raise AssertionError(f"{printed!r} was not printed, but {lines}")
