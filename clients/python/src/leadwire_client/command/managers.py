"""`leadwire managers`: each of its commands."""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from typing import Final
from uuid import UUID

from leadwire_client.client import Client
from leadwire_client.command import exits
from leadwire_client.command.connecting import client_of
from leadwire_client.command.model import Command, Group
from leadwire_client.command.printable import print_json, print_lines
from leadwire_client.command.rows import manager_row, removal_rows, short
from leadwire_client.models import Availability, Manager

_EXITS: Final = """
exit codes:
  0  done
  2  wrong arguments, no such manager by this name, or a removal that was not agreed to
  3  the server refused
  4  the server could not be reached
"""
_STATES: Final = [str(each) for each in Availability]
Change = Callable[[Client, UUID], Manager]


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--search", metavar="TEXT", help="a part of the name")
    parser.add_argument("--state", choices=_STATES, help="free, busy or paused")
    _add_json(parser)


def _list(given: argparse.Namespace) -> int:
    with client_of(given) as client:
        for manager in client.managers(q=given.search, state=given.state):
            _print(given, manager)
    return exits.DONE


def _add_add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of the new manager")
    parser.add_argument("--email", help="of the new manager")
    parser.add_argument(
        "--capacity", type=int, default=1, help="most undecided leads held at once (default: 1)"
    )
    _add_json(parser)


def _add(given: argparse.Namespace) -> int:
    with client_of(given) as client:
        manager = client.add_manager(given.name, email=given.email, capacity=given.capacity)
        _print(given, manager)
    return exits.DONE


def _change(given: argparse.Namespace, change: Change) -> int:
    with client_of(given) as client:
        _print(given, change(client, _manager_id(client, given.manager)))
    return exits.DONE


def _add_remove(parser: argparse.ArgumentParser) -> None:
    _add_manager(parser)
    parser.add_argument("--dry-run", action="store_true", help="only show what would happen")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _remove(given: argparse.Namespace) -> int:
    with client_of(given) as client:
        manager_id = _manager_id(client, given.manager)
        removal = client.preview_removal(manager_id)
        if given.dry_run and given.json:
            print_json(removal)
            return exits.DONE
        if not given.json:
            print_lines(*removal_rows(removal))
        if given.dry_run or removal.already_removed:
            return exits.DONE
        if not given.yes and not _agreed():
            return exits.WRONG_USE
        client.remove_manager(manager_id)
        if given.json:
            print_json(removal)
        else:
            print_lines(f"removed; `leadwire managers restore {manager_id}` takes it back")
    return exits.DONE


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise ValueError("nobody is there to be asked: say --yes to remove, or --dry-run to look")
    sys.stderr.write("remove? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _next_lead(given: argparse.Namespace) -> int:
    with client_of(given) as client:
        lead = client.next_lead(_manager_id(client, given.manager))
    if given.json:
        print_json(lead)
    else:
        print_lines(f"{short(lead)}  {lead.email}  {lead.cellphone or '-'}")
    return exits.DONE


def _add_manager(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "manager", metavar="MANAGER", help="id, or a part of the name that no other one has"
    )
    _add_json(parser)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="JSON, one object a line")


def _manager_id(client: Client, text: str) -> UUID:
    """Give the id that is meant.

    Raises:
        ValueError: It is no id, and the name of none or of several.
    """
    try:
        return UUID(text)
    except ValueError:
        found = list(client.managers(q=text))
    exact = [each for each in found if each.name.casefold() == text.casefold()]
    if len(exact or found) == 1:
        return (exact or found)[0].id
    if not found:
        raise ValueError(f"there is no lead manager called {text}")
    names = ", ".join(f"{each.name} ({each.id})" for each in found[:5])
    raise ValueError(f"{len(found)} lead managers are called {text}: {names}; say which by his id")


def _print(given: argparse.Namespace, manager: Manager) -> None:
    if given.json:
        print_json(manager)
        return
    print_lines(manager_row(manager))


def _changing(name: str, summary: str, change: Change) -> Command:
    return _command(name, summary, _add_manager, lambda given: _change(given, change))


_command: Final = partial(Command.brief, more=_EXITS)

GROUP: Final = Group(
    name="managers",
    summary="list lead managers, add, pause and remove them, take their next lead",
    description="Look after lead managers.",
    commands=(
        _command("list", "list lead managers: id, state, leads held, name", _add_list, _list),
        _command("add", "add one, who takes the oldest waiting lead at once", _add_add, _add),
        _changing("pause", "let one keep what he holds and get nothing new", Client.pause_manager),
        _changing("resume", "let a paused one get leads again", Client.resume_manager),
        _command(
            "remove",
            "remove one, after a look at what becomes of his leads; they wait again",
            _add_remove,
            _remove,
        ),
        _changing("restore", "take a removal back, by his id", Client.restore_manager),
        _command("next-lead", "take the oldest waiting lead for one", _add_manager, _next_lead),
    ),
)
