"""What distinguishes one service from another, in one place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from aiohttp import web

from leadwire.broker import Subscription
from leadwire.db import MigrationSource
from leadwire.service.settings import ServiceSettings

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


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
        setup: Wires the service into an application.
    """

    name: str
    schema: str
    settings: type[SettingsT]
    migrations: Sequence[MigrationSource]
    subscriptions: Sequence[Subscription]
    setup: Callable[[web.Application, SettingsT], None]
