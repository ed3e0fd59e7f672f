"""The command `check`: try everything the service needs, and say so line by line."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from leadwire.broker import BrokerError
from leadwire.db import Database, DatabaseError, pending_migrations
from leadwire.outbox import BrokerMarks, ServedElsewhereError, UnmarkedBrokerError
from leadwire.service.access import authenticator_of
from leadwire.service.commands import connected_broker, missing_at, new_database
from leadwire.service.components import NotPreparedError
from leadwire.service.description import CheckFailedError, Say, ServiceDescription, SettingsT
from leadwire.service.known_database import KnownDatabase

CHECK_WITHIN = 10.0
"""Seconds that the database, then the broker, and then whatever else have to answer."""

_REASONS = (
    DatabaseError,
    BrokerError,
    NotPreparedError,
    ServedElsewhereError,
    CheckFailedError,
    OSError,
)


async def check(description: ServiceDescription[SettingsT], settings: SettingsT, say: Say) -> int:
    """Check settings, database, migrations, broker, topology and what else a service needs.

    One line each.

    Raises:
        SettingsError: A file of users or token keys cannot be used.

    Returns:
        0 if all is well, 1 otherwise.
    """
    authenticator_of(settings, issues_tokens=description.issues_tokens)
    say("settings: ok")
    database = new_database(description, settings, purpose="check", connect_within=CHECK_WITHIN / 2)
    try:
        well = await _attempt("database", database.start, say)
        if well:
            async with database.connection() as connection:
                pending = await pending_migrations(
                    connection, schema=description.schema, sources=description.migrations
                )
            well = _report("migrations", pending, f"run `{description.name} migrate`", say)
        if well:
            known = KnownDatabase(
                service=description.name, database=database, answer_within=CHECK_WITHIN
            )
            well = await _attempt("home", known.check, say)
        usable = database if well else None
        well = await _check_broker(description, settings, usable, say) and well
    finally:
        await database.stop()
    for each in description.checks:
        well = await _attempt(each.name, partial(each.run, settings), say) and well
    return 0 if well else 1


async def _check_broker(
    description: ServiceDescription[SettingsT],
    settings: SettingsT,
    database: Database | None,
    say: Say,
) -> bool:
    """Look at the broker, and, if the database can tell, whether others serve with another one."""
    missing: list[str] = []

    async def look() -> None:
        async with connected_broker(description, settings) as broker:
            await broker.check()
            if not broker.capabilities.durable:
                return
            if database is None:
                missing.extend(await broker.missing(description.subscriptions))
                return
            marks = BrokerMarks(service=description.name, database=database, broker=broker)
            missing.extend(await missing_at(broker, description.subscriptions, marks))
            with suppress(UnmarkedBrokerError):  # it is told of as missing
                await marks.look()

    if not await _attempt("broker", look, say):
        return False
    return _report("topology", missing, f"run `{description.name} topology`", say)


async def _attempt(what: str, attempt: Callable[[], Awaitable[None]], say: Say) -> bool:
    try:
        async with asyncio.timeout(CHECK_WITHIN):
            await attempt()
    except TimeoutError:
        say(f"{what}: no answer within {CHECK_WITHIN:g} s")
        return False
    except _REASONS as error:
        say(f"{what}: {error}")
        return False
    say(f"{what}: ok")
    return True


def _report(what: str, missing: list[str], remedy: str, say: Say) -> bool:
    say(f"{what}: missing {', '.join(missing)}; {remedy}" if missing else f"{what}: ok")
    return not missing
