"""By which text leads are sorted and found: alike for spellings that people take for the same.

The keys are made here and not by the database, whose ideas of letters differ with its locale
and change with its version, which would ruin the indexes.
"""

import unicodedata
from typing import Final

KEY_LENGTH: Final = 100
"""Characters of a key. What differs only beyond them is sorted by id, and not told apart."""


def text_key(text: str) -> str:
    """Give a text without case, accents and superfluous blanks, cut to `KEY_LENGTH`."""
    letters = (
        each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each)
    )
    return " ".join("".join(letters).casefold().split())[:KEY_LENGTH]
