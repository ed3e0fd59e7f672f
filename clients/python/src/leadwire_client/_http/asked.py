"""What both kinds of connection ask, and how they understand what goes wrong."""

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2

from leadwire_client._core.log_in import KeptToken
from leadwire_client._core.wire import Request
from leadwire_client.credentials import Credentials, LogIn
from leadwire_client.errors import TransportError
from leadwire_client.uploads import Upload

MOST_SILENCE: Final = 900.0
"""Seconds of silence on a stream that no server means: its longest heartbeat, three times."""

UNAUTHORIZED: Final = 401

_AGENT: Final = f"leadwire-client/{version('leadwire-client')}"
_HEADER: Final = re.compile(r"([!-~]([ -~]*[!-~])?)?")
_NOT_SENT: Final = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the server is, and who asks.

    Attributes:
        timeout: Seconds that a connection, or any piece of an answer, may take.
        ssl_context: Whom to trust; None for whom the system trusts.
    """

    base_url: str
    credentials: Credentials | None
    timeout: float
    ssl_context: ssl.SSLContext | None

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(
                f"{self.base_url!r} is no address of a server: give one like "
                "https://leads.example.com"
            )

    def options(self) -> dict[str, Any]:
        """Give what a connection is made with."""
        return {
            "base_url": self.base_url,
            "headers": {"User-Agent": _AGENT},
            "timeout": self.timeout,
            # Each stream holds a connection for as long as it is read: their number is the
            # caller's to choose.
            "limits": httpx2.Limits(max_connections=None, max_keepalive_connections=20),
            "verify": self.ssl_context if self.ssl_context is not None else True,
        }

    def asked(self, request: Request, body: object, proof: Mapping[str, str]) -> dict[str, Any]:
        """Give what a request is made of.

        Args:
            request: What is asked.
            body: What is sent.
            proof: The header that proves who asks.

        Raises:
            ValueError: Credentials, or what else goes by headers, cannot be sent.
        """
        return {
            "method": request.method,
            "url": request.path,
            "params": list(request.query) or None,
            "headers": _sendable({**request.headers, **proof, **_size(request.body)}),
            "content": body,
            "timeout": self._timeout(request.within),
        }

    def proof(self) -> Mapping[str, str]:
        """Give the header that proves who asks; credentials are asked for each time."""
        if self.credentials is None or isinstance(self.credentials, LogIn):
            return {}
        return dict([self.credentials.header()])

    def kept_token(self) -> KeptToken | None:
        """Give what keeps the token of one who logs in."""
        return KeptToken(self.credentials) if isinstance(self.credentials, LogIn) else None

    def _timeout(self, within: float | None) -> httpx2.Timeout:
        return httpx2.Timeout(self.timeout, read=self.timeout if within is None else within)


def _size(body: bytes | Upload | None) -> Mapping[str, str]:
    if isinstance(body, Upload) and body.size is not None:
        return {"Content-Length": str(body.size)}
    return {}


def _sendable(headers: Mapping[str, str]) -> Mapping[str, str]:
    # The library would tell the value, which may be a secret, and as an error of the network.
    for name, value in headers.items():
        if not _HEADER.fullmatch(value):
            raise ValueError(
                f"{name} cannot be sent: it may hold printable ASCII alone, in one line and "
                "without blanks around it"
            )
    return headers


def lowered(headers: httpx2.Headers) -> dict[str, str]:
    """Give headers by lower-case name."""
    return {name.lower(): value for name, value in headers.items()}


@contextmanager
def understood() -> Iterator[None]:
    """Turn the library's errors into ours.

    Raises:
        TransportError: There was no answer, or only a part of one.
        ValueError: What is asked makes no address that can be sent.
    """
    try:
        yield
    except httpx2.InvalidURL as error:
        raise ValueError(f"this cannot be asked: {error}") from error
    except httpx2.RequestError as error:
        told = f"{_place(error)}: {str(error) or type(error).__name__}"
        raise TransportError(told, sent=not isinstance(error, _NOT_SENT)) from error


def _place(error: httpx2.RequestError) -> str:
    # Without what a path or a query may tell of people, and without a password.
    url = error.request.url
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
