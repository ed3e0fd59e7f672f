"""The four services, each on a port of its own as it is deployed, but all in this process."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from gateway.nginx import Gateway, furnished_home

from leadwire.http import SUPERVISOR, HttpServer
from leadwire.service import create_app
from leadwire.testing.postgres_databases import DatabaseTemplates
from leadwire_standalone.services import SERVICES

# One client that is so busy has to be let.
UNLIMITED = {
    "GATEWAY_FORM_RATE": "100000r/s",
    "GATEWAY_TOKEN_RATE": "100000r/s",
    "GATEWAY_REQUEST_RATE": "100000r/s",
}


@asynccontextmanager
async def whole_leadwire(
    templates: DatabaseTemplates, directory: Path, **settings: Any
) -> AsyncIterator[Gateway]:
    """Run the services and a gateway in front of them, which takes as much as comes."""
    async with AsyncExitStack() as running:
        services = Services(templates=templates, directory=directory, settings=settings)
        running.push_async_callback(services.stop)
        await services.start()
        home = running.enter_context(furnished_home())
        gateway = Gateway(home=home, upstreams=services.addresses, settings=UNLIMITED)
        running.push_async_callback(gateway.stop)
        yield await gateway.start()


class Services:
    """Services on a database of their own.

    Args:
        templates: Where databases come from.
        directory: For their files.
        settings: For all of them, beside what each needs to run.
    """

    def __init__(
        self, *, templates: DatabaseTemplates, directory: Path, settings: Mapping[str, Any]
    ) -> None:
        self._templates = templates
        self._directory = directory
        self._settings = settings
        self._database = ""
        self._servers: dict[str, HttpServer] = {}
        self._supervisors: list[Any] = []

    @property
    def addresses(self) -> dict[str, str]:
        """Host and port of each service, by its name."""
        return {name: f"127.0.0.1:{server.port}" for name, server in self._servers.items()}

    async def start(self) -> None:
        """Make the database and start every service."""
        self._database = await self._templates.create()
        broker = f"memory://{uuid4()}"
        for service in SERVICES:
            await self._templates.add(self._database, service.schema, service.migrations)
            settings = {
                "auth": "off",
                "trusted_proxies": "127.0.0.0/8",
                "broker_url": broker,
                "database_url": self._templates.service_url(self._database, service.schema),
                "files_url": (self._directory / "files").as_uri(),
                "email_url": (self._directory / "mail").as_uri(),
                "email_from": "leads@example.com",
                **self._settings,
            }
            app = create_app(service, service.settings(**settings))
            server = HttpServer(app=app, host="127.0.0.1", port=0)
            app[SUPERVISOR].add("http", server)
            self._supervisors.append(app[SUPERVISOR])
            self._servers[service.name] = server
        for supervisor in self._supervisors:
            await supervisor.start()

    async def stop(self) -> None:
        """Stop every service and drop the database."""
        for supervisor in reversed(self._supervisors):
            await supervisor.stop()
        await self._templates.drop(self._database)
