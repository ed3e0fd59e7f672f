"""`leadwire leads`."""

import argparse
from itertools import islice
from typing import Final

from leadwire_client.client import Client
from leadwire_client.command import exits
from leadwire_client.command.choosing import add_filters, filters_of
from leadwire_client.command.connecting import client_of
from leadwire_client.command.model import Command
from leadwire_client.command.printable import print_json, print_lines
from leadwire_client.command.rows import history_row, lead_row, local
from leadwire_client.errors import NotFoundError
from leadwire_client.explanations import Assignment
from leadwire_client.models import HistoryEntry, Lead

_SUMMARY: Final = "list, search and count leads, or show one"
_DESCRIPTION: Final = """\
List the leads that match, or count them; with LEAD show that one alone, with all that happened to
it and why its manager got it.

exit codes:
  0  done, also if nothing matches
  2  wrong arguments
  3  the server refused, or has no such lead
  4  the server could not be reached
"""
_ORDERS: Final = [
    f"{sign}{name}" for name in ("created_at", "updated_at", "name", "email") for sign in ("", "-")
]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what it takes."""
    parser.add_argument("lead", metavar="LEAD", nargs="?", help="id of the one to show")
    add_filters(parser)
    parser.add_argument(
        "--search", metavar="TEXT", help="what a name, a family name or an email begins with"
    )
    parser.add_argument(
        "--sort",
        choices=_ORDERS,
        metavar="ORDER",
        help="created_at (default), updated_at, name or email; --sort=-name: the other way round",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="show no more than so many")
    parser.add_argument("--count", action="store_true", help="count them only, by status")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(given: argparse.Namespace) -> int:
    """Show; return the exit code."""
    if given.limit is not None and given.limit < 1:
        raise ValueError("--limit is 1 or more")
    with client_of(given) as client:
        if given.lead is not None:
            _show(client, given)
        elif given.count:
            _count(client, given)
        else:
            _list(client, given)
    return exits.DONE


def _list(client: Client, given: argparse.Namespace) -> None:
    found = client.leads(q=given.search, sort=given.sort, **filters_of(given))
    for lead in islice(found, given.limit):
        if given.json:
            print_json(lead)
        else:
            print_lines(lead_row(lead))


def _count(client: Client, given: argparse.Namespace) -> None:
    counts = client.count_leads(q=given.search, **filters_of(given))
    if given.json:
        print_json(counts)
        return
    by_status = [f"{status:<14}  {count:>9}" for status, count in counts.by_status.items()]
    print_lines(*by_status, f"{'in all':<14}  {counts.total:>9}")


def _show(client: Client, given: argparse.Namespace) -> None:
    if filters_of(given) or given.search or given.sort or given.count or given.limit:
        raise ValueError("LEAD is one alone: give neither filters, --search, --sort nor --count")
    lead = client.lead(given.lead)
    history = list(client.history(lead.id))
    assignment = _assignment(client, lead)
    if given.json:
        print_json({"lead": lead, "history": history, "assignment": assignment})
    else:
        print_lines(*_lead_lines(lead), *_told(history), *_explained(assignment))


def _assignment(client: Client, lead: Lead) -> Assignment | None:
    try:
        return client.assignment(lead.id)
    except NotFoundError:
        # Nobody ever got it, or that was so long ago that nothing is kept.
        return None


def _lead_lines(lead: Lead) -> list[str]:
    shown = {
        "id": lead.id,
        "name": f"{lead.name} {lead.family_name}",
        "email": lead.email,
        "cellphone": lead.cellphone or "-",
        "status": lead.status,
        "manager": f"{lead.manager.name} ({lead.manager.id})" if lead.manager else "-",
        "came in": f"{local(lead.created_at)} by {lead.origin}",
        "changed": local(lead.updated_at),
        "resume": "yes" if lead.has_resume else "no",
        "tags": ", ".join(each for each in (lead.tags.contact, lead.tags.work) if each),
    }
    attributes = {f"  {name}": value for name, value in lead.attributes.items()}
    return [f"{name:<10}  {value}" for name, value in {**shown, **attributes}.items()]


def _told(history: list[HistoryEntry]) -> list[str]:
    return ["history", *[f"  {history_row(each)}" for each in history]] if history else []


def _explained(assignment: Assignment | None) -> list[str]:
    if assignment is None:
        return []
    free = [
        f"  {each.manager.name}, free since {local(each.since)}: {each.verdict}"
        for each in assignment.free
    ]
    who = f"assigned to {assignment.manager.name} by {assignment.actor}"
    return [f"{who}: {assignment.rule}", *free]


COMMAND: Final = Command(
    name="leads",
    summary=_SUMMARY,
    description=_DESCRIPTION,
    add_arguments=add_arguments,
    run=run,
)
