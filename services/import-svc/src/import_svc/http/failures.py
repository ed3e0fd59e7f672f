"""Write the failures of an import as NDJSON or CSV."""

import csv
import io
import re
from collections.abc import Sequence
from typing import Final

import orjson

from import_svc.domain.receipt import RowFailure

NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
OFFERED: Final = (NDJSON, CSV)

_FIELDS: Final = ("row", "name", "family_name", "email", "cellphone", "reason", "codes")

# What makes a spreadsheet take a cell for a formula; the wide signs do where they are at home.
_SIGNS: Final = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_FORMULA_START: Final = re.compile(rf"\s*(?:[{_SIGNS}]|[\t\r\n])")
# A spreadsheet that is set to another delimiter than the comma begins a cell within a value, too.
_FORMULA_WITHIN: Final = re.compile(
    rf"(?<=[;|\t\r\n])(?= *[{_SIGNS}])(?! *[+-][0-9 ().]+(?:[;|\t\r\n]|\Z))"
)
_NUMBER: Final = re.compile(r"[+-][0-9 ().]+")


def as_ndjson(failures: Sequence[RowFailure]) -> bytes:
    """Write failures, one JSON object a line."""
    return b"".join(orjson.dumps(failure) + b"\n" for failure in failures)


def csv_header() -> bytes:
    """Write the header line of the CSV."""
    return ",".join(_FIELDS).encode() + b"\r\n"


def as_csv(failures: Sequence[RowFailure]) -> bytes:
    """Write failures as CSV lines; codes are separated by spaces.

    Values come from whoever sent the import, and this file is opened in spreadsheets: what
    would be a formula there gets an apostrophe before it. A number is none.
    """
    text = io.StringIO()
    csv.writer(text).writerows(
        (
            failure.row,
            _defused(failure.name),
            _defused(failure.family_name),
            _defused(failure.email),
            _defused(failure.cellphone),
            failure.reason,
            " ".join(failure.codes),
        )
        for failure in failures
    )
    return text.getvalue().encode()


def _defused(value: str | None) -> str:
    if value is None:
        return ""
    begins_as_one = _FORMULA_START.match(value)
    defused = _FORMULA_WITHIN.sub("'", value)
    return f"'{defused}" if begins_as_one and not _NUMBER.fullmatch(value) else defused
