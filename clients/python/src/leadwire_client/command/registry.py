"""What `leadwire` can do: each command is a module, and one line of `COMMANDS` here."""

import argparse
from collections.abc import Callable
from typing import Final, TypeAlias

from leadwire_client.command import importing, leads, managers, marking, tailing
from leadwire_client.command.connecting import CONNECTION, add_connection
from leadwire_client.command.model import Command, Group

AddParser: TypeAlias = Callable[..., argparse.ArgumentParser]

COMMANDS: Final[tuple[Command | Group, ...]] = (
    importing.COMMAND,
    leads.COMMAND,
    managers.COMMAND,
    marking.COMMAND,
    tailing.COMMAND,
)


def add_commands(parser: argparse.ArgumentParser, commands: tuple[Command | Group, ...]) -> None:
    """Let a parser take one of these commands; `run` of what it gives is how to run it."""
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for each in commands:
        if isinstance(each, Group):
            add_commands(_parser_of(each, subparsers.add_parser), each.commands)
        else:
            _add_command(each, subparsers.add_parser)


def _add_command(command: Command, add_parser: AddParser) -> None:
    parser = _parser_of(command, add_parser)
    command.add_arguments(parser)
    add_connection(parser)
    parser.set_defaults(run=command.run)


def _parser_of(each: Command | Group, add_parser: AddParser) -> argparse.ArgumentParser:
    return add_parser(
        each.name,
        help=each.summary,
        description=each.description,
        epilog=CONNECTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
