"""A NATS server with JetStream for tests: the machine's own `nats-server`, started privately.

It has its own port, data directory, user and limits of the store, and meets no other.
"""

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Final

import trustme

from leadwire.db.embedded import free_port
from leadwire.testing import eventually

MAX_STORE: Final = 256 * 1024 * 1024
"""Bytes that all streams may have on disk."""

_STOP_WITHIN: Final = 20.0


class NatsNotAvailableError(Exception):
    """There is no NATS server here, or it does not start; the message says what to do."""


class PrivateNats:
    """A server of the caller's own.

    Args:
        data_dir: Directory for all its files; made if it is not there.
        jetstream: Whether it has JetStream.
        permissions: What its user may do, in the server's own words; everything if empty.
        certificate: With its key: it offers TLS only.
    """

    def __init__(
        self,
        *,
        data_dir: Path,
        jetstream: bool = True,
        permissions: str = "",
        certificate: trustme.LeafCert | None = None,
    ) -> None:
        self._data_dir = data_dir
        self._password = secrets.token_hex(16)
        self._jetstream = jetstream
        self._permissions = permissions
        self._certificate = certificate
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        """Its address."""
        scheme = "nats" if self._certificate is None else "nats+tls"
        return f"{scheme}://leadwire:{self._password}@127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it with what it had before; returns when it answers."""
        if self._process is not None:
            return
        command = find_nats_server()
        if command is None:
            raise NatsNotAvailableError(
                "tests need a NATS server: run tools/install-nats, which installs nats-server or "
                "says how; or set TEST_NATS_URL"
            )
        self._data_dir.mkdir(parents=True, exist_ok=True)
        config = self._data_dir / "server.conf"
        config.write_text(self._config())
        with (self._data_dir / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [command, "--config", str(config)], stdout=log, stderr=log, start_new_session=True
            )
        await eventually(self._answers, within=30, message="nats-server answers")

    async def stop(self) -> None:
        """Stop it, by force if it does not obey; its data stays. Twice is harmless."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(_await_end, process)

    async def kill(self) -> None:
        """End it at once, without a chance to write anything more."""
        if self._process is not None:
            self._process.kill()
        await self.stop()

    async def restart(self) -> None:
        """Take it down and up again."""
        await self.stop()
        await self.start()

    def freeze(self) -> None:
        """Stop the process where it is: the machine still takes what clients send."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def tail(self, size: int = 4000) -> str:
        """Return the end of its log."""
        log = self._data_dir / "server.log"
        return log.read_text(errors="replace")[-size:] if log.exists() else ""

    async def close(self) -> None:
        """Stop it and remove its files."""
        await self.stop()
        await asyncio.to_thread(shutil.rmtree, self._data_dir, ignore_errors=True)

    async def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise NatsNotAvailableError(f"nats-server ended:\n{self.tail()}")
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        # It listens once JetStream is there, and speaks first.
        greeting = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return greeting.startswith(b"INFO")

    def _config(self) -> str:
        store = f'jetstream {{ store_dir: "{self._data_dir}/store", max_file_store: {MAX_STORE} }}'
        return "\n".join(
            (
                f"listen: 127.0.0.1:{self.port}",
                f'authorization {{ users: [{{ user: leadwire, password: "{self._password}"',
                f"{self._permissions} }}] }}",
                store if self._jetstream else "",
                "" if self._certificate is None else self._tls(self._certificate),
            )
        )

    def _tls(self, certificate: trustme.LeafCert) -> str:
        chain, key = self._data_dir / "chain.pem", self._data_dir / "key.pem"
        chain.write_bytes(b"".join(each.bytes() for each in certificate.cert_chain_pems))
        key.write_bytes(certificate.private_key_pem.bytes())
        return f'tls {{ cert_file: "{chain}", key_file: "{key}" }}'


def find_nats_server() -> str | None:
    """Return the command, or None."""
    places = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    return shutil.which("nats-server", path=places)


def _await_end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_STOP_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
