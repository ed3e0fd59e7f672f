"""What names are compared by.

It is stored beside what was given, not left to the database's `lower()`: that depends on the
collation, and would disagree on letters like É.
"""

import unicodedata
from typing import Final

PART: Final = 3
"""Longest part of a name in the index; shorter ones are in it too, for shorter searches."""

_UNDIVIDED: Final = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe"}
    | {"\N{LATIN SMALL LETTER DOTLESS I}": "i"}
)
"""Letters with strokes, and two in one, which Unicode does not take apart."""


def folded(name: str) -> str:
    """Give the form of a name that a search compares: no case, no accents, single blanks.

    >>> folded("Zoë  Ångström-ŁUKASIEWICZ")
    'zoe angstrom-lukasiewicz'
    """
    lower = unicodedata.normalize("NFKD", name).casefold()
    decomposed = unicodedata.normalize("NFKD", lower)
    letters = (character for character in decomposed if not unicodedata.combining(character))
    return " ".join("".join(letters).translate(_UNDIVIDED).split())


def parts_of(text: str) -> list[str]:
    """Give the parts of which a name has all that contains this text.

    >>> parts_of("angs")
    ['ang', 'ngs']
    >>> parts_of("a")
    ['a']
    """
    return sorted({text[at : at + PART] for at in range(max(1, len(text) - PART + 1))})
