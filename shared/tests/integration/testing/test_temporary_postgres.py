"""A test's own server: stopped, restarted, and removed also when its test run was killed."""

import asyncio
import os
import sys
from pathlib import Path

import asyncpg
import pytest

from leadwire.testing import postgres
from leadwire.testing.postgres import PostgresServer, TemporaryPostgres, remove_abandoned_servers

pytestmark = pytest.mark.fault

KILLED_RUN = """
import asyncio, sys
from leadwire.testing import postgres

async def main():
    postgres._PREFIX = sys.argv[1]
    server = postgres.TemporaryPostgres()
    await server.start()
    print(server.data_dir, server.admin_url, file=sys.stderr, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def answers(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except OSError:
        return False
    await connection.close(timeout=5)
    return True


def exists(path: Path) -> bool:
    return path.exists()


async def test_a_private_server_can_be_stopped_and_started(
    private_postgres: PostgresServer,
) -> None:
    url = private_postgres.admin_url

    await private_postgres.stop()
    assert not await answers(url)
    await private_postgres.start()
    assert private_postgres.admin_url == url
    assert await answers(url)
    await private_postgres.restart()
    assert await answers(url)


async def test_close_removes_the_server_and_its_data() -> None:
    server = TemporaryPostgres()
    await server.start()
    assert await answers(server.admin_url)

    await server.close()

    assert not await answers(server.admin_url)
    assert not exists(server.data_dir)


async def test_what_a_killed_test_run_left_is_removed_and_what_lives_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Servers of a name that no other test run knows, which would remove what is left, too.
    prefix = f"leadwire-test-{os.getpid()}-postgres-"
    monkeypatch.setattr(postgres, "_PREFIX", prefix)
    living = TemporaryPostgres()
    await living.start()
    killed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED_RUN, prefix),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert killed.stderr is not None
    async with asyncio.timeout(60):
        data_dir, url = (await killed.stderr.readline()).decode().split()
    killed.kill()
    await killed.wait()
    assert await answers(url)

    await remove_abandoned_servers()

    assert not await answers(url)
    assert not exists(Path(data_dir))
    assert await answers(living.admin_url)
    await living.close()
