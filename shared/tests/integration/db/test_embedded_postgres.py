"""The embedded server; its accounts and places are tested in `test_embedded_accounts`."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from leadwire.db.embedded import EmbeddedPostgres, EmbeddedPostgresError, free_port
from leadwire.testing import eventually
from leadwire.testing.postgres import FAST_SETTINGS, fast_directory

MakeServer = Callable[..., EmbeddedPostgres]


@contextlib.contextmanager
def open_directory() -> Iterator[Path]:
    """A temporary directory that every account may enter."""
    directory = Path(tempfile.mkdtemp(prefix="leadwire-embedded-", dir=fast_directory()))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stopped_data_dir() -> AsyncIterator[Path]:
    """The data directory of a server that ran once: making a cluster takes its time."""
    with open_directory() as directory:
        server = EmbeddedPostgres(data_dir=directory / "data", settings=FAST_SETTINGS)
        await server.start()
        await server.stop()
        yield directory / "data"


@pytest.fixture
def empty_data_dir() -> Iterator[Path]:
    """A data directory that is not there yet."""
    with open_directory() as directory:
        yield directory / "data"


@pytest.fixture
def data_dir(empty_data_dir: Path, stopped_data_dir: Path) -> Path:
    """A data directory with a cluster in it."""
    shutil.copytree(stopped_data_dir, empty_data_dir)
    for path in (stopped_data_dir, *stopped_data_dir.rglob("*")):
        owner = path.stat()
        copy = empty_data_dir / path.relative_to(stopped_data_dir)
        os.chown(copy, owner.st_uid, owner.st_gid)
    return empty_data_dir


@pytest.fixture
async def make_server(data_dir: Path) -> AsyncIterator[MakeServer]:
    """Make servers on the test's data directory; at the end they are stopped and removed."""
    made: list[EmbeddedPostgres] = []

    def make(**options: int) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(data_dir=data_dir, settings=FAST_SETTINGS, **options))
        return made[-1]

    yield make
    for server in made:
        await server.stop()
    # What a test's killed owner left may still run.
    await EmbeddedPostgres(data_dir=data_dir).destroy()


