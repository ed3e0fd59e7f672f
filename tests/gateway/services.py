"""The four services, each on a port of its own as it is deployed, but all in this process."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from gateway.nginx import Gateway, furnished_home

from leadwire.db.embedded import free_port
from leadwire.http import SUPERVISOR, HttpServer
from leadwire.service import ServiceDescription, create_app
from leadwire.service.commands import declare_topology
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
    async with (
        Services(templates=templates, directory=directory, settings=settings) as services,
        services.gateway() as gateway,
    ):
        yield gateway


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
        self._settings = {"broker_url": f"memory://{uuid4()}", **settings}
        self._database = ""
        self._ports: dict[str, int] = {}
        self._supervisors: dict[str, Any] = {}

    async def __aenter__(self) -> Self:
        self._database = await self._templates.create()
        for service in SERVICES:
            await self._templates.add(self._database, service.schema, service.migrations)
            await declare_topology(service, self._settings_of(service), lambda _: None)
            await self._start(service)
        return self

    async def __aexit__(self, *_: object) -> None:
        for supervisor in reversed(self._supervisors.values()):
            await supervisor.stop()
        await self._templates.drop(self._database)

    @asynccontextmanager
    async def gateway(self, **settings: str) -> AsyncIterator[Gateway]:
        """Run a gateway in front of them, which by itself takes as much as comes."""
        addresses = {name: f"127.0.0.1:{port}" for name, port in self._ports.items()}
        with furnished_home() as home:
            gateway = Gateway(home=home, upstreams=addresses, settings=UNLIMITED | settings)
            try:
                yield await gateway.start()
            finally:
                await gateway.stop()

    @asynccontextmanager
    async def without(self, name: str) -> AsyncIterator[None]:
        """Have one of them end, and come back where it was."""
        await self._supervisors.pop(name).stop()
        yield
        await self._start(next(each for each in SERVICES if each.name == name))

    def database_url(self, schema: str) -> str:
        """Give the URL of the database, for the service that owns a schema in it."""
        return self._templates.service_url(self._database, schema)

    async def _start(self, service: ServiceDescription[Any]) -> None:
        app = create_app(service, self._settings_of(service))
        # Nobody else is given it while the service is away.
        port = self._ports.get(service.name) or free_port()
        server = HttpServer(app=app, host="127.0.0.1", port=port)
        supervisor = app[SUPERVISOR]
        supervisor.add("http", server)
        await supervisor.start()
        self._supervisors[service.name] = supervisor
        self._ports[service.name] = port

    def _settings_of(self, service: ServiceDescription[Any]) -> Any:
        settings = {
            "auth": "off",
            "trusted_proxies": "127.0.0.0/8",
            "database_url": self.database_url(service.schema),
            "files_url": (self._directory / "files").as_uri(),
            "email_url": (self._directory / "mail").as_uri(),
            "email_from": "leads@example.com",
            **self._settings,
        }
        return service.settings(**settings)
