import asyncio
import importlib.util
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from leadwire.testing import eventually

PROBE_FILE = Path(__file__).with_name("probe_service.py")


class ProbeProcess:
    """The probe service as a process of its own.

    Args:
        process: The process.
        log: What it writes to standard error.
    """

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self._log = log

    def said(self) -> str:
        return self._log.read_text()

    async def url(self) -> str:
        """Return its address once it listens."""

        def listening() -> re.Match[str] | None:
            assert self.process.returncode is None, self.said()
            return re.search(r'"http_listening".*"port": (\d+)', self.said())

        found = await eventually(listening, within=60)
        assert found is not None
        return f"http://127.0.0.1:{found[1]}"

    async def ended(self) -> int:
        """Return its exit code."""
        async with asyncio.timeout(60):
            return await self.process.wait()


StartProbe = Callable[..., Awaitable[ProbeProcess]]
RunProbe = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def probe() -> ModuleType:
    """The probe service's module."""
    spec = importlib.util.spec_from_file_location("probe_service", PROBE_FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["probe_service"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
async def start_probe(tmp_path: Path) -> AsyncIterator[StartProbe]:
    """Start `probe-svc serve` on a free port."""
    started: list[ProbeProcess] = []

    async def start(environment: Mapping[str, str]) -> ProbeProcess:
        log = tmp_path / f"probe-{len(started)}.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(PROBE_FILE),
                "serve",
                env=_environment(environment),
                stderr=output,
            )
        started.append(ProbeProcess(process, log))
        return started[-1]

    yield start
    for each in started:
        if each.process.returncode is None:
            each.process.kill()
            await each.process.wait()


@pytest.fixture
async def run_probe() -> RunProbe:
    """Run a command of the probe to its end; returns its exit code and what it printed."""

    async def run(environment: Mapping[str, str], *arguments: str) -> tuple[int, str]:
        code, output, _ = await _run(environment, *arguments)
        return code, output

    return run


@pytest.fixture
async def hear_probe() -> RunProbe:
    """As `run_probe`, but what it printed includes its complaints and its log."""

    async def run(environment: Mapping[str, str], *arguments: str) -> tuple[int, str]:
        code, output, errors = await _run(environment, *arguments)
        return code, output + errors

    return run


async def _run(environment: Mapping[str, str], *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(PROBE_FILE),
        *arguments,
        env=_environment(environment),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(90):
        output, errors = await process.communicate()
    assert process.returncode is not None
    assert b"Traceback" not in errors, errors.decode()
    return process.returncode, output.decode(), errors.decode()


def _environment(changes: Mapping[str, str]) -> dict[str, str]:
    ours = {"LEADWIRE_AUTH": "off", "LEADWIRE_HTTP_PORT": "0", "LEADWIRE_LOG_FORMAT": "json"}
    return {**os.environ, **ours, **changes}
