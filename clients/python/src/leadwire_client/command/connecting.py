"""Where the server is, and who asks: arguments, and the environment for secrets."""

import argparse
import os
from collections.abc import Mapping
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
Secrets go by the environment only: a command line can be read by everybody on the machine.
"""


def add_connection(parser: argparse.ArgumentParser) -> None:
    """Add what every command takes."""
    parser.add_argument("--url", help=f"of the server; LEADWIRE_URL, or else {DEFAULT_URL}")
    parser.add_argument(
        "--patience",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="for which a server that cannot be reached is tried again (default: 30)",
    )


def client_of(given: argparse.Namespace) -> Client:
    """Make the client that the arguments and the environment say."""
    url = given.url or os.environ.get("LEADWIRE_URL") or DEFAULT_URL
    return Client(url, credentials=credentials_of(os.environ), patience=given.patience)


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
        raise ValueError("there are several credentials in the environment: leave one")
    return found[0] if found else None
