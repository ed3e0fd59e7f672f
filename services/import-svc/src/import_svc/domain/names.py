"""What may be a name or a family name."""

import re
from typing import Final

MAX_NAME_LENGTH: Final = 200

# Control characters, and lone surrogates, which no database and no JSON can hold.
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def clean_name(text: str) -> str | None:
    """Return the name without outer white space, or None if it is not valid.

    An empty name is returned as such: whether it may be missing is the caller's rule.
    """
    name = text.strip()
    # Nothing forbidden is printable, and `isprintable` is the faster look.
    if len(name) > MAX_NAME_LENGTH or not (name.isprintable() or not _FORBIDDEN.search(name)):
        return None
    return name
