"""The command `prepare`: what every replica may run before each of its starts.

`migrate` and `topology` are for one operator at a time, who wants to know when something is
odd. A replica cannot ask anybody: it comes up beside others that do the same, and beside those of
another version. So it does only what is missing, and takes a schema that is newer than itself
as `serve` does: as one that expanded. Without that, nothing could be rolled back.
"""

from leadwire.broker import Broker
from leadwire.db import Connection, migrate, pending_migrations
from leadwire.outbox import BrokerMarks
from leadwire.service.commands import (
    migration_connection,
    missing_at,
    prepared_ends,
    provision_if_asked,
)
from leadwire.service.description import Say, ServiceDescription, SettingsT


async def prepare(description: ServiceDescription[SettingsT], settings: SettingsT, say: Say) -> int:
    """Make role and schema where an administrator's URL is given; migrate; declare.

    Each only where something is missing. Others may do so at the same time.
    """
    await provision_if_asked(description, settings, say)
    async with migration_connection(description, settings) as connection:
        await _migrate(description, connection, say)
    async with prepared_ends(description, settings, purpose="prepare", until_admitted=True) as (
        broker,
        marks,
    ):
        await _declare(description, broker, marks, say)
    return 0


async def _migrate(
    description: ServiceDescription[SettingsT], connection: Connection, say: Say
) -> None:
    schema, sources = description.schema, description.migrations
    pending = await pending_migrations(connection, schema=schema, sources=sources)
    # Another replica may have done it while this one waited for the lock.
    applied = await migrate(connection, schema=schema, sources=sources) if pending else []
    say(f"applied: {', '.join(applied)}" if applied else "nothing to apply")


async def _declare(
    description: ServiceDescription[SettingsT], broker: Broker, marks: BrokerMarks, say: Say
) -> None:
    missing = await missing_at(broker, description.subscriptions, marks)
    if missing:
        await broker.declare(description.subscriptions)
        await marks.leave()
    say(f"declared: {', '.join(missing)}" if missing else "nothing to declare")
