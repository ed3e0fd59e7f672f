"""Prepare database and broker, so that the services find what they need.

In production an operator does this with each service's `migrate` and `topology`
commands. Here the same commands run at every start; what is there already stays.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import structlog

from leadwire.db import provision_role
from leadwire.service import ServiceSettings
from leadwire.service.commands import apply_migrations, declare_topology
from leadwire_standalone.options import Options
from leadwire_standalone.services import SERVICES

log = structlog.get_logger(__name__)

BROKER_ROLE = "leadwire_broker"
BROKER_SCHEMA = "broker"
ROLES = (*(service.schema for service in SERVICES), BROKER_ROLE)


def role_url(admin_url: str, *, role: str, password: str) -> str:
    """Return the administrator's URL with another user and password in it."""
    parts = urlsplit(admin_url)
    host = parts.netloc.rpartition("@")[2]
    user = f"{quote(role, safe='')}:{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{user}@{host}"))


def broker_url(options: Options, *, admin_url: str, passwords: Mapping[str, str]) -> str:
    """Return the URL of the broker that was chosen, or of the one in the database."""
    return options.broker_url or role_url(
        admin_url, role=BROKER_ROLE, password=passwords[BROKER_ROLE]
    )


def service_settings(
    *, admin_url: str, broker_url: str, passwords: Mapping[str, str]
) -> dict[str, ServiceSettings]:
    """Return each service's settings, by its name: from the environment, but for the URLs.

    Raises:
        pydantic.ValidationError: The environment bears a wrong value.
    """
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


async def provision(
    settings: Mapping[str, ServiceSettings], *, admin_url: str, passwords: Mapping[str, str]
) -> None:
    """Make the roles and schemas of the services and of the Postgres broker; migrate; declare.

    Args:
        settings: Settings per service name.
        admin_url: URL of a role that may make roles and schemas.
        passwords: Password per role.
    """
    admin = await asyncpg.connect(admin_url, timeout=30, command_timeout=60)
    try:
        for role in ROLES:
            schema = BROKER_SCHEMA if role == BROKER_ROLE else role
            await provision_role(admin, role=role, password=passwords[role], schema=schema)
    finally:
        await admin.close(timeout=10)
    for service in SERVICES:
        await apply_migrations(service, settings[service.name], log.info)
        await declare_topology(service, settings[service.name], log.info)
