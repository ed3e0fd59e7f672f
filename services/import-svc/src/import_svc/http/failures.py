"""Write the failures of an import as NDJSON or CSV."""

import csv
import io
from collections.abc import Sequence
from typing import Final

import orjson

from import_svc.domain.formulas import defused
from import_svc.domain.receipt import RowFailure

NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
OFFERED: Final = (NDJSON, CSV)

_FIELDS: Final = ("row", "name", "family_name", "email", "cellphone", "reason", "codes")


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
            _shown(failure.name),
            _shown(failure.family_name),
            _shown(failure.email),
            _shown(failure.cellphone),
            failure.reason,
            " ".join(failure.codes),
        )
        for failure in failures
    )
    return text.getvalue().encode()


def _shown(value: str | None) -> str:
    return "" if value is None else defused(value)
