"""`leadwire completion`."""

import argparse
import sys
from collections.abc import Callable
from typing import Final

import shtab

from leadwire_client.command import exits
from leadwire_client.command.model import Command

_SUMMARY: Final = "print what lets a shell complete commands and options"
_DESCRIPTION: Final = """\
Print a script that lets a shell complete commands, options and their values.

  bash   leadwire completion bash > ~/.local/share/bash-completion/completions/leadwire
  zsh    leadwire completion zsh > a file called _leadwire, in a directory of $fpath
  fish   leadwire completion fish > ~/.config/fish/completions/leadwire.fish
"""
_SHELLS: Final = ("bash", "zsh", "fish")


def command(parser: Callable[[], argparse.ArgumentParser]) -> Command:
    """Give the command.

    Args:
        parser: Gives the parser of all commands, this one among them.
    """

    def run(given: argparse.Namespace) -> int:
        made = parser()
        _complete_files(made)
        sys.stdout.write(shtab.complete(made, shell=given.shell) + "\n")
        return exits.DONE

    return Command(
        name="completion",
        summary=_SUMMARY,
        description=_DESCRIPTION,
        add_arguments=_add_arguments,
        run=run,
        connects=False,
    )


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=_SHELLS, help="which shell")


def _complete_files(parser: argparse.ArgumentParser) -> None:
    """Let every argument that is shown as FILE be completed with names of files."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to what was added
        if action.metavar == "FILE":
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        if isinstance(action.choices, dict):
            for each in action.choices.values():
                if isinstance(each, argparse.ArgumentParser):
                    _complete_files(each)
