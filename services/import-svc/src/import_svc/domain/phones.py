"""Which phone numbers are valid, and their E.164 form.

The rules are libphonenumber's, through its Rust port: the Python port takes ten times
as long, which is more than all the rest that is done for a row.
"""

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
