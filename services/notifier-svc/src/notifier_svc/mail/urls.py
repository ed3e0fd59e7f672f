"""Read the URL that names a transport, and refuse what nobody would obey."""

import ssl
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from notifier_svc.mail.errors import EmailConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceUrl:
    """The parts of a URL like `smtp://user:password@host:587?starttls=required`.

    Attributes:
        user: What stands before the host, decoded.
        password: The same, after the colon.
        options: What stands after the question mark.
    """

    scheme: str
    user: str | None
    password: str | None
    host: str | None
    port: int | None
    options: dict[str, str]

    @classmethod
    def parse(cls, url: str, *, options: Collection[str]) -> Self:
        """Read a URL; its parts are never quoted by an error, as it bears secrets.

        Args:
            url: The URL.
            options: Names that may stand after the question mark.

        Raises:
            EmailConfigurationError: It is malformed, or has a path or an unknown option.
        """
        try:
            parts = urlsplit(url)
            port, given = parts.port, dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        except ValueError:
            raise EmailConfigurationError(
                "it is malformed; what is special in a user or password is written as %40 for @"
            ) from None
        if parts.path not in {"", "/"} or parts.fragment:
            raise EmailConfigurationError("after the host only ?option=value may follow")
        if not given.keys() <= set(options):
            raise EmailConfigurationError(f"its options may be {', '.join(sorted(options))}")
        return cls(
            scheme=parts.scheme,
            user=_decoded(parts.username),
            password=_decoded(parts.password),
            host=parts.hostname,
            port=port,
            options=given,
        )


def _decoded(part: str | None) -> str | None:
    return None if not part else unquote(part)


def read_secret(path: str) -> str:
    """Return the secret that a file holds, without white space around it.

    Raises:
        EmailConfigurationError: It cannot be read, or is empty.
    """
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise EmailConfigurationError(
            f"the file of its secret cannot be read: {type(error).__name__}"
        ) from None
    if not secret:
        raise EmailConfigurationError("the file of its secret is empty")
    return secret


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return what verifies certificates and the names in them.

    Raises:
        EmailConfigurationError: The file is no certificate.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ValueError) as error:  # an SSLError is an OSError
            raise EmailConfigurationError(
                f"the file of authorities cannot be read as PEM: {type(error).__name__}"
            ) from None
    return context
