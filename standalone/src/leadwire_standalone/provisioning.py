"""Prepare database and broker, so that the services find what they need.

In production an operator does this with each service's `migrate` and `topology`
commands. Here the same commands run at every start; what is there already stays.
"""

import os
from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import structlog

from leadwire.db import Database, provision_role
from leadwire.service import ServiceSettings, SettingsError, load_settings
from leadwire.service.commands import apply_migrations, declare_topology
from leadwire_standalone.moving import insist_on_nothing_left_behind
from leadwire_standalone.options import Options, check_database_url
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
        SettingsError: The environment bears wrong values; each is named once.
    """
    settings: dict[str, ServiceSettings] = {}
    faults: dict[str, None] = {}
    for service in SERVICES:
        url = role_url(admin_url, role=service.schema, password=passwords[service.schema])
        try:
            settings[service.name] = load_settings(
                service.settings,
                # Nobody may take a process without access control for one that has it.
                auth=os.environ.get("LEADWIRE_AUTH") or "off",
                broker_url=broker_url,
                database_url=url,
                # Roles and schemas are made here, and nowhere else.
                admin_database_url=None,
            )
        except SettingsError as error:
            faults.update(dict.fromkeys(error.faults))
    if faults:
        raise SettingsError(list(faults))
    return settings


def check_settings(options: Options) -> None:
    """Insist on right settings before anything is started.

    Raises:
        SettingsError: The environment bears wrong values.
    """
    if options.database_url is not None:
        check_database_url(options.database_url)
    service_settings(
        admin_url=options.database_url or "postgresql://postgres@127.0.0.1/postgres",
        broker_url=options.broker_url or "postgresql://127.0.0.1/postgres",
        passwords=dict.fromkeys(ROLES, ""),
    )


async def provision(
    settings: Mapping[str, ServiceSettings], *, admin_url: str, passwords: Mapping[str, str]
) -> None:
    """Make the roles and schemas of the services and of the Postgres broker; migrate; declare.

    Args:
        settings: Settings per service name.
        admin_url: URL of a role that may make roles and schemas.
        passwords: Password per role.

    Raises:
        DatabaseUnavailableError: The database did not answer in time, or refused the URL.
        EventsLeftBehindError: Another broker is chosen, and events wait in that of the database.
    """
    admin = Database(
        url=admin_url,
        schema="public",
        application_name="leadwire-standalone",
        pool_size=1,
        connect_within=min(each.connect_within for each in settings.values()),
    )
    try:
        await admin.start()
        async with admin.connection() as connection:
            for url in {each.broker_url.get_secret_value() for each in settings.values()}:
                await insist_on_nothing_left_behind(connection, broker_url=url, admin_url=admin_url)
            for role in ROLES:
                schema = BROKER_SCHEMA if role == BROKER_ROLE else role
                await provision_role(connection, role=role, password=passwords[role], schema=schema)
    finally:
        await admin.stop()
    for service in SERVICES:
        await apply_migrations(service, settings[service.name], log.info)
        await declare_topology(service, settings[service.name], log.info)
