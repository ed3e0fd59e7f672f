"""Write `docs/reference/commands.md` from the command lines' own parsers, or check it.

python -m leadwire_standalone.commands_reference [--check]
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from leadwire.contracts.generated import write_or_check
from leadwire.service import command_line
from leadwire_client.command.registry import parser as client_parser
from leadwire_client.consumer.__main__ import parser as consumer_parser
from leadwire_standalone.options import parser as standalone_parser
from leadwire_standalone.services import SERVICES

PAGE: Final = Path("docs/reference/commands.md")

_INTRODUCTION: Final = """\
# Command lines

Every command and what it takes, as its `--help` says. What the commands are good for is told in
[the guide to `leadwire`](../guide/command-line.md),
[Run the services](../operations/services.md) and [Receive events](../guide/subscribe.md); those of
`make` are listed by `make` alone. This page is generated from the commands
(`python -m leadwire_standalone.commands_reference`).
"""


def parsers() -> list[argparse.ArgumentParser]:
    """Return what reads each program's command line."""
    services = [command_line(service) for service in SERVICES]
    return [client_parser(), *services, standalone_parser(), consumer_parser()]


def as_markdown() -> str:
    """Return the page."""
    parts = [_INTRODUCTION]
    for each in parsers():
        parts += _program(each)
    return "\n".join(parts)


def _program(parser: argparse.ArgumentParser) -> Iterator[str]:
    yield f"## {parser.prog}\n"
    yield from _said(parser)
    if parser.epilog:
        yield _as_printed(parser.epilog)
    for command in _commands(parser):
        yield f"### {command.prog}\n"
        yield from _said(command)


def _said(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield what a parser says of itself, and what it takes."""
    if parser.description:
        yield _as_printed(parser.description)
    rows = [
        f"| {_name(action)} | {_meaning(action, parser)} |"
        for action in parser._actions  # noqa: SLF001  argparse has no other way to them
        if not isinstance(action, argparse._HelpAction | argparse._SubParsersAction)  # noqa: SLF001
        and action.help is not argparse.SUPPRESS
    ]
    if rows:
        yield "\n".join(["| Argument | Meaning |", "|---|---|", *rows]) + "\n"


def _commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parsers of its commands, and of theirs, under their full names."""
    for action in parser._actions:  # noqa: SLF001  argparse has no other way to them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            summaries = {each.dest: each.help for each in action._choices_actions}  # noqa: SLF001
            for name, command in action.choices.items():
                command.description = command.description or summaries.get(name)
                yield command
                yield from _commands(command)


def _name(action: argparse.Action) -> str:
    shown = action.metavar if isinstance(action.metavar, str) else None
    if action.choices is not None and shown is None:
        shown = "|".join(map(str, action.choices))
    if not action.option_strings:
        return _code(shown or action.dest)
    takes = "" if action.nargs == 0 else f" {shown or action.dest.upper()}"
    return ", ".join(_code(f"{each}{takes}") for each in action.option_strings)


def _meaning(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    text = (action.help or "") % {**vars(action), "prog": parser.prog}
    required = " (required)" if action.option_strings and action.required else ""
    return " ".join(text.split()).replace("|", "\\|") + required


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _as_printed(text: str) -> str:
    """Keep lines apart where they are examples or lists; else it is a paragraph."""
    if any(line.startswith(" ") for line in text.splitlines()):
        return f"```text\n{text.strip()}\n```\n"
    return f"{text.strip()}\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with `--check` return 1 if it is not current."""
    return write_or_check(arguments, description=__doc__, files=lambda: {PAGE: as_markdown()})


if __name__ == "__main__":
    sys.exit(main())
