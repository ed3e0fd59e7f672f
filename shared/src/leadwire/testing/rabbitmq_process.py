"""The machine's own RabbitMQ, started privately.

Nothing of it meets another RabbitMQ of this machine: it has its own node name, AMQP,
management, distribution and epmd ports, data directory, configuration, plugins, log and
Erlang cookie. The start script of the package is used below its wrapper, which insists
on root and on the package's own account and directories; so any account can run it.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import aio_pika
import aiormq
from tenacity import AsyncRetrying, RetryError, retry_if_result, stop_after_delay, wait_fixed

from leadwire.db.embedded import free_port
from leadwire.testing.rabbitmq_errors import RabbitMQNotAvailableError

_SCRIPTS = ("/usr/lib/rabbitmq/bin", "/opt/homebrew/sbin", "/usr/local/sbin", "/usr/sbin")
_READY_WITHIN = 90.0
_STOP_WITHIN = 40.0
_CTL_WITHIN = 60.0


def find_rabbitmq() -> Path | None:
    """Return the directory of `rabbitmq-server` and `rabbitmqctl`, or None."""
    found = shutil.which("rabbitmq-server", path=os.pathsep.join(_SCRIPTS)) or shutil.which(
        "rabbitmq-server"
    )
    return Path(found).parent if found else None


class PrivateRabbitMQ:
    """A RabbitMQ node of the caller's own.

    Args:
        data_dir: Directory for all its files; made if it is not there.
    """

    def __init__(self, *, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._password = secrets.token_hex(16)
        self._node = f"leadwire-{uuid4().hex[:12]}@localhost"
        self._amqp, self._http, self._dist, self._epmd = (free_port() for _ in range(4))
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """Its `amqp://` address."""
        return f"amqp://leadwire:{self._password}@127.0.0.1:{self._amqp}/"

    @property
    def management_url(self) -> str | None:
        """The address of its management API."""
        return f"http://leadwire:{self._password}@127.0.0.1:{self._http}"

    async def start(self) -> None:
        """Start the node with what it had before; returns when it accepts connections.

        Raises:
            RabbitMQNotAvailableError: It ended or was not ready in time; the message
                holds the end of its log.
        """
        if self._processes:
            return
        self._write_files()
        # Our own epmd in the foreground: one that erl starts by itself would outlive us.
        self._spawn(["epmd", "-port", str(self._epmd), "-address", "127.0.0.1"], "epmd.log")
        self._spawn([str(self._script("rabbitmq-server"))], "server.log")
        try:
            await AsyncRetrying(
                retry=retry_if_result(lambda accepts: not accepts),
                stop=stop_after_delay(_READY_WITHIN),
                wait=wait_fixed(0.1),
            )(self._accepts_connections)
        except RetryError:
            await self.stop()
            raise RabbitMQNotAvailableError(
                f"rabbitmq-server was not ready in {_READY_WITHIN:g} s:\n{self.tail()}"
            ) from None

    async def stop(self) -> None:
        """Stop the node, by force if it does not obey; its data stays. Twice is harmless."""
        while self._processes:
            await asyncio.to_thread(_end, self._processes.pop())

    async def kill(self) -> None:
        """End the node at once, without a chance to write anything more."""
        for process in self._processes:
            _signal(process, signal.SIGKILL)
        await self.stop()

    async def restart(self) -> None:
        """Take it down and up again; returns when it accepts connections."""
        await self.stop()
        await self.start()

    async def close(self) -> None:
        """Stop it and remove its files."""
        await self.stop()
        await asyncio.to_thread(shutil.rmtree, self._data_dir, ignore_errors=True)

    async def ctl(self, *arguments: str) -> str:
        """Run `rabbitmqctl` against this node and return what it prints.

        Raises:
            RabbitMQNotAvailableError: It failed or hung; the message holds its output.
        """
        process = await asyncio.create_subprocess_exec(
            str(self._script("rabbitmqctl")),
            "--quiet",
            *arguments,
            env=self._environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        what = f"rabbitmqctl {' '.join(arguments)}"
        try:
            async with asyncio.timeout(_CTL_WITHIN):
                output, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise RabbitMQNotAvailableError(f"{what} hung for {_CTL_WITHIN:g} s") from None
        text = output.decode(errors="replace")
        if process.returncode != 0:
            raise RabbitMQNotAvailableError(f"{what} failed:\n{text}")
        return text

    def tail(self, size: int = 3000) -> str:
        """Return the end of what the node printed."""
        log = self._data_dir / "server.log"
        return log.read_text(errors="replace")[-size:] if log.exists() else ""

    def _script(self, name: str) -> Path:
        directory = find_rabbitmq()
        if directory is None:
            raise RabbitMQNotAvailableError("rabbitmq-server is not installed")
        return directory / name

    def _write_files(self) -> None:
        home = self._data_dir / "home"
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        cookie = home / ".erlang.cookie"
        if not cookie.exists():
            cookie.touch(mode=0o600)
            cookie.write_text(secrets.token_hex(16))
            cookie.chmod(0o400)
        (self._data_dir / "enabled_plugins").write_text("[rabbitmq_management].\n")
        (self._data_dir / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self._amqp}\n"
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self._http}\n"
            f"default_user = leadwire\ndefault_pass = {self._password}\n"
            "log.console = true\nlog.console.level = warning\nlog.file = false\n"
            "disk_free_limit.absolute = 50MB\nvm_memory_high_watermark.relative = 0.4\n"
            # The default preallocates for a server with a disk of its own.
            "raft.wal_max_size_bytes = 33554432\n"
        )

    def _environment(self) -> Mapping[str, str]:
        path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("RABBITMQ_")}
        directory = self._data_dir
        return inherited | {
            "PATH": path,
            "HOME": str(directory / "home"),
            "ERL_CRASH_DUMP": str(directory / "erl_crash.dump"),  # else where the tests run
            "LC_ALL": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._epmd),
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_DIST_PORT": str(self._dist),
            "RABBITMQ_CTL_DIST_PORT_MIN": "35672",
            # Eleven ports are the default: too few for several runs side by side.
            "RABBITMQ_CTL_DIST_PORT_MAX": "39999",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"),
            "RABBITMQ_CONFIG_FILES": str(directory / "conf.d" / "*.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(directory / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(directory / "data"),
            "RABBITMQ_LOG_BASE": str(directory / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(directory / "server.pid"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(directory / "config"),
            "RABBITMQ_FEATURE_FLAGS_FILE": str(directory / "feature_flags"),
        }

    def _spawn(self, command: Sequence[str], log: str) -> None:
        # If we are killed, the kernel ends the server: it must not stay behind.
        if setpriv := shutil.which("setpriv"):
            command = [setpriv, "--pdeathsig", "TERM", *command]
        with (self._data_dir / log).open("ab") as output:
            process = subprocess.Popen(
                command,
                env=self._environment(),
                cwd=self._data_dir,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # A group of its own: Ctrl-C stops the tests, which then stop the server.
                start_new_session=True,
            )
        self._processes.append(process)

    async def _accepts_connections(self) -> bool:
        if any(process.poll() is not None for process in self._processes):
            await self.stop()
            raise RabbitMQNotAvailableError(f"rabbitmq-server did not start:\n{self.tail()}")
        try:
            # The bare port first: the client logs an error for each refused connection.
            _, writer = await asyncio.open_connection("127.0.0.1", self._amqp)
            writer.close()
            connection = await aio_pika.connect(self.url, timeout=5)
        except (OSError, TimeoutError, aiormq.exceptions.AMQPError):
            return False
        await connection.close()
        return True


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # The whole group: Erlang starts helpers of its own.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _end(process: subprocess.Popen[bytes]) -> None:
    _signal(process, signal.SIGTERM)
    try:
        process.wait(_STOP_WITHIN)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        process.wait(10)
    deadline = time.monotonic() + 5
    # Its helpers end a moment later; whoever comes next finds the ports free.
    while _group_lives(process.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    _signal(process, signal.SIGKILL)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
