"""Failures as a file that people open in a spreadsheet, with whatever a stranger sent."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from import_svc.domain.formulas import as_it_was
from import_svc.domain.reasons import Code
from import_svc.domain.receipt import RowFailure
from import_svc.http.failures import as_csv, csv_header

FIELDS = ("name", "family_name", "email", "cellphone")


def read_back(value: str | None) -> dict[str, str]:
    """Write a failure with a value in every field, and read it as a spreadsheet does."""
    failure = RowFailure(
        row=7,
        name=value,
        family_name=value,
        email=value,
        cellphone=value,
        reason="name is not provided",
        codes=(Code.NAME_MISSING, Code.EMAIL_INVALID),
    )
    text = (csv_header() + as_csv([failure])).decode()
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    return row


@pytest.mark.parametrize("begin", [*"=+-@\t\r\n", *"＝＋－＠", "  =", "\u00a0=", " \t"])  # noqa: RUF001
@pytest.mark.parametrize("rest", ["cmd|' /C calc'!A0", "1+1", 'HYPERLINK("//x"&A1,"a")', ""])
def test_no_field_begins_as_a_formula_does(begin: str, rest: str) -> None:
    row = read_back(begin + rest)
    assert {row[field] for field in FIELDS} == {f"'{begin}{rest}"}


@pytest.mark.parametrize("delimiter", [*";|\t\r\n"])
def test_no_cell_begins_as_a_formula_does_where_values_are_cut_at_another_delimiter(
    delimiter: str,
) -> None:
    given = delimiter.join(["Ada", "=1+1", " @x", "-1+1", "\uff1d2", "a=b", "+1 (212) 555", "-"])
    told = delimiter.join(
        ["Ada", "'=1+1", "' @x", "'-1+1", "'\uff1d2", "a=b", "+1 (212) 555", "'-"]
    )
    row = read_back(given)
    assert {row[field] for field in FIELDS} == {told}


@pytest.mark.parametrize(
    "value",
    [
        "+1 (212) 555 0100",
        "+14155552671",
        "-12.5",
        "Ada",
        "a=b",
        "'",
        "a\nb",
        "",
        "李",
        "030 1; +49 30 2",
    ],
)
def test_what_is_no_formula_stands_as_it_was(value: str) -> None:
    row = read_back(value)
    assert {row[field] for field in FIELDS} == {value}


@given(st.text("=+-@;|\t\n 1a.", max_size=12))
@example(" \n")
def test_a_file_of_failures_that_is_sent_again_says_what_was_sent_first(value: str) -> None:
    assert as_it_was(read_back(value)["email"]) == value


@pytest.mark.parametrize("value", ["O'Brien", "'", "d'=x", "'a'", "a;'b"])
def test_other_apostrophes_stand_as_they_were(value: str) -> None:
    assert as_it_was(value) == value


def test_a_value_that_was_not_given_or_is_erased_is_empty() -> None:
    row = read_back(None)
    assert row == {
        "row": "7",
        **dict.fromkeys(FIELDS, ""),
        "reason": "name is not provided",
        "codes": "name_missing email_invalid",
    }


@pytest.mark.parametrize("value", ["+1-2", "-1+1", "+A1", "-(1)*2", "+1,2", "-2/1"])
def test_a_sum_is_no_number(value: str) -> None:
    assert read_back(value)["name"] == f"'{value}"
