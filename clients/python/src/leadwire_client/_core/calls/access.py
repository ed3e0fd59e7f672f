"""Calls about who asks."""

from leadwire_client._core.calls.making import get, write
from leadwire_client._core.wire import Call
from leadwire_client.access import Me, Token


def log_in(username: str, password: str) -> Call[Token]:
    """Exchange a password for a token."""
    body = {"username": username, "password": password}
    return write("POST", "/v1/auth/token", Token, body=body)


def me() -> Call[Me]:
    """Ask who asks."""
    return get("/v1/auth/me", Me)
