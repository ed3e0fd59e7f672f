"""Why there was no answer, in words of ours: an error's own may quote what was sent."""

from errno import errorcode
from typing import Final

import aiohttp

from notifier_svc.endpoints.sockets import ForbiddenAddressError

_REASONS: Final = (
    (ForbiddenAddressError, "the host's address is not allowed"),
    (aiohttp.ConnectionTimeoutError, "no connection in time"),
    (TimeoutError, "no answer in time"),
    (aiohttp.ClientConnectorDNSError, "the host's name does not resolve"),
    (aiohttp.ClientConnectorCertificateError, "the host's certificate is not valid"),
    (aiohttp.ClientSSLError, "no agreement on TLS"),
    (aiohttp.ClientConnectorError, "no connection"),
    (aiohttp.ClientResponseError, "the answer is not HTTP"),
    (aiohttp.InvalidURL, "the URL cannot be used"),
    (aiohttp.ClientConnectionError, "the connection was cut before an answer"),
    (OSError, "the connection was cut before an answer"),
)
"""The first that fits."""


def reason_of(error: Exception) -> str:
    """Say why a request failed."""
    told = _told_by(error)
    reason = next((text for kind, text in _REASONS if isinstance(told, kind)), None)
    if reason is None:
        return f"not sent: {type(error).__name__}"
    number = (told.errno if isinstance(told, aiohttp.ClientConnectorError) else None) or 0
    return f"{reason}: {errorcode[number]}" if number in errorcode else reason


def _told_by(error: Exception) -> Exception:
    """Return the error that says more, where one wraps another."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(
        error.os_error, ForbiddenAddressError
    ):
        return error.os_error
    return error
