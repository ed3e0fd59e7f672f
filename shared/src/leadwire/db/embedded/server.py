"""The embedded server as a component: made, started, stopped, and taken over."""

import asyncio
import fcntl
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import asyncpg
import structlog
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from leadwire.db.embedded import places
from leadwire.db.embedded.account import Account
from leadwire.db.embedded.cluster import (
    SUPERUSER,
    make_cluster,
    password_of,
    stop_leftover,
    stop_server,
)
from leadwire.db.embedded.errors import EmbeddedPostgresError
from leadwire.db.embedded.ports import LOOPBACK, free_port, is_free

log = structlog.get_logger(__name__)

READY_WITHIN = 60.0
"""Seconds for the server to accept connections, recovery after a crash included."""

_POLL = 0.02

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A week of logs, one file a day, without the values of rows: no personal data.
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgres-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_error_verbosity": "terse",
}


class _StartError(EmbeddedPostgresError):
    """The server ended before it accepted a connection; another try may succeed."""


class EmbeddedPostgres:
    """A Postgres server on 127.0.0.1, whose data stays in a directory.

    One process at a time owns the data directory. A server that a killed owner left
    running is stopped by the next start, and its data is kept. As root, the server runs
    under an unprivileged account; see `places` for where its files then are.

    Args:
        data_dir: Holds cluster, password and port; made if it is not there.
        port: Port to listen on; by default the one used last, or a free one.
        settings: Server settings, in addition to and before ours.
    """

    def __init__(
        self, *, data_dir: Path, port: int | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self._given_dir = data_dir
        self._wanted_port = port
        self._settings = {**_SETTINGS, **(settings or {})}
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._data_dir = self._cluster = self._programs = Path()
        self._account = Account(os.geteuid(), os.getegid(), is_ours=True)
        self._password = ""
        self._port = 0

    @property
    def url(self) -> str:
        """The administrator's URL, once started; it holds a password."""
        if not self._port:
            raise EmbeddedPostgresError("the embedded Postgres was not started yet")
        # Without the query, clients first ask for TLS, and look for keys in a home that
        # may be closed to them.
        return (
            f"postgresql://{SUPERUSER}:{self._password}@{LOOPBACK}:{self._port}/postgres"
            "?sslmode=disable"
        )

    @property
    def pid(self) -> int | None:
        """Process id of the server while it runs."""
        if self._process is None or self._process.poll() is not None:
            return None
        return self._process.pid

    async def start(self) -> None:
        """Return when the server accepts connections.

        Raises:
            EmbeddedPostgresError: Another process uses the data directory, the port is
                taken, or the server cannot be made or started.
        """
        if self.pid is not None:
            return
        try:
            await asyncio.to_thread(self._prepare)
            await stop_leftover(self._cluster)
            await self._launch_until_ready()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Shut the server down and give the data directory free."""
        try:
            await self._shut_down()
        finally:
            if self._lock is not None:
                self._lock.close()
                self._lock = None

    async def restart(self) -> None:
        """Shut the server down and start it again, on the same port."""
        await self._shut_down()
        await self._launch_until_ready()

    async def destroy(self) -> None:
        """Stop the server, also one left by a killed owner, and delete all its data."""
        if self._lock is None:
            self._data_dir = places.open_data_dir(self._given_dir)
            self._lock = self._take_lock()
            self._cluster = places.cluster_place(self._data_dir, Account.choose())
            await stop_leftover(self._cluster)
        await self._shut_down()
        await asyncio.to_thread(places.remove_cluster, self._data_dir)
        await self.stop()

    def _prepare(self) -> None:
        """Make everything that the server needs; blocks, so it runs in a thread."""
        self._data_dir = places.open_data_dir(self._given_dir)
        if self._lock is None:
            self._lock = self._take_lock()
        account = Account.choose()
        self._cluster = places.cluster_place(self._data_dir, account)
        if self._cluster.exists():
            account = places.account_of(self._cluster, account)
        self._account = account
        self._programs = places.programs_place(account)
        self._password = password_of(self._data_dir, self._cluster)
        make_cluster(
            self._cluster,
            programs=self._programs,
            account=account,
            password=self._password,
            durable=self._settings.get("fsync") != "off",
        )

    def _take_lock(self) -> IO[str]:
        # The kernel gives the lock back when this process ends, however it ends.
        try:
            lock = (self._data_dir / "lock").open("w", encoding="ascii")
        except OSError as error:
            raise EmbeddedPostgresError(f"cannot write in {self._data_dir}: {error}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise EmbeddedPostgresError(
                f"another process uses the data in {self._data_dir}: stop it first"
            ) from None
        return lock

    async def _launch_until_ready(self) -> None:
        # A port can be taken between choosing and using it, and after a crash the shared
        # memory of the previous server may take a moment to be given free.
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_StartError),
            stop=stop_after_attempt(4),
            wait=wait_random_exponential(multiplier=0.2, max=2.0),
            reraise=True,
        )
        await retrying(self._launch)
        log.info("embedded_postgres_ready", port=self._port, pid=self.pid)

    async def _launch(self) -> None:
        self._port = self._choose_port()
        settings = {**self._settings, "port": str(self._port)}
        with (self._data_dir / "start.log").open("wb") as output:
            self._process = self._account.popen(
                [
                    self._programs / "postgres",
                    *("-D", self._cluster),
                    *(
                        part
                        for name, value in settings.items()
                        for part in ("-c", f"{name}={value}")
                    ),
                ],
                output=output.fileno(),
                new_session=True,
            )
        try:
            async with asyncio.timeout(READY_WITHIN):
                await self._until_ready(self._process)
        except TimeoutError:
            raise EmbeddedPostgresError(
                f"Postgres accepted no connection within {READY_WITHIN:g} s; "
                f"see {self._cluster / 'log'}"
            ) from None
        (self._data_dir / "port").write_text(f"{self._port}\n", encoding="ascii")

    def _choose_port(self) -> int:
        if self._wanted_port is not None:
            if not is_free(self._wanted_port):
                raise EmbeddedPostgresError(
                    f"port {self._wanted_port} of {LOOPBACK} is taken: choose another"
                )
            return self._wanted_port
        try:
            kept = int((self._data_dir / "port").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return free_port()
        return kept if is_free(kept) else free_port()

    async def _until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        while True:
            if process.poll() is not None:
                raise _StartError(f"Postgres did not start: {self._last_words()}")
            try:
                connection = await asyncpg.connect(self.url, timeout=2.0)
            except (OSError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError):
                await asyncio.sleep(_POLL)
            else:
                await connection.close(timeout=2.0)
                return

    def _last_words(self) -> str:
        """Return what the server wrote last before it died."""
        logs = sorted((self._cluster / "log").glob("*.log"), key=lambda file: file.stat().st_mtime)
        files = [self._data_dir / "start.log", *logs[-1:]]
        texts = [file.read_text("utf-8", errors="replace").strip()[-1000:] for file in files]
        return " | ".join(text for text in texts if text)

    async def _shut_down(self) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        await stop_server(process.pid, is_running=lambda: process.poll() is None)
        log.info("embedded_postgres_stopped")