async def query(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close(timeout=5)


def what_is_in(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that is dead but not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_answers_at_its_url_and_keeps_its_data(make_server: MakeServer) -> None:
    server = make_server()
    await server.start()
    first = server.url
    await query(first, "CREATE TABLE kept AS SELECT 7 AS value")

    await server.stop()
    with pytest.raises(OSError, match=r"refused|Connect"):
        await query(first, "SELECT 1")
    await server.start()

    assert server.url == first, "port or password changed"
    assert await query(server.url, "SELECT value FROM kept") == 7


async def test_restart_keeps_url_and_data(make_server: MakeServer) -> None:
    server = make_server()
    await server.start()
    before, pid = server.url, server.pid
    await query(before, "CREATE TABLE kept AS SELECT 7 AS value")

    await server.restart()

    assert (server.url, server.pid == pid) == (before, False)
    assert await query(server.url, "SELECT value FROM kept") == 7


async def test_asks_for_the_password_that_only_its_owner_can_read(
    make_server: MakeServer, data_dir: Path
) -> None:
    server = make_server()
    await server.start()
    password = (data_dir / "password").read_text(encoding="ascii").strip()

    assert password in server.url
    assert stat.S_IMODE((data_dir / "password").stat().st_mode) == 0o600
    with pytest.raises(asyncpg.InvalidPasswordError):
        await query(server.url.replace(password, "guessed"), "SELECT 1")
    assert await query(server.url, "SHOW password_encryption") == "scram-sha-256"


async def test_listens_on_the_loopback_address_only(make_server: MakeServer) -> None:
    server = make_server()
    await server.start()

    assert await query(server.url, "SHOW listen_addresses") == "127.0.0.1"
    assert await query(server.url, "SHOW unix_socket_directories") == ""


async def test_logs_no_values_of_rows(make_server: MakeServer, data_dir: Path) -> None:
    server = make_server()
    await server.start()
    await query(server.url, "CREATE TABLE people (email text PRIMARY KEY)")
    connection = await asyncpg.connect(server.url)
    insert = "INSERT INTO people VALUES ($1)"
    await connection.execute(insert, "jane@example.com")
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute(insert, "jane@example.com")
    await connection.close()
    await server.stop()

    logged = "".join(
        file.read_text(encoding="utf-8") for file in (data_dir / "cluster" / "log").iterdir()
    )
    assert "duplicate key" in logged
    assert "jane" not in logged


async def test_settings_are_passed_to_the_server(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir=data_dir, settings={"fsync": "off", "work_mem": "5MB"})
    await server.start()

    assert await query(server.url, "SHOW work_mem") == "5MB"

    await server.destroy()


async def test_stop_without_start_and_double_calls_do_no_harm(make_server: MakeServer) -> None:
    server = make_server()

    await server.stop()
    await server.start()
    await server.start()
    pid = server.pid
    await server.stop()
    await server.stop()

    assert pid is not None
    assert not is_alive(pid)
    assert server.pid is None


async def test_a_second_owner_is_refused_while_the_first_lives(make_server: MakeServer) -> None:
    first, second = make_server(), make_server()
    await first.start()

    with pytest.raises(EmbeddedPostgresError, match="another process uses"):
        await second.start()

    assert await query(first.url, "SELECT 1") == 1
    await first.stop()
    await second.start()
    assert await query(second.url, "SELECT 1") == 1


async def test_a_given_port_that_is_taken_is_an_error(make_server: MakeServer) -> None:
    port = free_port()
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(EmbeddedPostgresError, match=f"port {port}.*is taken"),
    ):
        await make_server(port=port).start()


async def test_another_port_is_taken_when_the_kept_one_is_gone(make_server: MakeServer) -> None:
    server = make_server()
    await server.start()
    await query(server.url, "CREATE TABLE kept AS SELECT 7 AS value")
    port = int(server.url.rpartition(":")[2].partition("/")[0])
    await server.stop()

    with socket.create_server(("127.0.0.1", port)):
        await server.start()
        assert f":{port}/" not in server.url
        assert await query(server.url, "SELECT value FROM kept") == 7


async def test_a_cluster_left_half_made_is_made_anew(empty_data_dir: Path) -> None:
    unfinished = empty_data_dir / "cluster.new"
    (unfinished / "base").mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n", encoding="ascii")
    server = EmbeddedPostgres(data_dir=empty_data_dir, settings=FAST_SETTINGS)

    await server.start()

    assert await query(server.url, "SELECT 1") == 1
    assert not unfinished.exists()
    await server.destroy()


async def test_a_lost_password_is_a_clear_error(make_server: MakeServer, data_dir: Path) -> None:
    server = make_server()
    await server.start()
    await server.stop()
    (data_dir / "password").unlink()

    with pytest.raises(EmbeddedPostgresError, match=r"password.*missing"):
        await server.start()


async def test_a_server_that_cannot_start_says_what_it_said_last(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir=data_dir, settings={"shared_buffers": "1kB"})

    with pytest.raises(EmbeddedPostgresError, match="shared_buffers"):
        await server.start()

    await server.destroy()


async def test_destroy_leaves_nothing(make_server: MakeServer, data_dir: Path) -> None:
    server = make_server()
    await server.start()
    pid = server.pid

    await server.destroy()

    assert pid is not None
    assert not is_alive(pid)
    assert what_is_in(data_dir) == []


OWNER = """
import asyncio, sys
from pathlib import Path
from leadwire.db.embedded import EmbeddedPostgres

async def main():
    server = EmbeddedPostgres(data_dir=Path(sys.argv[1]), settings={"fsync": "off"})
    await server.start()
    print(server.pid, server.url, file=sys.stderr, flush=True)  # logs go to stdout
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def killed_owner(data_dir: Path) -> tuple[int, str]:
    """Let another process start a server, and kill it; return what it left: pid and URL."""
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OWNER, str(data_dir)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert owner.stderr is not None
    try:
        async with asyncio.timeout(60):
            pid, url = (await owner.stderr.readline()).decode().split()
    finally:
        owner.kill()
        await owner.wait()
    return int(pid), url


@pytest.mark.fault
async def test_what_a_killed_owner_left_is_stopped_and_its_data_kept(
    make_server: MakeServer, data_dir: Path
) -> None:
    pid, url = await killed_owner(data_dir)
    await query(url, "CREATE TABLE kept AS SELECT 7 AS value")
    assert is_alive(pid)
    server = make_server()

    await server.start()

    assert not is_alive(pid)
    assert server.pid != pid
    assert server.url == url
    assert await query(server.url, "SELECT value FROM kept") == 7


@pytest.mark.fault
async def test_what_a_killed_owner_left_is_removed_by_destroy(
    make_server: MakeServer, data_dir: Path
) -> None:
    pid, _ = await killed_owner(data_dir)

    await make_server().destroy()

    assert not is_alive(pid)
    assert what_is_in(data_dir) == []


@pytest.mark.fault
async def test_a_killed_server_is_recovered(make_server: MakeServer) -> None:
    server = make_server()
    await server.start()
    await query(server.url, "CREATE TABLE kept AS SELECT 7 AS value")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await eventually(lambda: server.pid is None)

    await server.start()

    assert await query(server.url, "SELECT value FROM kept") == 7


@pytest.mark.fault
async def test_a_process_that_has_the_number_of_a_dead_server_is_left_alone(
    make_server: MakeServer, data_dir: Path
) -> None:
    server = make_server()
    await server.start()
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await eventually(lambda: server.pid is None)
    bystander = await asyncio.create_subprocess_exec("/bin/sleep", "60")
    pid_file = data_dir / "cluster" / "postmaster.pid"
    lines = pid_file.read_text(encoding="ascii").splitlines()
    pid_file.write_text("\n".join([str(bystander.pid), *lines[1:]]), encoding="ascii")

    try:
        with contextlib.suppress(EmbeddedPostgresError):
            # Postgres itself may take it for a server, if it has the same account.
            await server.start()
        assert bystander.returncode is None
    finally:
        bystander.kill()
        await bystander.wait()

    await server.start()
    assert await query(server.url, "SELECT 1") == 1


async def test_ctrl_c_in_a_terminal_does_not_reach_the_server(make_server: MakeServer) -> None:
    server = make_server()
    await server.start()

    assert server.pid is not None
    assert os.getsid(server.pid) != os.getsid(0)
