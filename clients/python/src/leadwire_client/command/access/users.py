"""`leadwire users`: the file of those who may come in."""

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from leadwire_client.command import exits
from leadwire_client.command.access import private_files
from leadwire_client.command.access.asking import new_password
from leadwire_client.command.access.users_file import ROLES, UsersFile
from leadwire_client.command.model import Command, Group
from leadwire_client.command.printable import print_json, print_lines

VARIABLE: Final = "LEADWIRE_USERS_FILE"

_ROLES: Final = """
roles:
  admin     everything
  manager   work on the leads of one lead manager, whom --manager-id names; read
  reader    read leads, histories and managers
  importer  import, and read what became of it
  intake    create leads without the limits of the public form
"""


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", type=Path, metavar="FILE", help=f"of users; {VARIABLE}")


def _path(given: argparse.Namespace) -> Path:
    path = given.file or os.environ.get(VARIABLE)
    if not path:
        raise ValueError(f"say which file: --file, or {VARIABLE}")
    return Path(path)


def _add_named(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="as histories will show it")
    _add_file(parser)


def _add_entry(parser: argparse.ArgumentParser) -> None:
    _add_named(parser)
    parser.add_argument(
        "--role", action="append", required=True, choices=ROLES, help="may be given several times"
    )
    parser.add_argument("--manager-id", type=UUID, help="which lead manager this is")


def _change(given: argparse.Namespace, change: Callable[[UsersFile], None]) -> int:
    path = _path(given)
    with private_files.changing(path):
        file = UsersFile(path)
        change(file)
        file.write()
    return exits.DONE


def _add_user(given: argparse.Namespace) -> int:
    password = new_password(given.name)
    return _change(
        given, lambda file: file.add_user(given.name, password, given.role, given.manager_id)
    )


def _set_password(given: argparse.Namespace) -> int:
    password = new_password(given.name)
    return _change(given, lambda file: file.set_password(given.name, password))


def _add_key(given: argparse.Namespace) -> int:
    made: list[str] = []
    _change(given, lambda file: made.append(file.add_key(given.name, given.role, given.manager_id)))
    sys.stderr.write("keep it: it is shown once\n")
    print_lines(*made)
    return exits.DONE


def _remove(given: argparse.Namespace) -> int:
    return _change(given, lambda file: file.remove(given.name))


def _add_list(parser: argparse.ArgumentParser) -> None:
    _add_file(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _list(given: argparse.Namespace) -> int:
    path = _path(given)
    path.stat()  # one that is not there is empty only to who adds to it
    file = UsersFile(path)
    for kind, entries in (("user", file.users), ("key", file.keys)):
        for each in entries:
            told = {name: each.get(name) for name in ("name", "roles", "manager_id")}
            if given.json:
                print_json({"kind": kind, **told})
            else:
                manager = f"  {told['manager_id']}" if told["manager_id"] else ""
                print_lines(f"{kind:4}  {each['name']}  {','.join(each['roles'])}{manager}")
    return exits.DONE


_ASKED: Final = "\nThe password is asked for, or is the first line of standard input.\n"

_command: Final = partial(Command.brief, connects=False)

GROUP: Final = Group(
    name="users",
    summary="who may come in: users and API keys in a file",
    description=(
        "Change the file that LEADWIRE_USERS_FILE of the services names. They read it again by\n"
        "themselves. No server is asked; passwords are kept as argon2 hashes, keys as SHA-256.\n"
    ),
    commands=(
        _command("add", "add a user", _add_entry, _add_user, more=_ASKED + _ROLES),
        _command("passwd", "change a user's password", _add_named, _set_password, more=_ASKED),
        _command("key", "make an API key, and print it once", _add_entry, _add_key, more=_ROLES),
        _command("list", "list users and keys, without secrets", _add_list, _list),
        _command("remove", "remove a user or key", _add_named, _remove),
    ),
)
