"""Credentials as they stand in the headers of a request."""

import binascii
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from leadwire.access.errors import UnauthorizedError

MOST_CHARACTERS: Final = 4_096
"""Longest credentials that are looked at."""


@dataclass(frozen=True, slots=True)
class Password:
    """A user's name and password, as HTTP Basic brings them."""

    name: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bearer:
    """A signed token."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program's key."""

    key: str = field(repr=False)


Credentials: TypeAlias = Password | Bearer | ApiKey


def credentials_from(*, authorization: Sequence[str], api_key: Sequence[str]) -> Credentials | None:
    """Read the headers `Authorization` and `X-API-Key`, as often as each was sent.

    Returns:
        None if there is neither.

    Raises:
        UnauthorizedError: They cannot be read, or there are several.
    """
    given = [*authorization, *api_key]
    if not given:
        return None
    if len(given) > 1:
        raise UnauthorizedError("send one Authorization or one X-API-Key header, not several")
    if len(given[0]) > MOST_CHARACTERS:
        raise UnauthorizedError(f"credentials have at most {MOST_CHARACTERS} characters")
    return ApiKey(api_key[0].strip()) if api_key else _authorization(authorization[0])


def _authorization(header: str) -> Credentials:
    scheme, _, value = header.strip().partition(" ")
    match scheme.lower():
        case "basic":
            return _basic(value.strip())
        case "bearer":
            return Bearer(value.strip())
    raise UnauthorizedError("Authorization takes Basic or Bearer; an API key goes into X-API-Key")


def _basic(value: str) -> Password:
    try:
        name, colon, password = b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        colon = ""
    if not colon:
        raise UnauthorizedError("after Basic comes name:password, in UTF-8 and then in base64")
    return Password(name, password)
