"""Declare subscriptions in the database, and tell what is missing."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg
import structlog

from leadwire.broker.errors import (
    BrokerConfigurationError,
    BrokerRefusedError,
    TopologyConflictError,
)
from leadwire.broker.port import Subscription
from leadwire.broker.postgres._connections import SCHEMA
from leadwire.db import Connection, MigrationSource, Queries, migrate, pending_migrations

log = structlog.get_logger(__name__)

MIGRATIONS = MigrationSource("broker", "leadwire.broker.postgres.migrations")

_QUERIES = Queries("leadwire.broker.postgres.sql")


async def declare(connection: Connection, subscriptions: Sequence[Subscription]) -> None:
    """Create the schema, its tables and the subscriptions, as far as they are not there.

    A subscription that exists takes the types that are wanted now.

    Raises:
        TopologyConflictError: A subscription exists and is ordered, or not, other than
            wanted; that decides how its deliveries were stored.
        BrokerConfigurationError: There is no schema and the role may not create one.
        BrokerRefusedError: The schema is another role's.
    """
    async with _tables(connection), connection.transaction():
        await _declare(connection, subscriptions)


async def mark(connection: Connection, mark: str) -> None:
    """Leave a mark; the tables are created if they are not there.

    Raises:
        BrokerConfigurationError: There is no schema and the role may not create one.
        BrokerRefusedError: The schema is another role's.
    """
    async with _tables(connection):
        await connection.execute(_QUERIES["leave_mark"], mark)


async def is_marked(connection: Connection, mark: str) -> bool:
    """Tell whether a mark is there."""
    try:
        return bool(await connection.fetchval(_QUERIES["is_marked"], mark))
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return False


async def missing(connection: Connection, subscriptions: Sequence[Subscription]) -> list[str]:
    """Name the subscriptions, and the types of existing ones, that are not there."""
    try:
        found = await _found(connection, subscriptions)
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        found = {}
    return [gap for wanted in subscriptions for gap in _gaps(wanted, found.get(wanted.name))]


async def waiting(connection: Connection, subscription: str, *, up_to: int) -> int:
    """Count what waits for a subscription; `up_to` stands for that many or more."""
    try:
        return int(await connection.fetchval(_QUERIES["count_waiting"], subscription, up_to))
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return 0


@asynccontextmanager
async def _tables(connection: Connection) -> AsyncIterator[None]:
    """Give the tables, created if need be; others that declare wait meanwhile."""
    await connection.execute(_QUERIES["lock_declaration"])
    try:
        await _create_tables(connection)
        yield
    finally:
        if not connection.is_closed():
            await connection.execute(_QUERIES["unlock_declaration"])


async def _create_tables(connection: Connection) -> None:
    usable = await connection.fetchval(_QUERIES["is_schema_usable"])
    if usable is None:
        await _create_schema(connection)
    elif not usable:
        # Its tables would be invisible, and seem to be missing.
        raise BrokerRefusedError(f"the schema {SCHEMA} belongs to another role than this broker's")
    # Asked first, so that a version older than the tables declares as well.
    if await pending_migrations(connection, schema=SCHEMA, sources=[MIGRATIONS]):
        await migrate(connection, schema=SCHEMA, sources=[MIGRATIONS])


async def _create_schema(connection: Connection) -> None:
    try:
        await connection.execute(_QUERIES["create_schema"])
    except asyncpg.InsufficientPrivilegeError as error:
        raise BrokerConfigurationError(
            f"the role may not create the schema {SCHEMA}: have an administrator create it "
            "for this role"
        ) from error


async def _declare(connection: Connection, subscriptions: Sequence[Subscription]) -> None:
    found = await _found(connection, subscriptions)
    for wanted in subscriptions:
        existing = found.get(wanted.name, wanted)
        if existing.ordered != wanted.ordered:
            raise TopologyConflictError(
                f"subscription {wanted.name} exists with ordered={existing.ordered}"
            )
        await connection.execute(
            _QUERIES["declare_subscription"], wanted.name, list(wanted.types), wanted.ordered
        )
    log.info("subscriptions_declared", names=[wanted.name for wanted in subscriptions])


async def _found(
    connection: Connection, subscriptions: Sequence[Subscription]
) -> Mapping[str, Subscription]:
    names = [wanted.name for wanted in subscriptions]
    rows = await connection.fetch(_QUERIES["list_subscriptions"], names)
    return {
        row["name"]: Subscription(
            name=row["name"], types=tuple(row["types"]), ordered=row["ordered"]
        )
        for row in rows
    }


def _gaps(wanted: Subscription, found: Subscription | None) -> list[str]:
    name = f"subscription {wanted.name}"
    if found is None:
        return [name]
    if found.ordered != wanted.ordered:
        return [f"{name} with ordered={wanted.ordered}"]
    lacking = sorted(set(wanted.types) - set(found.types))
    return [f"{name}: type {event_type}" for event_type in lacking]
