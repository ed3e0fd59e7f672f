"""What cannot be run is said in a line that tells what to do, and nothing is left behind."""

import socket
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from leadwire.testing.postgres import PostgresServer

if TYPE_CHECKING:
    from standalone.tests.conftest import Start

MODULE = "leadwire_standalone"
PASSWORD = "do-not-show-me"


async def test_a_taken_port_is_named_and_so_is_the_way_out(start: "Start", tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = await start(MODULE, f"--port={port}", f"--data={tmp_path / 'data'}")
        ended = await command.end()
    assert ended.code == 1
    [line] = ended.said.splitlines()
    assert f"port {port} of 127.0.0.1" in line
    assert "choose another with --port" in line
    assert not (tmp_path / "data" / "postgres").exists()


async def test_data_that_cannot_be_used_is_named_with_the_way_out(
    start: "Start", tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("not a directory")
    for data in (file, file / "below", Path("/proc"), Path("/proc/leadwire")):
        command = await start(MODULE, "--port=0", f"--data={data}")
        ended = await command.end()
        assert ended.code == 1
        [line] = ended.said.splitlines()
        assert line.startswith(f"Leadwire could not run: DATA {data} cannot be used: ")
        assert "choose another directory with `make run DATA=/some/dir`" in line
    assert file.read_text() == "not a directory"


async def test_a_directory_of_somebody_else_is_left_alone(start: "Start", tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    for data in (tmp_path, Path("/")):
        ours = [data / name for name in ("postgres", "database-roles.json", "mail")]
        before = [path.exists() for path in ours]
        ended = await (await start(MODULE, "--port=0", f"--data={data}")).end()
        assert ended.code == 1
        [line] = ended.said.splitlines()
        assert f"DATA {data} cannot be used: it holds files that are not Leadwire's" in line
        assert "one that is empty or not there yet" in line
        assert [path.exists() for path in ours] == before


@pytest.mark.parametrize("url", ["amqp://", "memory://", "foo"])
async def test_a_wrong_broker_is_named_as_it_was_typed(
    start: "Start", tmp_path: Path, url: str
) -> None:
    ended = await (
        await start(
            *(MODULE, "--port=0", f"--data={tmp_path / 'data'}"),
            environment={"LEADWIRE_BROKER_URL": url},
        )
    ).end()
    assert ended.code == 2
    [line] = ended.said.splitlines()
    assert " LEADWIRE_BROKER_URL (BROKER_URL of make) is wrong: " in line


async def test_every_wrong_setting_is_named_and_no_value_is_shown(
    start: "Start", tmp_path: Path
) -> None:
    wrong = ("IMPORT_DATABASE_POOL_SIZE", "LEADWIRE_LOG_LEVEL", "STREAM_HEARTBEAT_S")
    command = await start(
        *(MODULE, "--port=0", f"--data={tmp_path / 'data'}"),
        environment=dict.fromkeys(wrong, "banana"),
    )
    ended = await command.end()
    assert ended.code == 2
    lines = ended.said.splitlines()
    assert len(lines) == len(wrong), ended.said
    for name in wrong:
        assert sum(f" {name} is wrong: " in line for line in lines) == 1, name
    assert "banana" not in ended.said
    assert not (tmp_path / "data" / "postgres").exists()


async def test_a_database_that_does_not_answer_is_named_in_time_without_its_password(
    start: "Start", tmp_path: Path
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{silent.getsockname()[1]}"
        command = await start(
            *(MODULE, "--port=0", f"--data={tmp_path / 'data'}"),
            environment={
                "DATABASE_URL": f"postgresql://leadwire:{PASSWORD}@{where}/leadwire",
                "LEADWIRE_CONNECT_WITHIN_S": "1",
            },
        )
        ended = await command.end(within=30)
    assert ended.code == 1
    last = ended.said.splitlines()[-1]
    assert last.startswith("Leadwire could not run: ")
    assert where in last
    assert PASSWORD not in ended.said
    assert "Traceback" not in ended.said


async def test_a_database_that_refuses_the_password_is_named_without_it(
    start: "Start", tmp_path: Path, postgres_server: PostgresServer
) -> None:
    parts = urlsplit(postgres_server.admin_url)
    where = parts.netloc.rpartition("@")[2]
    wrong = parts._replace(netloc=f"{parts.username}:{PASSWORD}@{where}").geturl()
    command = await start(
        *(MODULE, "--port=0", f"--data={tmp_path / 'data'}"), environment={"DATABASE_URL": wrong}
    )
    ended = await command.end(within=30)
    assert ended.code == 1
    last = ended.said.splitlines()[-1]
    assert "refused" in last
    assert where in last
    assert PASSWORD not in ended.said
    assert "Traceback" not in ended.said
