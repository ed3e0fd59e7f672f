"""The services' applications, wired and never started, for those who describe them."""

from collections.abc import Iterator
from typing import Any, Final

from aiohttp import web

from leadwire.service import create_app
from leadwire_standalone.app import create_app as create_whole
from leadwire_standalone.services import SERVICES

# Nothing of this is connected to.
_SETTINGS: Final[dict[str, Any]] = {
    "auth": "off",
    "broker_url": "memory://documentation",
    "database_url": "postgresql://documentation",
    "files_url": "file:///documentation",
    "email_url": "file:///documentation",
    "email_from": "documentation@example.com",
}


def wired() -> Iterator[tuple[str, web.Application]]:
    """Yield each service's name and its application."""
    for service in SERVICES:
        yield service.name, create_app(service, service.settings(**_SETTINGS))


def wired_together() -> web.Application:
    """Return one application of all services, which describes them in one document."""
    return create_whole({service.name: service.settings(**_SETTINGS) for service in SERVICES})
