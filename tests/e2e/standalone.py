"""A Leadwire as `make run` starts it, but on a port of its own."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from leadwire.db.embedded import free_port
from leadwire.db.embedded.cluster import SUPERUSER
from leadwire.testing import eventually

DATA = "d"


@asynccontextmanager
async def standalone(directory: Path, **environment: str) -> AsyncIterator[str]:
    """Run it; gives its address. It must stop cleanly.

    Args:
        directory: Where it keeps its data, and its log.
        environment: Settings of its services.
    """
    port, log = free_port(), directory / "standalone.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "leadwire_standalone",
                f"--port={port}",
                f"--data={directory / DATA}",
            ],
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
        )
    await eventually(
        lambda: f"Leadwire is ready at http://127.0.0.1:{port}" in log.read_text(), within=60
    )
    yield f"127.0.0.1:{port}"
    process.terminate()
    assert process.wait(timeout=40) == 0, log.read_text()


def database_of(directory: Path) -> str:
    """Return the address of its database, as one who may do everything, while it runs."""
    postgres = directory / DATA / "postgres"
    password, port = ((postgres / name).read_text().strip() for name in ("password", "port"))
    return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/postgres?sslmode=disable"
