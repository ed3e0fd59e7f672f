"""Find the people whom a row that cannot be read right names all the same.

Such a row keeps its values in the receipt: `mailto:ada@example.com`, two addresses in one
field, columns in the wrong order. Whoever is erased must be found there too, by an index. So
what looks like an email address or a phone number, anywhere in the row, is judged like a field.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from import_svc.domain.emails import MAX_EMAIL_LENGTH, email_key, normalise_email
from import_svc.domain.phones import parse_phone

MAX_MENTIONS: Final = 50
"""Most keys of one row."""

# No `/`, `=` and `?`, which local parts may have, but which stand before them in URLs.
_EMAIL: Final = re.compile(r"([\w.!#$%&'*+^{|}~-]{1,64})\s{0,3}@\s{0,3}([\w.-]{1,253})")
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
    if "@" in text:
        for match in _EMAIL.finditer(text):
            local, domain = match[1].strip(".'"), match[2].strip(".-")
            if len(local) + len(domain) < MAX_EMAIL_LENGTH:
                email = normalise_email(f"{local}@{domain}")
                if email:
                    yield email_key(email)
    for match in _PHONE.finditer(text):
        # Spreadsheets drop the plus sign.
        phone = parse_phone(match[0], region) or parse_phone("+" + match[0].lstrip("+"), None)
        if phone:
            yield phone[0]
