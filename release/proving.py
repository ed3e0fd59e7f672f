"""Prove what was built: a server from its wheels, and a client that has nothing else."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from release.building import run
from release.environments import Environment
from release.errors import ReleaseError

SMOKE: Final = Path(__file__).with_name("smoke.py")
READY_WITHIN: Final = 120.0
STOPS_WITHIN: Final = 60.0

_READY: Final = re.compile(r"^Leadwire is ready at (http://\S+)$", re.MULTILINE)
_CLIENT: Final = "leadwire_client-"


def prove(wheels: Sequence[Path], *, locks: Path, version: str) -> str:
    """Install all wheels, start them, and let the client's wheel alone work with them.

    Args:
        wheels: All of them.
        locks: Where `run.txt` and `client.txt` are.
        version: Which they bear.

    Returns:
        What was found to hold, one thing a line.

    Raises:
        ReleaseError: Something does not work.
    """
    with tempfile.TemporaryDirectory(prefix="leadwire-release-") as made:
        directory = Path(made)
        # The account that runs Postgres for root has to pass through.
        directory.chmod(0o711)
        server = Environment(directory / "server")
        server.install(locks / "run.txt", wheels)
        client = Environment(directory / "client")
        client.install(
            locks / "client.txt", [each for each in wheels if each.name.startswith(_CLIENT)]
        )
        with _running(server, directory) as url:
            return run(str(client.python), "-I", str(SMOKE), url, version, within=120)


@contextmanager
def _running(server: Environment, directory: Path) -> Iterator[str]:
    log = directory / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [server.program("leadwire-standalone"), "--port=0", f"--data={directory}/data"],
            cwd=directory,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            stdout=output,
            stderr=output,
        )
    try:
        yield _ready_at(process, log)
    finally:
        process.terminate()
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ready_at(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        if found := _READY.search(log.read_text(errors="replace")):
            return found[1]
        time.sleep(0.1)
    raise ReleaseError(f"the server from the wheels did not start:\n{log.read_text()[-2000:]}")
