"""Run a service as a process of its own, so that it can be killed like one."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp

from leadwire.testing.eventually import eventually


class ProcessFailedError(Exception):
    """A process ended when it should run, or did not end well when it should."""


async def run_to_end(
    arguments: Sequence[str], *, environment: Mapping[str, str], within: float = 60.0
) -> str:
    """Run a Python module with arguments and return what it printed.

    Args:
        arguments: Module name and its arguments, for example `["manager_svc", "migrate"]`.
        environment: Variables added to this process's own.
        within: Seconds it may take.

    Raises:
        ProcessFailedError: It exited non-zero; the message holds its output.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(within):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise ProcessFailedError(f"{arguments} did not end within {within:g} s") from None
    text = output.decode(errors="replace")
    if process.returncode != 0:
        raise ProcessFailedError(f"{arguments} exited with {process.returncode}:\n{text}")
    return text


class ServiceProcess:
    """A Python module that serves HTTP, as a process that can be killed and started again.

    Args:
        module: Name of the module, run as `python -m MODULE serve`.
        environment: Variables added to this process's own.
        port: Where it will listen on 127.0.0.1.
        log: File that takes what it prints, appended over restarts.
    """

    def __init__(
        self, *, module: str, environment: Mapping[str, str], port: int, log: Path
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        self.module = module
        self.environment = environment
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Process id of the running process."""
        if self._process is None:
            raise ProcessFailedError(f"{self.module} is not running")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process was started and runs."""
        return self._process is not None and self._process.returncode is None

    @property
    def has_ended(self) -> bool:
        """Whether the process was started and has ended without being asked to."""
        return self._process is not None and self._process.returncode is not None

    async def start(self, *, within: float = 60.0) -> None:
        """Start the process and wait until it says that it is ready.

        Raises:
            ProcessFailedError: It ended instead, or was not ready in time.
        """
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self.module,
                "serve",
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )
        try:
            async with aiohttp.ClientSession() as session:
                await eventually(lambda: self._is_ready(session), within=within)
        except AssertionError:
            await self.kill()
            raise ProcessFailedError(
                f"{self.module} was not ready in {within:g} s:\n{self.tail()}"
            ) from None

    async def kill(self) -> None:
        """End the process at once, without a chance to clean up."""
        await self._end(signal.SIGKILL, within=10.0)

    async def stop(self, *, within: float = 40.0) -> int:
        """Ask the process to stop and return its exit code; kill it if it does not."""
        return await self._end(signal.SIGTERM, within=within)

    def tail(self, size: int = 4000) -> str:
        """Return the end of what the process printed."""
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        process = self._process
        if process is None or process.returncode is not None:
            raise ProcessFailedError(f"{self.module} ended:\n{self.tail()}")
        try:
            async with session.get(f"{self.url}/readyz") as response:
                return response.status == 200
        except aiohttp.ClientConnectionError:
            return False

    async def _end(self, number: signal.Signals, *, within: float) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(number)
        try:
            async with asyncio.timeout(within):
                return await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise ProcessFailedError(
                f"{self.module} did not stop within {within:g} s:\n{self.tail()}"
            ) from None
