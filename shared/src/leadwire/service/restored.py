"""The command `restored`, which each service is given once after its database was restored."""

from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable

from leadwire.db import Database, move_home
from leadwire.service.commands import migrated_database
from leadwire.service.description import Command, Say, ServiceDescription, SettingsT


def _no_options(parser: ArgumentParser) -> None:
    """Most services need none."""


def restored_command(
    settle: Callable[[SettingsT, Database, Namespace, Say], Awaitable[bool]],
    *,
    help_line: str,
    does: str,
    add_arguments: Callable[[ArgumentParser], None] = _no_options,
) -> Command[SettingsT]:
    """Return the command.

    Args:
        settle: Makes what was restored fit to be served, and says what it did; safe to do again
            if it was killed or returns False, for what could not be done.
        help_line: One line for the list of commands.
        does: What it does, as sentences.
        add_arguments: Declares options.
    """

    async def run(
        description: ServiceDescription[SettingsT],
        settings: SettingsT,
        options: Namespace,
        say: Say,
    ) -> int:
        async with migrated_database(description, settings, purpose="restored") as database:
            done = await settle(settings, database, options, say)
            if done:
                async with database.connection() as connection:
                    await move_home(connection)
        return 0 if done else 1

    return Command(
        name="restored",
        help=help_line,
        description=(
            f"{does} For a database that was restored from a backup, before the service is started "
            "on it for the first time, which it refuses until then; killed, it is run again."
        ),
        add_arguments=add_arguments,
        run=run,
    )
