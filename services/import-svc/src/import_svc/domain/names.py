"""What may be a name or a family name."""

import re
from collections.abc import Sequence
from typing import Final

MAX_NAME_LENGTH: Final = 200

_UNREADABLE: Final = "\ufffd"  # stands for a character that was lost before it came here

# Control characters, and lone surrogates, which no database and no JSON can hold.
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

# What nobody sees, as it comes with text that was copied: marks of direction, of byte order and
# of where a word may be broken. Not the joiners U+200C and U+200D, which names are spelt with.
_INVISIBLE: Final = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def clean_name(text: str) -> str | None:
    """Return the name without outer white space and invisible marks, or None if it is not valid.

    An empty name is returned as such: whether it may be missing is the caller's rule.
    """
    name = text.strip()
    # Nothing of both sets is printable, and `isprintable` is the faster look.
    if not name.isprintable():
        name = without_invisible(name).strip()
        if _FORBIDDEN.search(name):
            return None
    return None if len(name) > MAX_NAME_LENGTH or _UNREADABLE in name else name


def without_invisible(text: str) -> str:
    """Return text without the marks that nobody sees."""
    return _INVISIBLE.sub("", text)


def clean_names(values: Sequence[object]) -> list[str]:
    """Return of each value what `clean_name` does; empty if it is not valid, or no text."""
    texts = [value if isinstance(value, str) else "" for value in values]
    # One look at all of them together. Those that fail it are looked at one by one.
    together = "".join(texts)
    if (
        together.isprintable()
        and _UNREADABLE not in together
        and max(map(len, texts), default=0) <= MAX_NAME_LENGTH
    ):
        return [text.strip() for text in texts]
    return [clean_name(text) or "" for text in texts]
