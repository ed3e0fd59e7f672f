"""Judge the address of a database before anything is connected."""

from typing import Any
from urllib.parse import urlsplit

import asyncpg

# asyncpg reads an address only when it connects. This is its own reader, which has no public
# name; the version of asyncpg is pinned.
from asyncpg.connect_utils import _parse_connect_dsn_and_args  # type: ignore[attr-defined]

from leadwire.db.errors import DatabaseError

_SCHEMES = {"postgresql", "postgres"}
_LOOKS_LIKE = "it must look like postgresql://role:password@host:5432/database"


class DatabaseAddressError(DatabaseError, ValueError):
    """No Postgres can be reached by this address; the message does not quote it."""


def check_address(url: str) -> None:
    """Insist on a URL that asyncpg can connect by: host, port, and parameters like `sslmode`.

    Raises:
        DatabaseAddressError: It is none, or a file that it names cannot be read.
    """
    try:
        parts = urlsplit(url)
        hosts = parts.netloc.rpartition("@")[2]
        # Of several hosts, which asyncpg can try in turn, it looks at the ports itself.
        port_of_one = None if "," in hosts else parts.port
    except ValueError:
        raise DatabaseAddressError(_LOOKS_LIKE) from None
    if parts.scheme not in _SCHEMES:
        raise DatabaseAddressError("it must start with postgresql://")
    if parts.netloc.count("@") > 1:
        raise DatabaseAddressError("an @ in the role or in the password must be written as %40")
    if port_of_one == 0:
        raise DatabaseAddressError(_LOOKS_LIKE)
    _insist_on_readable(url)


def role_of(url: str) -> str:
    """Return the role that a connection by this URL is made with, also if it names none."""
    _, parameters = _read(url)
    return str(parameters.user)


def _read(url: str) -> Any:
    nothing = dict.fromkeys(
        (
            *("host", "port", "user", "password", "passfile", "database", "ssl", "service"),
            *("servicefile", "direct_tls", "server_settings", "target_session_attrs"),
            *("krbsrvname", "gsslib"),
        )
    )
    return _parse_connect_dsn_and_args(dsn=url, **nothing)


def _insist_on_readable(url: str) -> None:
    try:
        _read(url)
    except asyncpg.ClientConfigurationError as error:
        raise DatabaseAddressError(str(error).partition("\n")[0]) from None
    except OSError as error:
        reason = error.strerror or "it is no such file"
        raise DatabaseAddressError(
            f"the certificate or the key that it names cannot be read ({reason})"
        ) from None
    except ValueError:
        raise DatabaseAddressError(_LOOKS_LIKE) from None
