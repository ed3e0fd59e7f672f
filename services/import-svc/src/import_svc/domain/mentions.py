"""Find the people whom a row that cannot be read right names all the same.

Such a row keeps its values in the receipt: `mailto:ada@example.com`, two addresses in one
field, columns in the wrong order. Whoever is erased must be found there too, by an index. So
what looks like an email address or a phone number, anywhere in the row, is judged like a field.

A number that is not valid may be national, of a region that nobody named: it is kept by its digits
alone, by which it may be anybody's whose number is the same in his country. An erasure rather takes
the values of another's row along than leave those of its own person.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from import_svc.domain.emails import MAX_EMAIL_LENGTH, normalise_email
from import_svc.domain.names import without_invisible
from import_svc.domain.phones import national_number, parse_phone
from leadwire.emails import email_key

MAX_MENTIONS: Final = 1_000
"""Most keys of one row: more than fit into what is kept of it."""

LONGEST_MENTION: Final = 330
"""Longest text that is one email or phone number, in characters."""

# Letters of many scripts bear marks, which are no letters themselves; so do accented ones that come
# in two characters. No `/`, `=` and `?`, which local parts may have, but which stand before them in
# URLs.
_MARKS: Final = "".join(
    character
    for character in map(chr, range(0x300, 0x1F000))
    if unicodedata.category(character).startswith("M")
)
_LOCAL: Final = r"\w.!#$%&'*+^{|}~-"
_DOMAIN: Final = r"\w.-"
_EMAIL: Final = re.compile(rf"([{_LOCAL}]{{1,64}})\s{{0,3}}@\s{{0,3}}([{_DOMAIN}]{{1,253}})")
_EMAIL_WITH_MARKS: Final = re.compile(
    rf"([{_MARKS}{_LOCAL}]{{1,64}})\s{{0,3}}@\s{{0,3}}([{_MARKS}{_DOMAIN}]{{1,253}})"
)
# As they are written by machines of East Asia, and by programs that set type.
_LOOKALIKES: Final = str.maketrans(
    {
        "\uff20": "@",
        "\uff0e": ".",
        "\uff0b": "+",
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d", "-"),
    }
)
_PHONE: Final = re.compile(r"\+?\d[\d\s().\-]{5,30}\d")


def mentions(texts: Iterable[str], *, region: str | None) -> tuple[str, ...]:
    """Return what leads with these emails and cellphones are unique by, each once.

    Args:
        texts: All that is shown of the row.
        region: Region of national phone numbers; None if there is no default.
    """
    found = dict.fromkeys(key for text in texts for key in _keys(text, region))
    return tuple(found)[:MAX_MENTIONS]


def _keys(text: str, region: str | None) -> Iterator[str]:
    if not text.isascii():
        text = without_invisible(text).translate(_LOOKALIKES)
    if "@" in text:
        for match in (_EMAIL if text.isascii() else _EMAIL_WITH_MARKS).finditer(text):
            local, domain = match[1].strip(".'"), match[2].strip(".-")
            if len(local) + len(domain) < MAX_EMAIL_LENGTH:
                email = normalise_email(f"{local}@{domain}")
                if email:
                    yield email_key(email)
    # A slash stands between two numbers, or within one.
    for match in chain(_PHONE.finditer(text), _PHONE.finditer(text.replace("/", ""))):
        # Spreadsheets drop the plus sign.
        phone = parse_phone(match[0], region) or parse_phone("+" + match[0].lstrip("+"), None)
        yield phone[0] if phone else _by_digits(match[0])


def national_keys(cellphones: Iterable[str]) -> Iterator[str]:
    """Yield by which keys cellphones are found where they were written without their country.

    Args:
        cellphones: In E.164.
    """
    for cellphone in cellphones:
        yield _by_digits(national_number(cellphone))
        yield _by_digits(cellphone)


def _by_digits(text: str) -> str:
    """Return the key of a number of which only the digits count, but for zeros before it."""
    return f"#{int(''.join(filter(str.isdecimal, text)))}"
