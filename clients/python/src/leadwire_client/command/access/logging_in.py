"""`leadwire login`."""

import argparse
import os
import sys
from typing import Final

from leadwire_client.client import Client
from leadwire_client.command import exits
from leadwire_client.command.access.asking import password_of
from leadwire_client.command.connecting import url_of
from leadwire_client.command.model import Command
from leadwire_client.command.printable import print_json, print_lines

_DESCRIPTION: Final = """\
Print a token for a user name and password, which is asked for, or is the first line of standard
input. Until it ends it stands in for them:

  export LEADWIRE_TOKEN=$(leadwire login --user ada)

exit codes:
  0  done
  2  there was no password
  3  the server refused
  4  the server could not be reached
"""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", help="of the server; LEADWIRE_URL")
    parser.add_argument("--user", help="who logs in; LEADWIRE_USER")
    parser.add_argument("--json", action="store_true", help="the whole answer as JSON")


def _run(given: argparse.Namespace) -> int:
    user = given.user or os.environ.get("LEADWIRE_USER")
    if not user:
        raise ValueError("say who logs in: --user, or LEADWIRE_USER")
    with Client(url_of(given)) as client:
        token = client.log_in(user, os.environ.get("LEADWIRE_PASSWORD") or password_of(user))
    if given.json:
        print_json(token)
    else:
        print_lines(token.access_token)
        sys.stderr.write(f"good for {token.expires_in:g} s, as {', '.join(token.roles)}\n")
    return exits.DONE


COMMAND: Final = Command(
    name="login",
    summary="print a token for a user name and password",
    description=_DESCRIPTION,
    add_arguments=_add_arguments,
    run=_run,
    connects=False,
)
