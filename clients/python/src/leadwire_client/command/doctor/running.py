"""`leadwire doctor`."""

import argparse
import logging
import sys
from collections.abc import Iterator
from typing import Final

from leadwire_client.client import Client
from leadwire_client.command import exits
from leadwire_client.command.connecting import credentials_given, url_of
from leadwire_client.command.doctor.findings import Finding, Level
from leadwire_client.command.doctor.passing import Passage
from leadwire_client.command.doctor.probe import Probe
from leadwire_client.command.doctor.reaching import first_answer, goes_on, unreachable
from leadwire_client.command.doctor.services import look_at_services
from leadwire_client.command.doctor.streams import look_at_stream
from leadwire_client.command.model import Command
from leadwire_client.command.printable import print_json, print_lines
from leadwire_client.errors import TransportError

_SUMMARY: Final = "find what is wrong with a deployment, and what to do"
_DESCRIPTION: Final = """\
Look at a deployment from outside, end to end: address, credentials, clocks, each service, what
waits or is parked in it, and whether the stream comes at once and stays alive (some 15 s).
Nothing is changed; only with --write a lead of its own goes through, and is erased again.

exit codes:
  0  nothing is wrong; warnings may be
  1  something is wrong
  2  wrong arguments
  4  the server could not be reached
"""
_MARKS: Final = {Level.OK: "ok", Level.NOTE: "-", Level.WARNING: "!", Level.ERROR: "ERROR"}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--write",
        action="store_true",
        help="let a lead of its own go through: a manager may get it for a moment, and webhooks "
        "and subscribers are told of it",
    )
    parser.add_argument(
        "--quick", action="store_true", help="do not wait for the stream's sign of life"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _run(given: argparse.Namespace) -> int:
    # What it has to say are findings; the client's warnings would only repeat them.
    logging.getLogger("leadwire_client").addHandler(logging.NullHandler())
    url, credentials = url_of(given), credentials_given(given)
    with Probe(url=url, credentials=credentials) as probe:
        try:
            heard = probe.get("/v1/leads/count")
        except TransportError as gone:
            _print(given, unreachable(probe, gone))
            return exits.UNREACHABLE
        levels = [_print(given, each) for each in first_answer(probe, heard)]
        if goes_on(heard):
            levels += [_print(given, each) for each in _rest(given, probe)]
    return exits.UNSOUND if Level.ERROR in levels else exits.DONE


def _rest(given: argparse.Namespace, probe: Probe) -> Iterator[Finding]:
    yield from look_at_services(probe)
    yield from look_at_stream(probe, quick=given.quick)
    if given.write:
        with Client(probe.url, credentials=probe.credentials, patience=given.patience) as client:
            yield from Passage(client, within=given.patience).findings()


def _print(given: argparse.Namespace, finding: Finding) -> Level:
    if given.json:
        print_json(finding)
    else:
        print_lines(f"{_MARKS[finding.level]:<5}  {finding.check:<20}  {finding.told}")
        if finding.todo:
            print_lines(f"{'':<29}> {finding.todo}")
    sys.stdout.flush()
    return finding.level


COMMAND: Final = Command(
    name="doctor",
    summary=_SUMMARY,
    description=_DESCRIPTION,
    add_arguments=_add_arguments,
    run=_run,
)
