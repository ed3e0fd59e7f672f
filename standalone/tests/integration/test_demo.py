"""The demo as somebody at a terminal runs it."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from leadwire.testing import eventually

if TYPE_CHECKING:
    from standalone.tests.conftest import Ended, Start

MODULE = "leadwire_standalone.demo"
CHECKS = 5


def assert_every_sum_agrees(ended: "Ended") -> None:
    assert ended.code == 0, ended.said
    lines = ended.said.splitlines()
    assert sum(line.startswith("ok  ") for line in lines) == CHECKS, ended.said
    assert "FAIL" not in ended.said
    assert any(line.startswith("imported   ") and " of 200 rows" in line for line in lines)
    assert "marked     30 leads as they were assigned: 20 interested, 10 not" in lines


async def test_on_the_embedded_broker_every_sum_agrees_and_nothing_is_left(
    start: "Start", directory: Path
) -> None:
    # What would otherwise be chosen must not be.
    environment = {"TMPDIR": str(directory), "BROKER_URL": "amqp://nowhere.invalid/"}
    command = await start(MODULE, "--embedded-broker", environment=environment)
    ended = await command.end(within=110)
    assert_every_sum_agrees(ended)
    assert "broker     the embedded one, in Postgres (as asked)" in ended.said.splitlines()
    assert list(directory.iterdir()) == []


async def test_on_rabbitmq_every_sum_agrees_and_the_broker_is_named(
    start: "Start", directory: Path, rabbitmq_vhost: str
) -> None:
    environment = {"TMPDIR": str(directory), "BROKER_URL": rabbitmq_vhost}
    ended = await (await start(MODULE, environment=environment)).end(within=110)
    assert_every_sum_agrees(ended)
    parts = urlsplit(rabbitmq_vhost)
    named = f"broker     {parts.scheme}://{parts.hostname} (from BROKER_URL)"
    assert named in ended.said.splitlines()
    assert f":{parts.password}@" not in ended.said
    assert list(directory.iterdir()) == []


async def test_a_file_that_cannot_be_imported_is_told_of_in_one_line(
    start: "Start", directory: Path, tmp_path: Path
) -> None:
    file = tmp_path / "cities.csv"
    file.write_text("city,country\nLondon,England\n")
    command = await start(
        *(MODULE, "--embedded-broker", f"--file={file}"), environment={"TMPDIR": str(directory)}
    )
    ended = await command.end(within=110)
    assert ended.code == 1, ended.said
    last = ended.said.splitlines()[-1]
    assert last.startswith("FAIL       POST /v1/imports: ")
    assert "{" not in last
    assert "Traceback" not in ended.said
    assert list(directory.iterdir()) == []


NOTHING = "none of the 2 rows was imported: 2 cellphone_invalid, 1 email_missing"
HINT = "; if their phone numbers are national ones, name their region, as in REGION=US"


@pytest.mark.parametrize(
    ("region", "said"), [([], NOTHING + HINT), (["--region=DE"], NOTHING)], ids=["none", "DE"]
)
async def test_a_file_of_bad_rows_only_is_a_failure_that_says_why(
    start: "Start", directory: Path, tmp_path: Path, region: list[str], said: str
) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("name,family_name,email,cellphone\nAda,Byron,,12\nJean,Bar,j@example.com,12\n")
    command = await start(
        *(MODULE, "--embedded-broker", f"--file={file}", *region),
        environment={"TMPDIR": str(directory)},
    )
    ended = await command.end(within=110)
    assert ended.code == 1, ended.said
    assert ended.said.splitlines()[-1] == f"FAIL       {said}"
    assert "ok  " not in ended.said
    assert list(directory.iterdir()) == []


async def test_a_region_that_is_none_is_told_of_with_the_problem_s_errors(
    start: "Start", directory: Path
) -> None:
    command = await start(
        *(MODULE, "--embedded-broker", "--region=ZZ"), environment={"TMPDIR": str(directory)}
    )
    ended = await command.end(within=110)
    assert ended.code == 1, ended.said
    last = ended.said.splitlines()[-1]
    assert last.startswith("FAIL       POST /v1/imports: ")
    assert "query region: " in last
    assert "Traceback" not in ended.said


async def test_a_file_that_is_not_there_is_named_at_once(start: "Start", tmp_path: Path) -> None:
    ended = await (await start(MODULE, f"--file={tmp_path / 'none.csv'}")).end()
    assert ended.code == 2
    assert f"there is no file {tmp_path / 'none.csv'}" in ended.said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.fault
async def test_an_interrupted_demo_removes_what_it_started(
    start: "Start", directory: Path, tmp_path: Path, number: signal.Signals
) -> None:
    # Its import takes some seconds, and is not waited for: the demo is in its middle when it is
    # interrupted.
    file = tmp_path / "leads.csv"
    rows = (f"Given{n},Family{n},lead{n}@example.com,+1212{2_000_000 + n}" for n in range(200_000))
    file.write_text("name,family_name,email,cellphone\n" + "\n".join(rows))
    environment = {"TMPDIR": str(directory), "LEADWIRE_DRAIN_WITHIN_S": "0.5"}
    command = await start(MODULE, "--embedded-broker", f"--file={file}", environment=environment)
    await eventually(lambda: "added      3 lead managers" in command.said(), within=60)
    ended = await command.end(number)
    assert ended.code == 130, ended.said
    assert "Traceback" not in ended.said
    assert list(directory.iterdir()) == []
