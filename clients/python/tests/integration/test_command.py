"""`leadwire`, as it is run: what it prints, and how it ends."""

import asyncio
import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from command_line import ENDED_WITHIN, begun, leadwire

from leadwire.testing import eventually
from leadwire_client.command.bar import Bar, line_of
from leadwire_client.testing import FakeLeadwire

CSV = """\
First Name,Last Name,Email,Phone
Ada,Lovelace,ada@example.com,1
Grace,,grace@example.com,2
"""


@pytest.fixture
def leads_csv(tmp_path: Path) -> str:
    path = tmp_path / "leads.csv"
    path.write_text(CSV)
    return str(path)


@pytest.mark.parametrize("background", [[], ["--background"]])
def test_an_import_says_what_became_of_every_row(
    fake: FakeLeadwire, leads_csv: str, tmp_path: Path, background: list[str]
) -> None:
    failures = tmp_path / "failures.csv"
    done = leadwire(fake, "import", leads_csv, "--failures", str(failures), *background)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("1 of 2 rows imported, 1 failed (import ")
    [row] = csv.DictReader(failures.read_text().splitlines())
    assert (row["row"], row["name"], row["codes"]) == ("2", "Grace", "family_name_missing")
    assert [each.name for each in fake.leads] == ["Ada"]


def test_failures_that_cannot_be_written_are_found_before_anything_is_imported(
    fake: FakeLeadwire, leads_csv: str, tmp_path: Path
) -> None:
    nowhere = leadwire(fake, "import", leads_csv, "--failures", str(tmp_path / "no" / "where.csv"))
    assert (nowhere.returncode, "where.csv" in nowhere.stderr) == (2, True)
    (tmp_path / "link.csv").symlink_to(leads_csv)
    for over in (leads_csv, str(tmp_path / "link.csv")):
        itself = leadwire(fake, "import", leads_csv, "--failures", over)
        assert (itself.returncode, "name another" in itself.stderr) == (2, True)
    assert Path(leads_csv).read_text() == CSV
    assert fake.requests == []


def test_a_receipt_is_shown_also_where_failures_cannot_be_written_any_more(
    fake: FakeLeadwire, leads_csv: str
) -> None:
    done = leadwire(fake, "import", leads_csv, "--failures", "/dev/full")
    assert done.stdout.startswith("1 of 2 rows imported, 1 failed (import ")
    assert (done.returncode, "No space left" in done.stderr) == (2, True)


def test_an_import_of_good_rows_ends_with_nothing(fake: FakeLeadwire) -> None:
    rows = '{"name": "Ada", "family_name": "L", "email": "a@example.com", "cellphone": "1"}\n'
    done = leadwire(fake, "import", "-", "--type", "ndjson", "--json", stdin=rows)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["received"], told["imported"], told["failed"]) == (1, 1, 0)


