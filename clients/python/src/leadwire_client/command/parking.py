"""`leadwire parked`: look at parked events, requeue them, discard them."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from leadwire_client._core.decoding import encode
from leadwire_client.client import Client
from leadwire_client.command import exits
from leadwire_client.command.connecting import client_of
from leadwire_client.command.doctor.services import SERVICES
from leadwire_client.command.model import Command, Group
from leadwire_client.command.printable import print_json, print_lines
from leadwire_client.errors import ConflictError, NotFoundError
from leadwire_client.ops import ParkedDecision, ParkedEvent

_SERVICES: Final = tuple(each.name for each in SERVICES)
_ENDINGS: Final = """
exit codes:
  0  done
  1  some could not be requeued or discarded, as is told; the others were
  2  wrong arguments
  3  the service refused, or there is no such event as the only one named
  4  the service could not be reached
"""


def _take_service(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("service", choices=_SERVICES, help="whose events")


def _take_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--subscription", help="only deliveries of this subscription")
    parser.add_argument("--type", help="only events of this type")
    parser.add_argument(
        "--place",
        choices=("consumer", "outbox"),
        help="only what could not be handled, or only what the broker will never take",
    )


def _filters(given: argparse.Namespace) -> dict[str, Any]:
    return {
        "subscription": given.subscription,
        "event_type": given.type,
        "place": given.place,
    }


def _take_list(parser: argparse.ArgumentParser) -> None:
    _take_service(parser)
    _take_filters(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _list(given: argparse.Namespace) -> int:
    with client_of(given) as client:
        for each in client.parked(given.service, **_filters(given)):
            print_json(each) if given.json else print_lines(_row(each))
    return exits.DONE


def _row(event: ParkedEvent) -> str:
    return (
        f"{event.id:<14}  {event.parked_at:%Y-%m-%d %H:%M}  {event.subscription or '-':<14}  "
        f"{event.type:<28}  {event.event_id}  {event.reason}"
    )


def _take_show(parser: argparse.ArgumentParser) -> None:
    _take_service(parser)
    parser.add_argument("id", metavar="ID", help="for example consumer-12")


def _show(given: argparse.Namespace) -> int:
    with client_of(given) as client:
        event = client.parked_event(given.service, given.id)
    sys.stdout.write(f"{json.dumps(json.loads(encode(event)), indent=2)}\n")
    return exits.DONE


def _take_requeue(parser: argparse.ArgumentParser) -> None:
    _take_service(parser)
    parser.add_argument("ids", metavar="ID", nargs="*", help="for example consumer-12")
    parser.add_argument("--all", action="store_true", help="all that match the options")
    _take_filters(parser)


def _requeue(given: argparse.Namespace) -> int:
    if given.all == bool(given.ids):
        raise ValueError("name events by their ids, or say --all")
    if given.ids and any(_filters(given).values()):
        raise ValueError("--subscription, --type and --place go with --all")
    with client_of(given) as client:
        if given.all:
            return _requeue_all(client, given)
        return _decide(
            given.ids, "requeued", lambda each: client.requeue_parked(given.service, each)
        )


def _requeue_all(client: Client, given: argparse.Namespace) -> int:
    done = client.requeue_all_parked(given.service, **_filters(given))
    print_lines(f"requeued {done.requeued}")
    for each in done.refused:
        print_lines(f"not requeued: {each.id}: {each.detail or each.code}")
    return exits.ROWS_FAILED if done.refused else exits.DONE


def _take_discard(parser: argparse.ArgumentParser) -> None:
    _take_service(parser)
    parser.add_argument("ids", metavar="ID", nargs="+", help="for example consumer-12")
    parser.add_argument(
        "--reason", required=True, help="why; it is kept, so write nothing personal"
    )


def _discard(given: argparse.Namespace) -> int:
    with client_of(given) as client:
        return _decide(
            given.ids,
            "discarded",
            lambda each: client.discard_parked(given.service, each, reason=given.reason),
        )


def _decide(ids: Sequence[str], done: str, decide: Callable[[str], object]) -> int:
    """Do it to each; one for which it cannot be done keeps none back.

    Args:
        ids: Of parked events.
        done: What is done, in the past participle.
        decide: Does it.

    Raises:
        NotFoundError: There is no such event, and it is the only one that was named.
        ConflictError: It cannot be done to this event, the only one that was named.
    """
    code = exits.DONE
    for each in ids:
        try:
            decide(each)
        except (NotFoundError, ConflictError) as error:
            if len(ids) == 1:
                raise
            print_lines(f"not {done}: {each}: {error.detail or error.code}")
            code = exits.ROWS_FAILED
        else:
            print_lines(f"{done} {each}")
    return code


def _take_decisions(parser: argparse.ArgumentParser) -> None:
    _take_service(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _decisions(given: argparse.Namespace) -> int:
    with client_of(given) as client:
        for each in client.parked_decisions(given.service):
            print_json(each) if given.json else print_lines(_decided(each))
    return exits.DONE


def _decided(each: ParkedDecision) -> str:
    return (
        f"{each.decided_at:%Y-%m-%d %H:%M}  {each.decision:<9}  {each.parked_id:<14}  "
        f"{each.type:<28}  {each.event_id}  {each.reason or '-'}"
    )


_command: Final = partial(Command.brief, more=_ENDINGS)

GROUP: Final = Group(
    name="parked",
    summary="look at parked events, requeue or discard them",
    description="Look at events that a service has set aside, requeue them, or discard them.",
    commands=(
        _command("list", "list parked events", _take_list, _list),
        _command("show", "show a parked event with its body", _take_show, _show),
        _command("requeue", "have parked events handled again", _take_requeue, _requeue),
        _command("discard", "delete parked events for good", _take_discard, _discard),
        _command("decisions", "list what was done with them", _take_decisions, _decisions),
    ),
)
