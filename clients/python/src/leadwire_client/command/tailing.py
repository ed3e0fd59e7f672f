"""`leadwire tail`."""

import argparse
import sys
from pathlib import Path
from typing import Final

from leadwire_client.checkpoints import FileCheckpoint
from leadwire_client.command import exits
from leadwire_client.command.choosing import add_filters, filters_of
from leadwire_client.command.connecting import client_of
from leadwire_client.command.model import Command
from leadwire_client.command.printable import as_json, printable
from leadwire_client.command.rows import lead_row
from leadwire_client.frames import Change, Gone, Put, Reset

_SUMMARY: Final = "show leads, and follow what becomes of them"
_DESCRIPTION: Final = """\
Show the leads that match; with --follow also every change, for as long as you like. The first
column says what happens: `=` is there, `+` comes in, `~` changes, `-` goes out, `!` starts over.

exit codes:
  0  complete
  2  wrong arguments
  3  the server refused
  4  the server could not be reached
"""
_SIGNS: Final = {"snapshot": "=", "enter": "+"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what it takes."""
    add_filters(parser)
    parser.add_argument("--follow", action="store_true", help="stay, and show every change")
    parser.add_argument("--new", action="store_true", help="only what changes from now on")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="keep there how far it is, and go on there the next time",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(given: argparse.Namespace) -> int:
    """Show; return the exit code."""
    checkpoint = None if given.checkpoint is None else FileCheckpoint(given.checkpoint)
    with (
        client_of(given) as client,
        client.stream(
            follow=given.follow or given.new,
            start="now" if given.new else "snapshot",
            checkpoint=checkpoint,
            give_up_after=None if given.follow or given.new else given.patience,
            **filters_of(given),
        ) as stream,
    ):
        for change in stream:
            line = json_line(change) if given.json else table_line(change)
            if line is not None:
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
    return exits.DONE


def table_line(change: Change) -> str | None:
    """Give the line of a table; None for what needs none."""
    match change:
        case Put():
            return f"{_SIGNS.get(change.why, '~')} {lead_row(change.lead)}"
        case Gone():
            return f"- {change.id}  {printable(change.why)}"
        case Reset():
            return f"! starts over: {printable(change.reason)}"
    return None


def json_line(change: Change) -> str | None:
    """Give a JSON object; None for what needs none."""
    match change:
        case Put():
            return as_json({"type": "put", "why": change.why, "lead": change.lead})
        case Gone():
            return as_json({"type": "gone", "why": change.why, "id": change.id, "rev": change.rev})
        case Reset():
            return as_json({"type": "reset", "reason": change.reason})
    return None


COMMAND: Final = Command(
    name="tail",
    summary=_SUMMARY,
    description=_DESCRIPTION,
    add_arguments=add_arguments,
    run=run,
)
