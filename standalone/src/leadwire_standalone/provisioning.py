"""Prepare a database and a broker, so that the services find what they need.

In production an operator does this with each service's `migrate` and `topology`
commands; here it happens at every start, and changes nothing that is there already.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from leadwire.broker import broker_from_url
from leadwire.db import migrate, provision_role
from leadwire.service import ServiceDescription

BROKER_ROLE = "leadwire_broker"
BROKER_SCHEMA = "broker"


def role_url(admin_url: str, *, role: str, password: str) -> str:
    """Return the administrator's URL with another user and password in it."""
    parts = urlsplit(admin_url)
    host = parts.netloc.rpartition("@")[2]
    user = f"{quote(role, safe='')}:{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{user}@{host}"))


async def provision_database(
    admin_url: str, *, services: Sequence[ServiceDescription], passwords: Mapping[str, str]
) -> None:
    """Make each service's role and schema, and the Postgres broker's, and migrate.

    Args:
        admin_url: URL of a role that may create roles and schemas.
        services: Whose schemas to make, each owned by a role of the schema's name.
        passwords: Password per role.
    """
    schemas = {service.schema: service.schema for service in services} | {
        BROKER_ROLE: BROKER_SCHEMA
    }
    admin = await asyncpg.connect(admin_url, timeout=30)
    try:
        for role, schema in schemas.items():
            await provision_role(admin, role=role, password=passwords[role], schema=schema)
    finally:
        await admin.close()
    for service in services:
        url = role_url(admin_url, role=service.schema, password=passwords[service.schema])
        connection = await asyncpg.connect(url, timeout=30)
        try:
            await migrate(connection, schema=service.schema, sources=service.migrations)
        finally:
            await connection.close()


async def provision_broker(broker_url: str, *, services: Sequence[ServiceDescription]) -> None:
    """Declare every service's subscriptions at the broker."""
    broker = broker_from_url(broker_url, name="leadwire-topology")
    await broker.start()
    try:
        await broker.declare([wanted for service in services for wanted in service.subscriptions])
    finally:
        await broker.stop()
