"""Why a row failed: stable codes for programs and sentences for people."""

from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Code(StrEnum):
    """What is wrong with a row. A row bears every code that applies to it."""

    NAME_MISSING = "name_missing"
    FAMILY_NAME_MISSING = "family_name_missing"
    NAME_INVALID = "name_invalid"
    EMAIL_MISSING = "email_missing"
    EMAIL_INVALID = "email_invalid"
    EMAIL_EXISTS = "email_exists"
    CELLPHONE_MISSING = "cellphone_missing"
    CELLPHONE_INVALID = "cellphone_invalid"
    CELLPHONE_EXISTS = "cellphone_exists"
    ROW_MALFORMED = "row_malformed"
    ROW_TOO_LARGE = "row_too_large"


SENTENCES: Final = MappingProxyType(
    {
        Code.NAME_MISSING: "name is not provided",
        Code.FAMILY_NAME_MISSING: "family name is not provided",
        Code.NAME_INVALID: "name or family name is not valid: "
        "at most 200 characters of text, without control characters",
        Code.EMAIL_MISSING: "email is not provided",
        Code.EMAIL_INVALID: "email is not valid",
        Code.EMAIL_EXISTS: "email already exists",
        Code.CELLPHONE_MISSING: "cellphone is not provided",
        Code.CELLPHONE_INVALID: "cellphone is not a valid phone number",
        Code.CELLPHONE_EXISTS: "cellphone already exists",
        Code.ROW_MALFORMED: "the row cannot be read",
        Code.ROW_TOO_LARGE: "the row is too large",
    }
)


def describe(codes: Iterable[Code]) -> str:
    """Say in one line what is wrong with a row."""
    return "; ".join(SENTENCES[code] for code in codes)
