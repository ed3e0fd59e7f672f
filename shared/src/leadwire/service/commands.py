"""The commands `serve`, `migrate` and `topology`, which every service has.

Each returns the exit code: 0 if it did what was asked, 1 if it could not.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from urllib.parse import unquote, urlsplit, urlunsplit

import structlog
from aiohttp import web

from leadwire.broker import Broker, Subscription, broker_from_url
from leadwire.db import Connection, Database, migrate, provision_role
from leadwire.http import SUPERVISOR, HttpServer, new_application
from leadwire.lifecycle import ComponentFailedError, allow_many_open_files, look_for_garbage_seldom
from leadwire.outbox import NO_MARK, BrokerMarks
from leadwire.service.access import authenticator_of, served_hosts_of
from leadwire.service.components import AppliedMigrations, ConfiguredServer, PatientBroker
from leadwire.service.description import Say, ServiceDescription, SettingsT
from leadwire.service.settings import SettingsError, variable_of

log = structlog.get_logger(__name__)


def create_app(description: ServiceDescription[SettingsT], settings: SettingsT) -> web.Application:
    """Return the service's application, wired and not yet started."""
    app = new_application(
        title=description.name,
        version=version("leadwire"),
        authenticator=authenticator_of(settings, issues_tokens=description.issues_tokens),
        trusted_proxies=settings.trusted_proxies,
        served_hosts=served_hosts_of(settings, listens_on=settings.http_host),
    )
    description.setup(app, settings)
    return app


async def serve(description: ServiceDescription[SettingsT], settings: SettingsT) -> int:
    """Run the service until it is asked to stop or a component dies."""
    app = create_app(description, settings)
    server = HttpServer(
        app=app,
        host=settings.http_host,
        port=settings.http_port,
        drain_delay=settings.drain_delay,
        drain_within=settings.drain_within,
    )
    configured = ConfiguredServer(server=server, host=settings.http_host, port=settings.http_port)
    app[SUPERVISOR].add("http", configured, stop_within=server.stop_within)
    look_for_garbage_seldom()
    allow_many_open_files()
    try:
        await app[SUPERVISOR].run()
    except ComponentFailedError as error:
        log.error("service_failed", reason=str(error))
        return 1
    log.info("service_stopped")
    return 0


async def apply_migrations(
    description: ServiceDescription[SettingsT], settings: SettingsT, say: Say
) -> int:
    """Make role and schema where an administrator's URL is given, then migrate as the role."""
    await provision_if_asked(description, settings, say)
    async with migration_connection(description, settings) as connection:
        applied = await migrate(
            connection, schema=description.schema, sources=description.migrations
        )
    say(f"applied: {', '.join(applied)}" if applied else "nothing to apply")
    return 0


async def declare_topology(
    description: ServiceDescription[SettingsT], settings: SettingsT, say: Say
) -> int:
    """Declare what the service's subscriptions need at the broker, and have it known."""
    async with prepared_ends(description, settings, purpose="topology") as (broker, marks):
        await broker.declare(description.subscriptions)
        await marks.leave()
    names = ", ".join(each.name for each in description.subscriptions) or "none"
    say(f"declared the exchange and the subscriptions: {names}")
    return 0


async def check_topology(
    description: ServiceDescription[SettingsT], settings: SettingsT, say: Say
) -> int:
    """Say what the service's subscriptions miss at the broker."""
    async with prepared_ends(description, settings, purpose="topology") as (broker, marks):
        missing = await missing_at(broker, description.subscriptions, marks)
    say(f"missing: {', '.join(missing)}" if missing else "everything is there")
    return 1 if missing else 0


async def missing_at(
    broker: Broker, subscriptions: Sequence[Subscription], marks: BrokerMarks
) -> list[str]:
    """Name what `topology` would add at the broker."""
    missing = await broker.missing(subscriptions)
    return missing if await marks.find() != NO_MARK else [*missing, "mark of the schema"]


@asynccontextmanager
async def prepared_ends(
    description: ServiceDescription[SettingsT],
    settings: SettingsT,
    *,
    purpose: str,
    until_admitted: bool = False,
) -> AsyncIterator[tuple[Broker, BrokerMarks]]:
    """Lend a connection to the broker, and the marks by which the migrated schema knows it.

    Raises:
        NotPreparedError: A migration is missing.
    """
    async with (
        migrated_database(description, settings, purpose=purpose) as database,
        connected_broker(description, settings, until_admitted=until_admitted) as broker,
    ):
        yield broker, BrokerMarks(service=description.name, database=database, broker=broker)


