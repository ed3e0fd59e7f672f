"""Move to another broker with nothing left behind in the one of the database.

What a broker has accepted stands in no outbox any more. Services that read another one would never
see it, and nothing would tell.
"""

from urllib.parse import urlsplit

import asyncpg

from leadwire.db import Connection, Queries
from leadwire_standalone.services import SERVICES

_QUERIES = Queries("leadwire_standalone")


class EventsLeftBehindError(Exception):
    """Another broker is chosen, and events still wait in the one of the database."""


async def insist_on_nothing_left_behind(
    connection: Connection, *, broker_url: str, admin_url: str
) -> None:
    """Look into the broker of the database, if that is not the one to be used.

    Args:
        connection: Of the database's administrator.
        broker_url: The broker that services are to use.
        admin_url: Of the database.

    Raises:
        EventsLeftBehindError: Events wait there for services.
    """
    if _place(broker_url) == _place(admin_url):
        return
    services = [each.name for service in SERVICES for each in service.subscriptions]
    try:
        left = await connection.fetchval(_QUERIES["count_left_behind"], services)
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return  # it was never used
    if left:
        raise EventsLeftBehindError(
            f"{left} deliveries of events still wait in the broker of the database, and another "
            "broker is chosen: run once more without LEADWIRE_BROKER_URL, until "
            "`leadwire_waiting_events` in /metrics is 0 everywhere, and then with it"
        )


def _place(url: str) -> tuple[str | None, int | None, str]:
    parts = urlsplit(url)
    return parts.hostname, parts.port, parts.path
