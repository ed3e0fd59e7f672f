"""`leadwire replay`."""

import argparse
import sys
from datetime import timedelta
from typing import Final

from leadwire_client.client import Client
from leadwire_client.command import exits
from leadwire_client.command.bar import Bar
from leadwire_client.command.choosing import moment
from leadwire_client.command.connecting import client_of
from leadwire_client.command.model import Command
from leadwire_client.command.printable import print_json, print_lines, printable
from leadwire_client.replays import Replay

_SUMMARY: Final = "send events again, to a subscription or a webhook"
_DESCRIPTION: Final = """\
Have events that were received before sent once more, with their ids, and watch. They are sent in
the background: Ctrl-C ends the watching, and the replay goes on.

  leadwire replay --from 2026-01-31 --type lead_interested_created --to-subscription billing.leads
  leadwire replay --watch REPLAY
  leadwire replay --cancel REPLAY

exit codes:
  0    all is sent; with --background it has begun, with --cancel it is cancelled
  2    wrong arguments
  3    the server refused, or the replay failed or was cancelled
  4    the server could not be reached
  130  interrupted by Ctrl-C
"""
_WATCHED_FOR: Final = 30 * 24 * 3600.0
_HELD_UP: Final = {
    "backlog": "waits until its reader has caught up",
    "broker_unavailable": "waits for the broker",
    "broker_refuses": "waits: the broker refuses, as a queue is full",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what it takes."""
    parser.add_argument(
        "--from",
        dest="since",
        type=moment,
        metavar="MOMENT",
        help="received then or later: 2026-01-31, or 2026-01-31T09:00, in local time unless it "
        "says +01:00",
    )
    parser.add_argument(
        "--to",
        dest="until",
        type=moment,
        metavar="MOMENT",
        help="received before (default: all that has happened until now)",
    )
    parser.add_argument(
        "--type", action="append", default=[], metavar="TYPE", help="of events; may be repeated"
    )
    to = parser.add_mutually_exclusive_group()
    to.add_argument(
        "--to-subscription",
        metavar="NAME",
        help="who gets them: a service as stream-svc, or another team's queue",
    )
    to.add_argument("--to-webhook", metavar="ID", help="who gets them")
    to.add_argument("--watch", metavar="REPLAY", help="begin none: watch the one of this id")
    to.add_argument("--cancel", metavar="REPLAY", help="begin none: cancel the one of this id")
    parser.add_argument("--background", action="store_true", help="begin it, and do not watch")
    parser.add_argument(
        "--cancel-on-interrupt", action="store_true", help="let Ctrl-C cancel the replay, too"
    )
    parser.add_argument("--key", help="a name of this replay: the same name begins it but once")
    parser.add_argument("--json", action="store_true", help="print the replay as JSON")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(given: argparse.Namespace) -> int:
    """Replay; return the exit code."""
    _check(given)
    with client_of(given) as client:
        if given.cancel is not None:
            _show(client.cancel_replay(given.cancel), as_json=given.json)
            return exits.DONE
        replay = client.replay(given.watch) if given.watch else _started(client, given)
        if given.background:
            _show(replay, as_json=given.json)
            return exits.DONE
        ended = _watched(client, replay, given)
    _show(ended, as_json=given.json)
    return exits.DONE if ended.status == "completed" else exits.REFUSED


def _check(given: argparse.Namespace) -> None:
    begins = given.to_subscription is not None or given.to_webhook is not None
    if begins and given.since is None:
        raise ValueError("say with --from where to begin")
    if not begins and given.watch is None and given.cancel is None:
        raise ValueError("say who gets the events: --to-subscription NAME or --to-webhook ID")
    if not begins and (given.since or given.until or given.type or given.key):
        raise ValueError("--from, --to, --type and --key are for a replay that begins")


def _started(client: Client, given: argparse.Namespace) -> Replay:
    return client.start_replay(
        since=given.since,
        until=given.until,
        types=given.type,
        subscription=given.to_subscription,
        webhook_id=given.to_webhook,
        idempotency_key=given.key,
    )


def _watched(client: Client, replay: Replay, given: argparse.Namespace) -> Replay:
    """Watch to the end; say what an interruption leaves."""
    try:
        with Bar(sys.stderr, "replaying", quiet=given.quiet, amount=_events) as bar:

            def show(now: Replay) -> None:
                done = now.progress.sent + now.progress.skipped
                bar.update(done, now.progress.total, _note(now))

            return client.wait_for_replay(replay.id, within=_WATCHED_FOR, progress=show)
    except KeyboardInterrupt:
        if given.cancel_on_interrupt:
            cancelled = client.cancel_replay(replay.id)
            left = f"replay {replay.id} is {cancelled.status}"
        else:
            left = (
                f"replay {replay.id} goes on. To watch it: leadwire replay --watch {replay.id}\n"
                f"To cancel it: leadwire replay --cancel {replay.id}"
            )
        sys.stderr.write(f"{left}\n")
        raise


def _events(count: int) -> str:
    return f"{count} events"


def _note(replay: Replay) -> str:
    if replay.held_up_by is not None:
        return _HELD_UP.get(replay.held_up_by, f"waits: {printable(replay.held_up_by)}")
    progress = replay.progress
    rate = "" if progress.rate is None else f"{progress.rate:.0f}/s"
    if not replay.running or progress.seconds_left is None:
        return rate
    return f"{rate}, {timedelta(seconds=round(progress.seconds_left))} left"


def _show(replay: Replay, *, as_json: bool) -> None:
    if as_json:
        print_json(replay)
        return
    progress = replay.progress
    to = replay.subscription or f"webhook {replay.webhook_id}"
    said = f"{progress.sent} events sent again to {to}"
    skipped = f", {progress.skipped} left out" if progress.skipped else ""
    print_lines(f"{said}{skipped} (replay {replay.id}, {replay.status})")
    if replay.error is not None:
        print_lines(f"it failed: {replay.error.detail}")


COMMAND: Final = Command(
    name="replay",
    summary=_SUMMARY,
    description=_DESCRIPTION,
    add_arguments=add_arguments,
    run=run,
)
