"""The file of rows that an import did not take: CSV, to be mended and imported again."""

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from leadwire_client.models import Failure

COLUMNS: Final = ("row", "name", "family_name", "email", "cellphone", "codes", "reason")

# What makes a spreadsheet take a cell for a formula, also after a delimiter within the value. The
# server writes its own file so, and takes these apostrophes back when the file is imported.
_SIGNS: Final = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_START: Final = re.compile(rf"\s*(?:[{_SIGNS}]|[\t\r\n])")
_WITHIN: Final = re.compile(
    rf"(?<=[;|\t\r\n])(?= *[{_SIGNS}])(?! *[+-][0-9 ().]+(?:[;|\t\r\n]|\Z))"
)
_NUMBER: Final = re.compile(r"[+-][0-9 ().]+")


def make_ready(path: Path, *, source: str) -> None:
    """Find out, before anything is imported, whether failures can be written there.

    Raises:
        OSError: They cannot.
        ValueError: They would be written over what is imported.
    """
    if source != "-" and path.exists() and path.samefile(source):
        raise ValueError(f"--failures {path} is the file to import: name another")
    with path.open("a"):
        pass


def write(path: Path, failures: Iterable[Failure]) -> None:
    """Write failures; values that a spreadsheet would take for formulas get an apostrophe.

    Raises:
        OSError: They cannot be written.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for each in failures:
            contact = (each.name, each.family_name, each.email, each.cellphone)
            shown = (None if value is None else defused(value) for value in contact)
            writer.writerow([each.row, *shown, " ".join(each.codes), each.reason])


def defused(value: str) -> str:
    """Give a value with an apostrophe before what would be a formula. A number is none."""
    begins_as_one = _START.match(value)
    within = _WITHIN.sub("'", value)
    return f"'{within}" if begins_as_one and not _NUMBER.fullmatch(value) else within
