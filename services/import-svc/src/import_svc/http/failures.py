"""Write the failures of an import as NDJSON or CSV."""

import csv
import io
from collections.abc import Sequence
from typing import Final

import orjson

from import_svc.domain.receipt import RowFailure

NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"

_FIELDS: Final = ("row", "name", "family_name", "email", "cellphone", "reason", "codes")

# What makes a spreadsheet take a cell for a formula.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_MATCHES: Final = {
    "*/*": NDJSON, "application/*": NDJSON, NDJSON: NDJSON, "text/*": CSV, CSV: CSV,
}  # fmt: skip


class NotAcceptableError(Exception):
    """Neither NDJSON nor CSV is accepted."""

    code: Final = "not_acceptable"

    def __init__(self) -> None:
        super().__init__(f"Failures can be had as {NDJSON} or {CSV}; name one in Accept.")


def negotiate(accept: str | None) -> str:
    """Choose the media type by an `Accept` header; NDJSON if it leaves the choice.

    Raises:
        NotAcceptableError: It leaves none.
    """
    if not accept or not accept.strip():
        return NDJSON
    wanted = [_weighed(item) for item in accept.split(",")]
    for media_type, weight in sorted(wanted, key=lambda each: -each[1]):
        if weight > 0 and media_type in _MATCHES:
            return _MATCHES[media_type]
    raise NotAcceptableError


def as_ndjson(failures: Sequence[RowFailure]) -> bytes:
    """Write failures, one JSON object a line."""
    return b"".join(orjson.dumps(failure) + b"\n" for failure in failures)


def csv_header() -> bytes:
    """Write the header line of the CSV."""
    return ",".join(_FIELDS).encode() + b"\r\n"


def as_csv(failures: Sequence[RowFailure]) -> bytes:
    """Write failures as CSV lines; codes are separated by spaces.

    Values come from whoever sent the import, and this file is opened in spreadsheets: what
    would be a formula there gets an apostrophe before it.
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
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA_STARTS) else value


def _weighed(item: str) -> tuple[str, float]:
    media_type, *parameters = (part.strip().lower() for part in item.split(";"))
    weight = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                weight = float(parameter[2:])
            except ValueError:
                weight = 0.0
    return media_type, weight
