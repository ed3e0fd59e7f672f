"""Values of CSV files that a spreadsheet would take for formulas, and what disarms them."""

import re
from typing import Final

# What makes a spreadsheet take a cell for a formula; the wide signs do where they are at home.
_SIGNS: Final = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_START: Final = re.compile(rf"\s*(?:[{_SIGNS}]|[\t\r\n])")
# A spreadsheet that is set to another delimiter than the comma begins a cell within a value, too.
_WITHIN: Final = re.compile(
    rf"(?<=[;|\t\r\n])(?= *[{_SIGNS}])(?! *[+-][0-9 ().]+(?:[;|\t\r\n]|\Z))"
)
_NUMBER: Final = re.compile(r"[+-][0-9 ().]+")
_ADDED: Final = re.compile(rf"(?:\A|(?<=[;|\t\r\n]))'(?={_START.pattern})")


def defused(value: str) -> str:
    """Return a value with an apostrophe before what would be a formula. A number is none."""
    begins_as_one = _START.match(value)
    within = _WITHIN.sub("'", value)
    return f"'{within}" if begins_as_one and not _NUMBER.fullmatch(value) else within


def as_it_was(value: str) -> str:
    """Return the value that `defused` was given: a file of failures is mended and sent again."""
    return _ADDED.sub("", value) if "'" in value else value