@asynccontextmanager
async def connected_broker(
    description: ServiceDescription[SettingsT],
    settings: SettingsT,
    *,
    until_admitted: bool = False,
) -> AsyncIterator[Broker]:
    """Lend a connection to the broker; one that refuses us is told of at once.

    Whoever gave the command waits for the answer.

    Args:
        description: The service.
        settings: Its settings.
        until_admitted: Whether one that refuses us is waited for as well, since nobody
            waits for the answer.
    """
    url = settings.broker_url.get_secret_value()
    broker = broker_from_url(url, name=description.name)
    patient = PatientBroker(
        broker=broker,
        url=url,
        connect_within=settings.connect_within,
        until_admitted=until_admitted,
    )
    try:
        await patient.start()
        yield broker
    finally:
        await patient.stop()


@asynccontextmanager
async def migrated_database(
    description: ServiceDescription[SettingsT], settings: SettingsT, *, purpose: str
) -> AsyncIterator[Database]:
    """Lend the service's database to a command of its own.

    Raises:
        NotPreparedError: A migration is missing.
    """
    database = new_database(description, settings, purpose=purpose)
    try:
        await database.start()
        await AppliedMigrations(
            service=description.name,
            database=database,
            sources=description.migrations,
            answer_within=settings.connect_within,
        ).start()
        yield database
    finally:
        await database.stop()


def new_database(
    description: ServiceDescription[SettingsT],
    settings: SettingsT,
    *,
    purpose: str,
    connect_within: float | None = None,
) -> Database:
    """A small pool for a command that soon ends."""
    return Database(
        url=settings.database_url.get_secret_value(),
        schema=description.schema,
        application_name=f"{description.name}:{purpose}",
        pool_size=1,
        connect_within=connect_within or settings.connect_within,
    )


@asynccontextmanager
async def migration_connection(
    description: ServiceDescription[SettingsT], settings: SettingsT
) -> AsyncIterator[Connection]:
    """Lend a connection of the service's role, as `migrate` wants it."""
    database = new_database(description, settings, purpose="migrate")
    try:
        await database.start()
        connection = await database.dedicated(purpose="schema")
        try:
            yield connection
        finally:
            await connection.close()
    finally:
        await database.stop()


async def provision_if_asked(
    description: ServiceDescription[SettingsT], settings: SettingsT, say: Say
) -> None:
    """Make role and schema where an administrator's URL is given."""
    if settings.admin_database_url is not None:
        await _provision(description, settings, settings.admin_database_url.get_secret_value())
        say(f"role and schema {description.schema} are there")


async def _provision(
    description: ServiceDescription[SettingsT], settings: SettingsT, admin_url: str
) -> None:
    role = _Role.of(
        settings.database_url.get_secret_value(),
        variable=variable_of(description.settings, "database_url"),
    )
    admin = Database(
        url=_on_database(admin_url, role.database),
        schema="public",
        application_name=f"{description.name}:provision",
        pool_size=1,
        connect_within=settings.connect_within,
    )
    try:
        await admin.start()
        async with admin.connection() as connection:
            await provision_role(
                connection, role=role.name, password=role.password, schema=description.schema
            )
    finally:
        await admin.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Role:
    """Who a service is to the database, as its own URL says."""

    name: str
    password: str = field(repr=False)
    database: str

    @classmethod
    def of(cls, url: str, *, variable: str) -> "_Role":
        parts = urlsplit(url)
        name, password = unquote(parts.username or ""), unquote(parts.password or "")
        if not name or not password or not password.isascii():
            raise SettingsError(
                [f"{variable} is wrong: to make its role it must hold role and password, in ASCII"]
            )
        return cls(
            name=name,
            password=password,
            database=parts.path.removeprefix("/"),
        )


def _on_database(admin_url: str, database: str) -> str:
    """Point the administrator's URL at the service's database: schemas live in one."""
    parts = urlsplit(admin_url)
    return urlunsplit(parts._replace(path=f"/{database}")) if database else admin_url
