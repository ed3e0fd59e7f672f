"""Read the header of a CSV file: its delimiter, and which column is what."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from import_svc.decoding.columns import FIELDS, NO_MAP, Columns, recognise
from import_svc.decoding.errors import UnreadableInputError
from import_svc.domain.rows import MAX_ROW_BYTES

DELIMITERS: Final = (",", ";", "\t", "|")

_MAX_HEADERS_SHOWN: Final = 100
_MAX_HEADER_LENGTH_SHOWN: Final = 100

# An email, or a number of seven digits or more, written as phones may be.
_OF_A_PERSON: Final = re.compile(r"@|\d(?:[\s().\-/]{0,3}\d){6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a header line says.

    Attributes:
        lines: How many lines it takes.
        delimiter: What separates the columns.
        width: Number of columns.
        columns: Which column is what.
    """

    lines: int
    delimiter: str
    width: int
    columns: Columns


def without_what_is_passed_over(lines: list[str]) -> list[str]:
    """Return the lines from the header on: without blank ones and spreadsheets' `sep=`."""
    begin = next((n for n, line in enumerate(lines) if not _passed_over(line)), len(lines))
    return lines[begin:]


def read_header(
    lines: Sequence[str], *, final: bool, mapped: Mapping[str, str] = NO_MAP
) -> Header | None:
    """Read the header, which begins with the first line; None if it is not complete yet.

    The delimiter is the one that makes the most fields recognisable, then the one that
    makes the most columns.

    Args:
        lines: The first lines.
        final: Whether there are no more.
        mapped: Header by field, where the sender said so.

    Raises:
        UnreadableInputError: A field has no column, or the header is too long.
    """
    if not lines:
        return None
    found = [header for d in DELIMITERS if (header := _try(lines, d, mapped)) is not None]
    size = sum(map(len, lines))
    if not found and not final and size <= MAX_ROW_BYTES:
        return None
    best = max(found, key=_quality, default=None)
    if best is None or sum(map(len, lines[: best.lines])) > MAX_ROW_BYTES:
        raise _refused(
            f"the header line has a quote that is not closed, or more than {MAX_ROW_BYTES} "
            "characters"
        )
    if best.columns.missing:
        raise _not_recognised(best, lines, mapped)
    return best


def _passed_over(line: str) -> bool:
    text = line.strip()
    return not text or (text.lower().startswith("sep=") and len(text) <= len("sep=;"))


def _try(lines: Sequence[str], delimiter: str, mapped: Mapping[str, str]) -> Header | None:
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
    try:
        headers = next(reader)
    except csv.Error:
        return None
    return Header(
        lines=reader.line_num,
        delimiter=delimiter,
        width=len(headers),
        columns=recognise(headers, mapped),
    )


def _quality(header: Header) -> tuple[int, int]:
    return len(FIELDS) - len(header.columns.missing), header.width


def _not_recognised(
    header: Header, lines: Sequence[str], mapped: Mapping[str, str]
) -> UnreadableInputError:
    headers = next(csv.reader(lines, delimiter=header.delimiter))
    missing = header.columns.missing
    if any(map(_OF_A_PERSON.search, headers)):
        # A receipt keeps the headers, and nothing would find a person there who is to be erased.
        return _refused(
            "the first line has an email or a phone number, so it seems to be a lead: put the "
            "names of the columns before it, for example: name, family_name, email, cellphone",
            fields_missing=missing,
        )
    absent = [_shown(mapped[field]) for field in missing if field in mapped]
    return _refused(
        "".join(f"there is no column `{name}`, which map names; " for name in absent)
        + f"no column was recognised for {', '.join(missing)}; "
        "name the columns, for example: name, family_name, email, cellphone; or say which "
        "column is what, for example map=cellphone:Phone 1",
        headers_found=[_shown(header) for header in headers[:_MAX_HEADERS_SHOWN]],
        fields_missing=missing,
    )


def _refused(detail: str, **extra: Sequence[str]) -> UnreadableInputError:
    return UnreadableInputError(code="columns_not_recognised", detail=detail, extra=extra)


def _shown(header: str) -> str:
    return header.strip()[:_MAX_HEADER_LENGTH_SHOWN]
