"""`python -m leadwire_client.consumer`: what a consumer set aside.

`AMQP_URL` says where RabbitMQ is. Exit codes: 0 done, 1 RabbitMQ or the queue is not there,
2 wrong arguments.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

from leadwire_client.command.printable import printable
from leadwire_client.consumer.parked import ParkedEvent, ParkedEvents
from leadwire_client.errors import ConsumerError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code."""
    options = parser().parse_args(arguments)
    try:
        asyncio.run(_run(options))
    except ConsumerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Give what reads the command line."""
    made = argparse.ArgumentParser(
        prog="python -m leadwire_client.consumer",
        description="What a consumer set aside. AMQP_URL says where RabbitMQ is.",
    )
    commands = made.add_subparsers(dest="command", required=True)
    shown = commands.add_parser("list", help="show what is parked, and why")
    shown.add_argument("--limit", type=int, default=100, help="default: %(default)s")
    moved = commands.add_parser("requeue", help="have events handled again")
    dropped = commands.add_parser("discard", help="drop events")
    for each in (moved, dropped):
        which = each.add_mutually_exclusive_group(required=True)
        which.add_argument("--id", action="append", default=[], help="of an event; repeatable")
        which.add_argument("--subject", help="id of the lead that they are about")
        which.add_argument("--all", action="store_true")
    for each in (shown, moved, dropped):
        each.add_argument("--queue", required=True, help="of the consumer, as billing.leads")
    return made


async def _run(options: argparse.Namespace) -> None:
    url = os.environ.get("AMQP_URL", "amqp://localhost/")
    async with ParkedEvents(url, queue=options.queue) as parked:
        if options.command == "list":
            for each in await parked.show(limit=options.limit):
                print(_line(each))
            return

        def chosen(event: ParkedEvent) -> bool:
            return options.all or event.message_id in options.id or _is_about(event, options)

        act = parked.requeue if options.command == "requeue" else parked.discard
        print(await act(chosen))


def _is_about(parked: ParkedEvent, options: argparse.Namespace) -> bool:
    return (
        options.subject is not None
        and parked.event is not None
        and parked.event.subject == options.subject
    )


def _line(parked: ParkedEvent) -> str:
    event, at = parked.event, parked.parked_at
    fields = (
        parked.message_id,
        event.type if event is not None else "unreadable",
        (event.subject if event is not None else None) or "-",
        at.isoformat(timespec="seconds") if at is not None else "-",
        parked.reason,
    )
    return printable("  ".join(fields))


if __name__ == "__main__":
    sys.exit(main())
