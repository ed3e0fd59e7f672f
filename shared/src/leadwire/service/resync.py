"""The command `resync` of services that have something to say again."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence

from leadwire.outbox import Outbox
from leadwire.resync import BacklogError, Pace, Part, Resync
from leadwire.service.commands import connected_broker, migrated_database
from leadwire.service.description import Command, Say, ServiceDescription, SettingsT


def resync_command(
    parts: Callable[[Outbox], Sequence[Part]],
    *,
    readers: Sequence[str],
    help_line: str,
    says: str,
) -> Command[SettingsT]:
    """Return the command.

    Args:
        parts: Makes what is to be said, into the given outbox.
        readers: Names of the subscriptions that read it, and must keep up.
        help_line: One line for the list of commands.
        says: What is said, as a sentence.
    """

    async def run(
        description: ServiceDescription[SettingsT],
        settings: SettingsT,
        options: Namespace,
        say: Say,
    ) -> int:
        outbox = Outbox()
        async with (
            migrated_database(description, settings, purpose="resync") as database,
            connected_broker(description, settings) as broker,
        ):
            resync = Resync(
                database=database,
                parts=parts(outbox),
                outbox=outbox,
                broker=broker,
                readers=[*readers, *options.reader],
                pace=Pace(rate=options.rate, max_backlog=options.max_backlog),
                say=say,
            )
            try:
                await resync(from_start=options.from_start)
            except BacklogError as error:
                say(f"resync: {error}")
                return 1
        return 0

    return Command(
        name="resync",
        help=help_line,
        description=(
            f"{says} It can be stopped: it goes on where it was. The service must be running "
            "elsewhere, since it publishes what this command puts into the outbox."
        ),
        add_arguments=_add_options,
        run=run,
    )


def _add_options(parser: ArgumentParser) -> None:
    pace = Pace()
    parser.add_argument(
        "--from-start", action="store_true", help="begin anew, also if the last one did not end"
    )
    parser.add_argument(
        "--rate",
        type=_positive,
        default=pace.rate,
        metavar="N",
        help="most events a second (default: %(default)s), if all readers are so fast",
    )
    parser.add_argument(
        "--max-backlog",
        type=_positive,
        default=pace.max_backlog,
        metavar="N",
        help="wait while so many events are in the outbox and in the longest queue of a reader: "
        "live events wait behind them (default: %(default)s)",
    )
    parser.add_argument(
        "--reader",
        action="append",
        default=[],
        metavar="NAME",
        help="a further subscription that must keep up, beside those of Leadwire's services; "
        "may be repeated",
    )


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number
