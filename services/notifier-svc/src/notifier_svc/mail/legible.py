"""Make what strangers typed fit to stand within a line of somebody else's text."""

import unicodedata
from typing import Final

from pydantic import JsonValue

from leadwire.contracts import Contact

_TURNS: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""Characters that turn the direction of what follows, also beyond the text that has them."""


def legible(text: str) -> str:
    """Return the text as one line, without control characters and those that turn it round."""
    return " ".join(
        "".join(
            " " if character.isspace() else character
            for character in text
            if character.isspace() or not _is_hidden(character)
        ).split()
    )


def legible_contact(contact: Contact) -> Contact:
    """Return the contact with all that was typed made legible."""
    return contact.model_copy(
        update={
            "name": legible(contact.name),
            "family_name": legible(contact.family_name),
            "email": legible(contact.email),
            "attributes": {
                legible(name): _legible_value(value) for name, value in contact.attributes.items()
            },
        }
    )


def _legible_value(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return legible(value)
        case list():
            return [_legible_value(each) for each in value]
        case dict():
            return {legible(name): _legible_value(each) for name, each in value.items()}
        case _:
            return value


def _is_hidden(character: str) -> bool:
    return character in _TURNS or unicodedata.category(character) in {"Cc", "Cs"}
