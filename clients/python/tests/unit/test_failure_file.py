"""Rows that failed, as CSV that is opened in spreadsheets and imported again."""

import csv
from pathlib import Path

import pytest

from import_svc.domain import formulas
from leadwire_client import Failure
from leadwire_client.command import failure_file


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('=HYPERLINK("http://example.com")', '\'=HYPERLINK("http://example.com")'),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\uff1d1", "'\uff1d1"),
        (" -cmd", "' -cmd"),
        ("\t=1", "'\t'=1"),
        ("a;=1", "a;'=1"),
        ("+1 212 555 0101", "+1 212 555 0101"),
        ("-5;=1", "'-5;'=1"),
        ("a=b@example.com", "a=b@example.com"),
        ("O'Neill", "O'Neill"),
        ("", ""),
    ],
)
def test_what_a_spreadsheet_would_run_is_written_as_the_server_writes_it(
    value: str, written: str, tmp_path: Path
) -> None:
    path = tmp_path / "failures.csv"
    failure = Failure(
        row=1,
        name=value,
        family_name=None,
        email=None,
        cellphone=None,
        reason="email is not valid",
        codes=("email_invalid",),
    )
    failure_file.write(path, [failure])
    with path.open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert row["name"] == written == formulas.defused(value)
    assert formulas.as_it_was(written) == value, "as the import takes it"