def test_failures_are_shown_where_they_are_written_nowhere(
    fake: FakeLeadwire, leads_csv: str
) -> None:
    done = leadwire(fake, "import", leads_csv, "--dry-run")
    assert done.returncode == 1
    assert "1 of 2 rows would be imported" in done.stdout
    assert "  row 2: family_name_missing" in done.stdout
    assert fake.leads == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["import", "missing.csv"], "missing.csv"),
        (["import", "-"], "--type"),
        (["import", "leads.xlsx"], "give its type"),
        (["tail", "--url", "leads.example.com"], "'leads.example.com' is no address"),
        (["import", "-", "--type", "csv", "--map", "name"], "FIELD:COLUMN"),
        (["import", "-", "--type", "xlsx"], "invalid choice"),
        (["tail", "--assigned", "--waiting"], "not allowed with"),
        ([], "required: COMMAND"),
    ],
)
def test_wrong_arguments_end_with_two_and_say_why(
    fake: FakeLeadwire, arguments: list[str], told: str
) -> None:
    done = leadwire(fake, *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert fake.requests == []


def test_a_refusal_ends_with_three_and_says_which(fake: FakeLeadwire, leads_csv: str) -> None:
    fake.refuse_next(401, "unauthorized")
    done = leadwire(fake, "import", leads_csv)
    assert done.returncode == 3
    refused, *advice = done.stderr.splitlines()
    assert refused == "leadwire: 401 unauthorized: The fake says unauthorized."
    assert "LEADWIRE_TOKEN" in "".join(advice)


@pytest.mark.parametrize("command", [["tail"], ["import"]])
def test_a_server_that_is_not_there_ends_with_four(
    nowhere: str, command: list[str], leads_csv: str
) -> None:
    files = [leads_csv] if command == ["import"] else []
    done = leadwire(nowhere, *command, *files, "--patience", "0.1")
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert f"leadwire: {nowhere}: " in done.stderr, "it says where it looked"


def test_an_address_with_a_password_is_told_without_it(nowhere: str) -> None:
    url = nowhere.replace("http://", "http://ada:secret@")
    done = leadwire(url, "tail", "--patience", "0.1")
    assert (done.returncode, "secret" in done.stderr) == (4, False)


@pytest.mark.parametrize("command", [["leads"], ["tail"], ["managers", "list"]])
def test_another_server_at_the_address_is_told_from_a_leadwire(command: list[str]) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        done = leadwire(f"http://127.0.0.1:{other.server_port}", *command, "--patience", "0.1")
        other.shutdown()
    assert done.returncode == 3
    assert "leadwire: 501 http_error" in done.stderr
    assert "`leadwire doctor`" in done.stderr


def test_a_refusal_of_a_leadwire_is_not_taken_for_another_server(fake: FakeLeadwire) -> None:
    fake.refuse_next(403, "forbidden")
    assert "doctor" not in leadwire(fake, "leads").stderr


def test_it_says_its_version(fake: FakeLeadwire) -> None:
    done = leadwire(fake, "--version")
    assert (done.returncode, done.stdout) == (0, f"leadwire {version('leadwire-client')}\n")


def test_secrets_come_from_the_environment(fake: FakeLeadwire) -> None:
    assert leadwire(fake, "tail", LEADWIRE_API_KEY="secret").returncode == 0
    assert fake.requests[-1].headers["x-api-key"] == "secret"
    assert leadwire(fake, "tail", LEADWIRE_TOKEN="token").returncode == 0
    assert fake.requests[-1].headers["authorization"] == "Bearer token"
    several = leadwire(fake, "tail", LEADWIRE_TOKEN="token", LEADWIRE_API_KEY="secret")
    assert several.returncode == 2
    half = leadwire(fake, "tail", LEADWIRE_USER="ada")
    assert (half.returncode, "go together" in half.stderr) == (2, True)


@pytest.mark.parametrize("name", ["LEADWIRE_TOKEN", "LEADWIRE_API_KEY"])
@pytest.mark.parametrize("secret", ["two\nlines", "schl\u00fcssel", "blank "])
def test_a_secret_that_cannot_be_sent_is_not_told(
    fake: FakeLeadwire, name: str, secret: str
) -> None:
    done = leadwire(fake, "leads", **{name: secret})
    assert (done.returncode, fake.requests) == (2, [])
    assert "cannot be sent: it may hold printable ASCII" in done.stderr
    assert secret not in done.stderr
    assert repr(secret)[1:-1] not in done.stderr


@pytest.mark.parametrize("command", ["leads", "tail"])
def test_more_ids_than_an_address_can_hold_are_refused(fake: FakeLeadwire, command: str) -> None:
    ids = ",".join(["01a21515-6ddb-712a-92e7-0c787402016d"] * 2000)
    done = leadwire(fake, command, "--manager-id", ids)
    assert (done.returncode, fake.requests) == (2, [])
    assert done.stderr == "leadwire: this cannot be asked: URL component 'query' too long\n"


def test_tail_shows_what_is_there(fake: FakeLeadwire) -> None:
    fake.add_manager("Grace")
    fake.add_lead(name="Ada\x1b[31m", family_name="Lovelace\n", email="ada@example.com")
    fake.add_lead(name="Barbara", family_name="Moore", email="barbara@example.com")
    done = leadwire(fake, "tail", "--status", "pending,reached_out")
    assert done.returncode == 0
    first, second = done.stdout.splitlines()
    assert first.startswith("= ")
    assert "Grace" in first
    assert "Ada\ufffd[31m Lovelace\ufffd" in first, "a name cannot command the terminal"
    assert "Barbara Moore" in second
    assert len(leadwire(fake, "tail", "--waiting").stdout.splitlines()) == 1
    told = json.loads(leadwire(fake, "tail", "--assigned", "--json").stdout)
    assert (told["type"], told["why"], told["lead"]["family_name"]) == (
        "put",
        "snapshot",
        "Lovelace\n",
    )


def test_tail_goes_on_at_its_checkpoint(fake: FakeLeadwire, tmp_path: Path) -> None:
    checkpoint = ["--checkpoint", str(tmp_path / "cursor")]
    lead = fake.add_lead(name="Ada", family_name="L", email="ada@example.com")
    assert leadwire(fake, "tail", *checkpoint).stdout.startswith("= ")
    assert leadwire(fake, "tail", *checkpoint).stdout == ""
    fake.erase_lead(lead.id)
    assert leadwire(fake, "tail", *checkpoint).stdout == f"- {lead.id}  erased\n"
    fake.expire_cursors()
    assert "! starts over: cursor_expired" in leadwire(fake, "tail", *checkpoint).stdout


def test_a_checkpoint_that_cannot_be_written_is_not_called_a_refusal_of_the_server(
    fake: FakeLeadwire, tmp_path: Path
) -> None:
    done = leadwire(fake, "tail", "--checkpoint", str(tmp_path / "missing" / "cursor"))
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True)


