"""`leadwire mark`."""

import argparse
from typing import Final

from leadwire_client.command import exits
from leadwire_client.command.connecting import client_of
from leadwire_client.command.model import Command
from leadwire_client.command.printable import print_json, print_lines
from leadwire_client.command.rows import short
from leadwire_client.models import LeadStatus, Marked

_SUMMARY: Final = "mark a lead as reached out, interested or not"
_DESCRIPTION: Final = """\
Mark a lead. A decision, interested or not_interested, frees its manager, who takes the oldest
waiting lead at once. To correct a decision, say why with --reason.

exit codes:
  0  marked, now or before
  2  wrong arguments
  3  the server refused: no such lead, a correction without a reason, or another state
  4  the server could not be reached
"""
_STATUSES: Final = [str(each) for each in LeadStatus if each is not LeadStatus.PENDING]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what it takes."""
    parser.add_argument("lead", metavar="LEAD", help="id of the lead")
    parser.add_argument("status", choices=_STATUSES, help="what it is now")
    parser.add_argument("--reason", help="why, for the history; needed to correct a decision")
    parser.add_argument(
        "--if-match", metavar="TAG", help="only if this is its state, for example work-7"
    )
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(given: argparse.Namespace) -> int:
    """Mark; return the exit code."""
    with client_of(given) as client:
        marked = client.mark(given.lead, given.status, reason=given.reason, if_match=given.if_match)
    if given.json:
        print_json(marked)
    else:
        print_lines(*_lines(marked))
    return exits.DONE


def _lines(marked: Marked) -> list[str]:
    lines = [f"{short(marked.lead)} is {marked.lead.status}"]
    if marked.next_lead is not None:
        manager = marked.next_lead.manager
        lines.append(f"next for {manager.name if manager else 'nobody'}: {short(marked.next_lead)}")
    return lines


COMMAND: Final = Command(
    name="mark",
    summary=_SUMMARY,
    description=_DESCRIPTION,
    add_arguments=add_arguments,
    run=run,
)
