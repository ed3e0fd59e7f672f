"""What distinguishes one service from another, in one place."""

from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from aiohttp import web

from leadwire.broker import Subscription
from leadwire.db import MigrationSource
from leadwire.service.settings import ServiceSettings

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)

Say = Callable[[str], None]
"""Prints a line for whoever runs a command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Generic[SettingsT]):
    """A command that one service has beside those that all have.

    Attributes:
        name: The word on the command line.
        help: One line for the list of commands.
        description: What `--help` says of it.
        add_arguments: Declares its options.
        run: Does it for the service, and returns the exit code.
    """

    name: str
    help: str
    description: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[["ServiceDescription[SettingsT]", SettingsT, Namespace, Say], Awaitable[int]]


class CheckFailedError(Exception):
    """Something that a service needs cannot be used; the message says what and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[SettingsT]):
    """What the command `check` tries for one service beside what every service needs.

    Attributes:
        name: What is tried.
        run: Tries it; raises `CheckFailedError` if it cannot be used.
    """

    name: str
    run: Callable[[SettingsT], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDescription(Generic[SettingsT]):
    """A service, as `leadwire.service.main` runs it.

    Attributes:
        name: Name of the service, its subscription's prefix and its command.
        schema: The Postgres schema that it owns.
        settings: What it reads from the environment.
        migrations: Every source of migrations of its schema, `OUTBOX_MIGRATIONS` included,
            in the order in which they are applied.
        subscriptions: What it consumes.
        handler_connections: Most database connections that its event handlers use at once;
            None for one for each event that is handled at once.
        setup: Wires the service into an application.
        commands: What its command line offers beside what every service's does.
        checks: What its command `check` tries beside what every service's does.
        commands_at_once: How many of its use cases may at once hold a connection while they
            wait for a lock, beside the handlers of events.
        issues_tokens: Whether it signs tokens, and so needs the private part of a key.
    """

    name: str
    schema: str
    settings: type[SettingsT]
    migrations: Sequence[MigrationSource]
    subscriptions: Sequence[Subscription]
    setup: Callable[[web.Application, SettingsT], None]
    handler_connections: int | None = None
    commands: Sequence[Command[SettingsT]] = ()
    checks: Sequence[Check[SettingsT]] = ()
    commands_at_once: int = 0
    issues_tokens: bool = False

    @property
    def handled_at_once(self) -> int:
        """Most events and commands that may wait for one lock at the same time."""
        handlers = self.handler_connections
        if handlers is None:
            handlers = sum(1 if each.ordered else each.prefetch for each in self.subscriptions)
        return self.commands_at_once + handlers
