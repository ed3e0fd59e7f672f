"""What one can choose about a standalone run: port, data, database, broker."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from leadwire.db import DatabaseAddressError, check_address
from leadwire.service import SettingsError

HOST = "127.0.0.1"
BROKER_VARIABLE = "LEADWIRE_BROKER_URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The choices of one run.

    Attributes:
        port: TCP port on 127.0.0.1; 0 for any free one.
        data: Directory of everything that is kept between runs.
        database_url: An administrator's URL of a Postgres to use; None to run an
            embedded one in `data`.
        broker_url: The broker to use; None for the Postgres broker in the same database.
    """

    port: int
    data: Path
    database_url: str | None
    broker_url: str | None


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line, and the environment for what may bear a password.

    Args:
        arguments: Command line without the program; None for the process's own.

    Raises:
        SystemExit: An argument is wrong, or help was asked for.
    """
    given = parser().parse_args(arguments)
    return Options(
        port=given.port,
        data=given.data.expanduser().resolve(),
        database_url=os.environ.get("DATABASE_URL") or None,
        broker_url=os.environ.get(BROKER_VARIABLE) or None,
    )


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    made = argparse.ArgumentParser(
        prog="leadwire-standalone",
        description="Run all of Leadwire in one process on 127.0.0.1; without access control, "
        "unless LEADWIRE_AUTH=on.",
        epilog="Environment: DATABASE_URL names a Postgres to use instead of the embedded one "
        "(an administrator's URL: roles and schemas are made with it); LEADWIRE_BROKER_URL names "
        "a broker instead of the one in the database. Both may bear a password, so they are no "
        "arguments. Every other setting of the services can be given in the environment, too, "
        "but for the address and the port of HTTP.",
    )
    made.add_argument("--port", type=_port, default=8080, help="TCP port (default: 8080)")
    made.add_argument(
        "--data",
        type=Path,
        default=Path(".data"),
        help="directory to keep data in (default: .data)",
    )
    return made


def as_typed(message: str) -> str:
    """Name the broker's variable in a message also as those know it who typed it to `make`."""
    return message.replace(BROKER_VARIABLE, f"{BROKER_VARIABLE} (BROKER_URL of make)")


def check_database_url(url: str) -> None:
    """Insist on a URL that a Postgres could be reached by.

    Raises:
        SettingsError: It is not one; the message does not quote it.
    """
    try:
        check_address(url)
    except DatabaseAddressError as error:
        raise SettingsError([f"DATABASE_URL is wrong: {error}"]) from None
    if not urlsplit(url).hostname:
        raise SettingsError(["DATABASE_URL is wrong: it must name a host"])


def _port(text: str) -> int:
    # The length first: Python refuses to read numbers of thousands of digits.
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {text!r}")
    return int(text)
