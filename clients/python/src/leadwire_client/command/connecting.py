"""Where the server is, and who asks: arguments, and the environment for secrets."""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from leadwire_client.client import Client
from leadwire_client.credentials import ApiKey, Basic, Bearer, Credentials

DEFAULT_URL: Final = "http://127.0.0.1:8080"

CONNECTION: Final = """\
environment:
  LEADWIRE_URL                          where the server is, if --url does not say
  LEADWIRE_USER and LEADWIRE_PASSWORD   HTTP Basic
  LEADWIRE_TOKEN                        a bearer token
  LEADWIRE_API_KEY                      an API key
Secrets are taken from the environment or from files, since everybody on the machine can read a
command line. What --user and --...-file say comes before the environment.
"""


HOW_TO_SAY_WHO: Final = (
    "say who you are: LEADWIRE_USER and LEADWIRE_PASSWORD, LEADWIRE_TOKEN, or LEADWIRE_API_KEY; "
    "`leadwire login` gives a token"
)


def add_connection(parser: argparse.ArgumentParser) -> None:
    """Add what every command takes."""
    parser.add_argument("--url", help=f"of the server; LEADWIRE_URL, or else {DEFAULT_URL}")
    parser.add_argument("--user", help="name for HTTP Basic; LEADWIRE_USER")
    for name in ("password", "token", "api-key"):
        parser.add_argument(
            f"--{name}-file", type=Path, metavar="FILE", help=f"holds the {name.replace('-', ' ')}"
        )
    parser.add_argument(
        "--patience",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="for which a server that cannot be reached is tried again (default: 30)",
    )


def client_of(given: argparse.Namespace) -> Client:
    """Make the client that the arguments and the environment say."""
    return Client(url_of(given), credentials=credentials_given(given), patience=given.patience)


def url_of(given: argparse.Namespace) -> str:
    """Give where the server is."""
    return given.url or os.environ.get("LEADWIRE_URL") or DEFAULT_URL


def credentials_given(given: argparse.Namespace) -> Credentials | None:
    """Give the credentials that arguments, or else the environment, say.

    Raises:
        OSError: A file cannot be read.
        ValueError: There are several, or a half.
    """
    named = {
        "LEADWIRE_USER": given.user,
        "LEADWIRE_PASSWORD": _secret(given.password_file),
        "LEADWIRE_TOKEN": _secret(given.token_file),
        "LEADWIRE_API_KEY": _secret(given.api_key_file),
    }
    said = {name: value for name, value in named.items() if value is not None}
    basic = {"LEADWIRE_USER", "LEADWIRE_PASSWORD"}
    if not said or said.keys() < basic:
        return credentials_of({**os.environ, **said})
    return credentials_of(said)


def _secret(path: Path | None) -> str | None:
    if path is None:
        return None
    secret = path.read_text(encoding="utf-8").rstrip("\r\n")
    if not secret:
        raise ValueError(f"{path} is empty")
    return secret


def credentials_of(environment: Mapping[str, str]) -> Credentials | None:
    """Give the credentials that an environment holds.

    Raises:
        ValueError: There are several, or a half.
    """
    found: list[Credentials] = []
    user, password = environment.get("LEADWIRE_USER"), environment.get("LEADWIRE_PASSWORD")
    if user and password:
        found.append(Basic(user, password))
    elif user or password:
        raise ValueError("LEADWIRE_USER and LEADWIRE_PASSWORD go together")
    if token := environment.get("LEADWIRE_TOKEN"):
        found.append(Bearer(token))
    if key := environment.get("LEADWIRE_API_KEY"):
        found.append(ApiKey(key))
    if len(found) > 1:
        raise ValueError("there are several credentials: leave one")
    return found[0] if found else None
