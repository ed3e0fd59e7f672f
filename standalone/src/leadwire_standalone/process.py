"""One standalone run, from an empty directory to a clean stop."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from leadwire.db.embedded import EmbeddedPostgres
from leadwire.http import SUPERVISOR, HttpServer
from leadwire.service import ServiceSettings
from leadwire_standalone.app import create_app
from leadwire_standalone.credentials import load_or_make_passwords
from leadwire_standalone.options import HOST, Options
from leadwire_standalone.provisioning import (
    BROKER_ROLE,
    provision_broker,
    provision_database,
    role_url,
)
from leadwire_standalone.services import SERVICES

log = structlog.get_logger(__name__)


class AnnounceReady:
    """The last component to start: tells the person at the terminal where to look."""

    def __init__(self, *, server: HttpServer) -> None:
        self._server = server

    async def start(self) -> None:
        """Print the address; everything before is ready."""
        print(f"Leadwire is ready at http://{HOST}:{self._server.port}", flush=True)  # noqa: T201

    async def stop(self) -> None:
        """Nothing is held."""


async def run(options: Options) -> None:
    """Run everything until SIGINT or SIGTERM.

    Raises:
        ComponentFailedError: Something did not start, or died.
    """
    prepare_data_directory(options.data)
    async with _administrator_url(options) as admin_url:
        settings = await prepare(options, admin_url)
        app = create_app(settings)
        drain_within = next(iter(settings.values())).drain_within
        server = HttpServer(app=app, host=HOST, port=options.port, drain_within=drain_within)
        app[SUPERVISOR].add("http server", server)
        app[SUPERVISOR].add("announcement", AnnounceReady(server=server))
        await app[SUPERVISOR].run()


def prepare_data_directory(data: Path) -> None:
    """Make the data directory, and settings that standalone alone knows a default for."""
    data.mkdir(parents=True, exist_ok=True)
    mail = data / "mail"
    os.environ.setdefault("NOTIFIER_EMAIL_URL", mail.as_uri())
    os.environ.setdefault("NOTIFIER_EMAIL_FROM", "Leadwire <leads@localhost>")
    os.environ.setdefault("NOTIFIER_ALERT_EMAIL_TO", "sales@localhost")


async def prepare(options: Options, admin_url: str) -> dict[str, ServiceSettings]:
    """Provision database and broker, and return the settings of each service by its name.

    Args:
        options: The choices of this run.
        admin_url: URL of a role that may create roles and schemas.
    """
    roles = [*(service.schema for service in SERVICES), BROKER_ROLE]
    passwords = load_or_make_passwords(options.data, roles)
    await provision_database(admin_url, services=SERVICES, passwords=passwords)
    broker_url = options.broker_url or role_url(
        admin_url, role=BROKER_ROLE, password=passwords[BROKER_ROLE]
    )
    await provision_broker(broker_url, services=SERVICES)
    return {
        service.name: service.settings(
            auth="off",
            broker_url=broker_url,
            database_url=role_url(
                admin_url, role=service.schema, password=passwords[service.schema]
            ),
        )
        for service in SERVICES
    }


@asynccontextmanager
async def _administrator_url(options: Options) -> AsyncIterator[str]:
    """Give the URL of the database's administrator; embedded Postgres runs meanwhile."""
    if options.database_url is not None:
        yield options.database_url
        return
    postgres = EmbeddedPostgres(data_dir=options.data / "postgres")
    try:
        await postgres.start()
        yield postgres.url
    finally:
        await postgres.stop()
