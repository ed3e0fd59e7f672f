"""Wire all services into one process: one router, but each with its own everything else.

Every service keeps its own database role, pool, metrics registry and broker
connection, and they still talk through the broker only. What they share is the
HTTP port, since `/v1/leads/{id}` is served by three of them, method by method.
"""

from collections.abc import Mapping
from importlib.metadata import version

from aiohttp import web

from leadwire.http import new_application
from leadwire.service import ServiceSettings, authenticator_of, served_hosts_of
from leadwire_standalone import console
from leadwire_standalone.options import HOST
from leadwire_standalone.services import SERVICES


def create_app(settings: Mapping[str, ServiceSettings]) -> web.Application:
    """Return one application with the operations and loops of all services.

    Args:
        settings: Settings per service name.
    """
    shared = next(iter(settings.values()))  # what is about access is the same for all
    app = new_application(
        title="Leadwire",
        version=version("leadwire-standalone"),
        authenticator=authenticator_of(shared, issues_tokens=True),
        trusted_proxies=shared.trusted_proxies,
        served_hosts=served_hosts_of(shared, listens_on=HOST),
        root=console.page,
    )
    console.add_console(app)
    for service in SERVICES:
        service.setup(app, settings[service.name])
    return app
