"""Which phone numbers are valid, and their E.164 form.

The rules are libphonenumber's, through its Rust port: the Python port takes ten times
as long. Even so it would take half of the time of judging a row, so it is not asked of numbers
that are in E.164 form already and valid by how they begin, as most are. A test holds the
beginnings, which `tools/phone_prefixes.py` writes, to its verdicts.
"""

from importlib.resources import files
from typing import Final

# The library has no type information.
import rphonenumbers  # type: ignore[import-untyped]

MAX_PHONE_LENGTH: Final = 250

SUPPORTED_REGIONS: Final[frozenset[str]] = frozenset(rphonenumbers.SUPPORTED_REGIONS)

_parse = rphonenumbers.parse
_is_valid = rphonenumbers.is_valid_number
_format = rphonenumbers.format_number
_E164 = rphonenumbers.PhoneNumberFormat.E164


def known_region(name: str) -> str:
    """Return the name of a region, in any case, as it is known here.

    Raises:
        ValueError: National phone numbers of it are not understood.
    """
    region = name.upper()
    if region not in SUPPORTED_REGIONS:
        raise ValueError("Use a two-letter region, such as US")
    return region


Phone = tuple[str, str | None]
"""A valid number: in E.164, which a lead is unique by, and its extension (digits), if any."""


def parse_phone(text: str, region: str | None) -> Phone | None:
    """Return the number, or None if it is not valid.

    Args:
        text: The number as people write it.
        region: Two-letter region whose national numbers are understood; None if only
            international numbers (`+...`) are.
    """
    return (text, None) if is_plain(text) else ask(text, region)


def is_plain(text: str) -> bool:
    """Tell whether a number is valid and in E.164 form, as far as its beginning tells."""
    ends, beginnings = BEGINNINGS.get(len(text), _NONE)
    for end in ends:
        if text[:end] in beginnings:
            return text.isascii() and text[end:].isdigit()
    return False


def ask(text: str, region: str | None) -> Phone | None:
    """Do what `parse_phone` does, without a look at how the number begins."""
    if len(text) > MAX_PHONE_LENGTH:
        return None
    try:
        number = _parse(text, region)
        if not _is_valid(number):
            return None
        if number.italian_leading_zero:
            e164: str = _format(number, _E164)
        else:
            # What `format_number` would do, at a tenth of its time.
            e164 = f"+{number.country_code}{number.national_number}"
    except (rphonenumbers.NumberParseException, UnicodeError):
        # Lone surrogates cannot be encoded, and so are no number.
        return None
    return e164, number.extension or None


def national_number(e164: str) -> str:
    """Return a valid number without its country code, in digits."""
    return str(_parse(e164, None).national_number)


Beginnings = tuple[tuple[int, ...], frozenset[str]]
"""Lengths of beginnings, and the beginnings."""


def _read_beginnings() -> dict[int, Beginnings]:
    """Read the beginnings of valid numbers, by the length of the numbers."""
    found: dict[int, set[str]] = {}
    text = (files("import_svc.domain") / "phone_prefixes.txt").read_text(encoding="ascii")
    for code, digits, *ranges in map(str.split, text.splitlines()):
        for first, _, last in (each.partition("-") for each in ranges):
            numbers = range(int(first), int(last or first) + 1)
            found.setdefault(len("+" + code) + int(digits), set()).update(
                f"+{code}{number:0{len(first)}}" for number in numbers
            )
    return {
        length: (tuple(sorted(set(map(len, beginnings)))), frozenset(beginnings))
        for length, beginnings in found.items()
    }


_NONE: Final[Beginnings] = ((), frozenset())
BEGINNINGS: Final = _read_beginnings()
