"""Who asks: by HTTP Basic, a token, an API key, or a password to log in with; or by nothing."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Basic:
    """User name and password."""

    username: str
    password: str = field(repr=False)

    def header(self) -> tuple[str, str]:
        """Give the header that proves it."""
        pair = b64encode(f"{self.username}:{self.password}".encode()).decode()
        return ("Authorization", f"Basic {pair}")


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token, or a function that gives one and is called for each request.

    A function is for tokens that expire: streams reconnect with what it gives then. It must
    not block for long, in an `AsyncClient` not at all.
    """

    token: str | Callable[[], str] = field(repr=False)

    def header(self) -> tuple[str, str]:
        """Give the header that proves it."""
        token = self.token if isinstance(self.token, str) else self.token()
        return ("Authorization", f"Bearer {token}")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of a program."""

    key: str = field(repr=False)

    def header(self) -> tuple[str, str]:
        """Give the header that proves it."""
        return ("X-API-Key", self.key)


@dataclass(frozen=True, slots=True)
class LogIn:
    """User name and password, to be exchanged for a token by the client.

    It asks for the token before its first request, and for the next one in time. A stream that
    ends with its token comes back with a new one. Where access is off, nothing is sent.
    """

    username: str
    password: str = field(repr=False)


Credentials: TypeAlias = Basic | Bearer | ApiKey | LogIn
