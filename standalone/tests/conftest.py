"""Leadwire in one process, as somebody at a terminal runs it."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from leadwire.db.embedded import EmbeddedPostgres
from leadwire.testing import eventually

READY = re.compile(r"^Leadwire is ready at (http://127\.0\.0\.1:\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a process ended, and what it said."""

    code: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A started command, whose two outputs go to one file."""

    process: asyncio.subprocess.Process
    output: Path

    def said(self) -> str:
        """Return what it said so far."""
        return self.output.read_text()

    async def url(self) -> str:
        """Return where it answers, once it says that it is ready."""

        def ready() -> str | None:
            if self.process.returncode is not None:
                raise RuntimeError(f"it ended instead of being ready:\n{self.said()}")
            found = READY.search(self.said())
            return found[1] if found else None

        return str(await eventually(ready, within=60, message="Leadwire is ready"))

    async def end(self, number: signal.Signals | None = None, *, within: float = 60) -> Ended:
        """Send a signal, if one is given, and wait for the end."""
        if number is not None:
            self.process.send_signal(number)
        async with asyncio.timeout(within):
            code = await self.process.wait()
        return Ended(code=code, said=self.said())


Start = Callable[..., Awaitable[Command]]


@pytest.fixture
def directory() -> Iterator[Path]:
    """An empty directory that the account which runs Postgres for root can pass through."""
    with tempfile.TemporaryDirectory(prefix="leadwire-standalone-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture
async def data(directory: Path) -> AsyncIterator[Path]:
    """Where a run keeps its data; nothing of it stays, whatever the test killed."""
    yield directory / "data"
    await EmbeddedPostgres(data_dir=directory / "data" / "postgres").destroy()


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start a Python module as a command; one that still runs at the end is killed."""
    started: list[Command] = []

    async def start_one(
        module: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> Command:
        output = tmp_path / f"output-{len(started)}"
        with output.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", module, *arguments),
                env={**_own_environment(), **(environment or {})},
                stdout=file,
                stderr=file,
                # Whoever runs tests in the background may have them ignore Ctrl-C.
                preexec_fn=_heed_interrupts,
            )
        started.append(Command(process=process, output=output))
        return started[-1]

    yield start_one
    for command in started:
        if command.process.returncode is None:
            command.process.kill()
            await command.process.wait()


@pytest.fixture
def servers_of() -> Callable[[Path], list[str]]:
    """List the commands of Postgres that run on the data of a run."""

    def listed(data: Path) -> list[str]:
        elsewhere = data / "postgres" / "cluster-location"
        cluster = elsewhere.read_text().strip() if elsewhere.exists() else ""
        # Also what makes the cluster, in `cluster.new`.
        sought = f"-D {cluster or data / 'postgres' / 'cluster'}"
        return [command for command in _running_commands() if sought in command]

    return listed


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _own_environment() -> dict[str, str]:
    """Return the environment without settings that the tests themselves are run with."""
    ours = ("LEADWIRE_", "IMPORT_", "MANAGER_", "NOTIFIER_", "STREAM_")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(ours) and name not in {"DATABASE_URL", "BROKER_URL"}
    }


def _running_commands() -> Iterator[str]:
    if not Path("/proc/self").exists():
        shown = subprocess.run(
            ["ps", "-ww", "-A", "-o", "command="], capture_output=True, text=True, check=True
        )
        yield from shown.stdout.splitlines()
        return
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended while we looked
