"""What a command is made of."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command.

    Attributes:
        name: The word that calls it.
        summary: What it does, in a line of a list.
        description: What it does, and its exit codes.
        add_arguments: Adds what it takes, but for the connection.
        run: Does it with what was given, and returns the exit code. Errors of the client,
            `OSError` and `ValueError` are told, and become exit codes, where it is called.
        connects: Whether it asks a server, and so takes the connection.
    """

    name: str
    summary: str
    description: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    connects: bool = True

    @classmethod
    def brief(
        cls,
        name: str,
        summary: str,
        add_arguments: Callable[[argparse.ArgumentParser], None],
        run: Callable[[argparse.Namespace], int],
        *,
        more: str = "",
        connects: bool = True,
    ) -> Self:
        """Make one that its summary describes, as a sentence, with `more` beneath it."""
        return cls(
            name=name,
            summary=summary,
            description=f"{summary[0].upper()}{summary[1:]}.\n{more}",
            add_arguments=add_arguments,
            run=run,
            connects=connects,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Commands about one kind of thing, as `leadwire managers list`."""

    name: str
    summary: str
    description: str
    commands: tuple[Command, ...]
