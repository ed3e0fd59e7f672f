"""The gateway as its image runs it: the same files, the machine's own nginx, no root."""

import asyncio
import importlib.util
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Self

import aiohttp

from leadwire.db.embedded import free_port
from leadwire.testing import eventually

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "deploy" / "gateway"
SERVICES = ("import-svc", "manager-svc", "notifier-svc", "stream-svc")
_NOBODY = "nobody"
# nginx is not in every account's PATH.
_PATH = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"


class Gateway:
    """A gateway that runs.

    Attributes:
        url: Where it listens.
        port: The port of that.
        https_port: Where it listens with certificates, if it has some.
        metrics_port: Where Prometheus asks it.
    """

    def __init__(self, *, home: Path, upstreams: Mapping[str, str], settings: Mapping[str, str]):
        self.port, self.https_port, self.metrics_port = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._home = home
        self._log = home / "log"
        self._environment = {
            "PATH": _PATH,
            "GATEWAY_HTTP_PORT": str(self.port),
            "GATEWAY_HTTPS_PORT": str(self.https_port),
            "GATEWAY_METRICS_PORT": str(self.metrics_port),
            "GATEWAY_RUN_DIR": str(home / "run"),
            "GATEWAY_WWW": str(home / "www"),
            "GATEWAY_TLS_DIR": str(home / "tls"),
            **{
                f"GATEWAY_{name.upper().replace('-', '_')}": address
                for name, address in upstreams.items()
            },
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> Self:
        """Start it, and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = self._popen(log=log)
        async with aiohttp.ClientSession() as session:
            await eventually(
                lambda: self._answers(session), within=20, message="the gateway answers"
            )
        return self

    def check(self) -> tuple[int, str]:
        """Let it check its configuration only; return its exit code and what it printed."""
        with self._log.open("ab") as log:
            code = self._popen("--check", log=log).wait(20)
        return code, self.log()

    async def stop(self, how: signal.Signals = signal.SIGQUIT) -> int:
        """Stop it, by default as a container is stopped; return its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(how)
        return await asyncio.to_thread(process.wait, 30)

    def requests(self) -> list[dict[str, Any]]:
        """Return what it has logged of requests."""
        lines = self._log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def log(self) -> str:
        """Return all that it has printed."""
        return self._log.read_text()

    def _popen(self, *arguments: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [self._home / "start", *arguments],
            env=self._environment,
            stdout=log,
            stderr=log,
            user=_NOBODY if os.getuid() == 0 else None,
        )

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"the gateway ended:\n{self.log()}")
        try:
            async with session.get(f"{self.url}/healthz") as response:
                return response.status == 200
        except aiohttp.ClientConnectionError:
            return False


@contextmanager
def furnished_home() -> Iterator[Path]:
    """Make a directory with files as the image has them, for an account that owns nothing else."""
    # Not below a test's own directory, which nobody else may enter.
    with tempfile.TemporaryDirectory(prefix="leadwire-gateway-") as home:
        _furnish(Path(home))
        yield Path(home)


def _furnish(home: Path) -> None:
    shutil.copytree(SOURCE, home, dirs_exist_ok=True)
    www = home / "www"
    shutil.copytree(ROOT / "console" / "dist", www)
    shutil.copytree(ROOT / "shared/src/leadwire/http/static", www / "docs")
    shutil.copy(SOURCE / "generated" / "openapi.json", www)
    package = importlib.util.find_spec("swagger_ui")
    assert package is not None
    assert package.origin is not None
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"):
        shutil.copy(Path(package.origin).parent / "static" / name, www / "docs")
    (home / "log").touch()
    give_away(home)


def give_away(home: Path) -> None:
    """Give files to the account that the gateway runs as."""
    if os.getuid() == 0:
        account = pwd.getpwnam(_NOBODY)
        for path in (home, *home.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)
