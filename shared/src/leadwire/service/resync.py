"""The command `resync` of services that have something to say again."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence

from leadwire.outbox import Outbox
from leadwire.resync import OutboxFullError, Pace, Part, Resync
from leadwire.service.commands import migrated_database
from leadwire.service.description import Command, Say, ServiceDescription, SettingsT


def resync_command(
    parts: Callable[[Outbox], Sequence[Part]],
    *,
    help_line: str,
    says: str,
) -> Command[SettingsT]:
    """Return the command.

    Args:
        parts: Makes what is to be said, into the given outbox.
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
        async with migrated_database(description, settings, purpose="resync") as database:
            resync = Resync(
                database=database,
                parts=parts(outbox),
                outbox=outbox,
                pace=Pace(rate=options.rate, max_backlog=options.max_backlog),
                say=say,
            )
            try:
                await resync(from_start=options.from_start)
            except OutboxFullError as error:
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
        help="most events a second (default: %(default)s)",
    )
    parser.add_argument(
        "--max-backlog",
        type=_positive,
        default=pace.max_backlog,
        metavar="N",
        help="wait while the outbox holds as many events (default: %(default)s)",
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("must be at least 1")
    return number
