"""A row of an import on its way: as read, and as judged.

These are named tuples, not dataclasses, because an import makes two per row and
a named tuple costs a third.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from import_svc.domain.reasons import Code

MAX_ROW_BYTES: Final = 65_536
"""Longest row that is read at all, in bytes of the input (characters of a CSV file)."""

MAX_ATTRIBUTES_BYTES: Final = 49_152
"""Longest JSON of a row's extra columns; with it, every contact fits an event of 64 KiB."""

MAX_ATTRIBUTES_DEPTH: Final = 32
"""Deepest structure of a row's extra columns; parsers of other services have limits, too."""

NO_ATTRIBUTES: Final = "{}"


class RowDefect(NamedTuple):
    """Why a row could not be taken apart into fields."""

    code: Code
    reason: str


class RawRow(NamedTuple):
    """A row as found, not judged yet.

    The four fields hold whatever the input has there: text, None if the field is
    missing, or another JSON value.
    """

    name: object
    family_name: object
    email: object
    cellphone: object
    attributes: Mapping[str, object] | None = None
    defect: RowDefect | None = None


class JudgedRow(NamedTuple):
    """A row with everything that can be said about it without the other rows.

    Attributes:
        raw: The row as found.
        name: Cleaned name; empty if it is not valid.
        family_name: Cleaned family name; empty if it is not valid.
        email: Normalised address; empty if it is not valid.
        email_key: What the address is unique by; empty if it is not valid.
        cellphone: E.164; None if it is not valid or not given.
        attributes: JSON object of the extra columns.
        codes: What is wrong with the row; empty if it may be stored.
        reason: Sentence for the receipt where the first code alone would say too little.
        hint: What may help to mend it, beside what the codes say.
    """

    raw: RawRow
    name: str
    family_name: str
    email: str
    email_key: str
    cellphone: str | None
    attributes: str
    codes: tuple[Code, ...]
    reason: str | None = None
    hint: str | None = None


def defective(code: Code, reason: str) -> RawRow:
    """Make the row that stands for input that could not be taken apart."""
    return RawRow(None, None, None, None, None, RowDefect(code, reason))