@pytest.fixture
def restless() -> Iterator[FakeLeadwire]:
    """One whose streams are never silent for long.

    A signal that comes just before a process waits is seen only when that wait has ended.
    """
    with FakeLeadwire(heartbeat=1) as started:
        yield started


async def test_tail_follows_until_it_is_interrupted(restless: FakeLeadwire, tmp_path: Path) -> None:
    printed = tmp_path / "printed"
    with printed.open("wb") as output:
        process = await begun(
            *(restless.url, "tail", "--follow", "--status", "pending"),
            stdout=output,
            stderr=asyncio.subprocess.PIPE,
        )
    try:
        lead = restless.add_lead(name="Ada", family_name="L", email="ada@example.com")
        await eventually(lambda: str(lead.id) in printed.read_text(), within=30)
        restless.cut_streams()
        restless.mark_lead(lead.id, "interested")
        await eventually(lambda: f"- {lead.id}  left" in printed.read_text(), within=30)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(30):
            _, errors = await process.communicate()
        assert process.returncode == 130
        assert b"Traceback" not in errors
    finally:
        if process.returncode is None:
            process.kill()


def test_a_reader_that_has_enough_is_no_error(fake: FakeLeadwire) -> None:
    for number in range(3000):
        fake.add_lead(name="N" * 50, family_name="F", email=f"lead{number}@example.com")
    command = f"{sys.executable} -m leadwire_client.command tail --json | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        env={"LEADWIRE_URL": fake.url, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=ENDED_WITHIN,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["type"] == "put"


@pytest.mark.parametrize("leads", [0, 1])
def test_a_reader_that_is_gone_before_anything_is_written_is_no_error(
    fake: FakeLeadwire, leads: int
) -> None:
    for number in range(leads):
        fake.add_lead(name="Ada", family_name="L", email=f"ada{number}@example.com")
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "leadwire_client.command", "leads"],
            env={"LEADWIRE_URL": fake.url},
            stdout=writer,
            stderr=subprocess.PIPE,
            timeout=ENDED_WITHIN,
            check=False,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_name_that_the_terminal_cannot_write_is_escaped(fake: FakeLeadwire) -> None:
    fake.add_lead(name="Дана", family_name="L", email="ada@example.com")
    done = leadwire(fake, "tail", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u0414" in done.stdout


def test_a_refusal_cannot_command_the_terminal(fake: FakeLeadwire) -> None:
    fake.refuse_next(400, "\x1b[31m")
    done = leadwire(fake, "tail")
    assert done.returncode == 3
    assert "\x1b" not in done.stderr


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_is_drawn_on_terminals_alone() -> None:
    for output, expected in ((io.StringIO(), ""), (Terminal(), "100% of 2.0 kB\n")):
        with Bar(output, "sending") as bar:
            bar.update(1000, 2000)
            bar.update(2000, 2000)
        assert output.getvalue().endswith(expected)
    quiet: Any = Terminal()
    with Bar(quiet, "sending", quiet=True) as bar:
        bar.update(2000, 2000)
    assert quiet.getvalue() == ""


def test_a_bar_says_how_far_it_is() -> None:
    assert line_of("sending", 500, 1000) == f"sending [{'#' * 15}{'-' * 15}]  50% of 1.0 kB"
    assert line_of("sending", 1_500_000, None) == "sending 1.5 MB"
    assert "2 failed" in line_of("importing", 2_000, 1_000, "3 imported, 2 failed")
