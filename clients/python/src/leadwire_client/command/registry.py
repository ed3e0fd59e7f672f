"""What `leadwire` can do: each command or group is a module, and a line of `COMMANDS`."""

import argparse
from collections.abc import Callable
from importlib.metadata import version
from typing import Final, TypeAlias

from leadwire_client.command import (
    completing,
    importing,
    leads,
    managers,
    marking,
    parking,
    replaying,
    tailing,
)
from leadwire_client.command.access import logging_in, token_keys, users
from leadwire_client.command.connecting import CONNECTION, add_connection
from leadwire_client.command.doctor import running as doctor
from leadwire_client.command.model import Command, Group

AddParser: TypeAlias = Callable[..., argparse.ArgumentParser]

_DESCRIPTION: Final = """\
Import leads into Leadwire, work on them, and watch what becomes of them.

examples:
  leadwire import leads.csv --region US --failures failures.csv
  leadwire leads --search lovelace --json
  leadwire managers add Ada --capacity 2
  leadwire mark 01a21515-6ddb-712a-92e7-0c787402016d interested
  leadwire tail --status pending,reached_out --follow
"""


def parser() -> argparse.ArgumentParser:
    """Give what reads a command line; `run` of what it reads is what to do."""
    made = argparse.ArgumentParser(
        prog="leadwire",
        description=_DESCRIPTION,
        epilog=CONNECTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--version", action="version", version=f"leadwire {version('leadwire-client')}"
    )
    _add_commands(made, COMMANDS)
    return made


def _add_commands(made: argparse.ArgumentParser, commands: tuple[Command | Group, ...]) -> None:
    subparsers = made.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for each in commands:
        if isinstance(each, Group):
            _add_commands(_parser_of(each, subparsers.add_parser), each.commands)
        else:
            _add_command(each, subparsers.add_parser)


def _add_command(command: Command, add_parser: AddParser) -> None:
    made = _parser_of(command, add_parser)
    command.add_arguments(made)
    if command.connects:
        add_connection(made)
    made.set_defaults(run=command.run)


def _parser_of(each: Command | Group, add_parser: AddParser) -> argparse.ArgumentParser:
    return add_parser(
        each.name,
        help=each.summary,
        description=each.description,
        epilog=CONNECTION if _connects(each) else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _connects(each: Command | Group) -> bool:
    return each.connects if isinstance(each, Command) else any(map(_connects, each.commands))


COMMANDS: Final[tuple[Command | Group, ...]] = (
    importing.COMMAND,
    leads.COMMAND,
    managers.GROUP,
    marking.COMMAND,
    parking.GROUP,
    replaying.COMMAND,
    tailing.COMMAND,
    logging_in.COMMAND,
    users.GROUP,
    token_keys.GROUP,
    doctor.COMMAND,
    completing.command(parser),
)
