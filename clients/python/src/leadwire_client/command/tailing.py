"""`leadwire tail`."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final, cast

from leadwire_client._core.decoding import encode
from leadwire_client.checkpoints import FileCheckpoint
from leadwire_client.command import exits
from leadwire_client.command.connecting import client_of
from leadwire_client.command.model import Command
from leadwire_client.command.printable import printable
from leadwire_client.filters import Filters
from leadwire_client.frames import Change, Gone, Put, Reset
from leadwire_client.models import Lead

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
_FILTERS: Final = {
    "status": "pending, reached_out, interested, not_interested; comma means any of",
    "manager-id": "ids of lead managers who hold them",
    "origin": "import, form, api",
    "import-id": "ids of imports",
    "email-domain": "what follows the @",
}
_SIGNS: Final = {"snapshot": "=", "enter": "+"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what it takes."""
    for name, meaning in _FILTERS.items():
        parser.add_argument(f"--{name}", help=meaning)
    held = parser.add_mutually_exclusive_group()
    held.add_argument("--assigned", action="store_true", default=None, help="somebody holds them")
    held.add_argument("--waiting", action="store_true", default=None, help="nobody holds them")
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
            **_filters(given),
        ) as stream,
    ):
        for change in stream:
            line = json_line(change) if given.json else table_line(change)
            if line is not None:
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
    return exits.DONE


def _filters(given: argparse.Namespace) -> Filters:
    named = {name.replace("-", "_"): None for name in _FILTERS}
    found: dict[str, Any] = {name: getattr(given, name) for name in named}
    found["assigned"] = True if given.assigned else False if given.waiting else None
    return cast("Filters", {name: value for name, value in found.items() if value is not None})


def table_line(change: Change) -> str | None:
    """Give the line of a table; None for what needs none."""
    match change:
        case Put():
            return f"{_SIGNS.get(change.why, '~')} {_row(change.lead)}"
        case Gone():
            return f"- {change.id}  {printable(change.why)}"
        case Reset():
            return f"! starts over: {printable(change.reason)}"
    return None


def json_line(change: Change) -> str | None:
    """Give a JSON object; None for what needs none."""
    match change:
        case Put():
            lead = json.loads(encode(change.lead))
            return json.dumps({"type": "put", "why": change.why, "lead": lead})
        case Gone():
            gone = {"type": "gone", "why": change.why, "id": str(change.id), "rev": change.rev}
            return json.dumps(gone)
        case Reset():
            return json.dumps({"type": "reset", "reason": change.reason})
    return None


def _row(lead: Lead) -> str:
    manager = lead.manager.name if lead.manager else "-"
    name = f"{lead.name} {lead.family_name}"
    return printable(f"{lead.id}  {lead.status:<14}  {manager:<16.16}  {name:<28.28}  {lead.email}")


COMMAND: Final = Command(
    name="tail",
    summary=_SUMMARY,
    description=_DESCRIPTION,
    add_arguments=add_arguments,
    run=run,
)
