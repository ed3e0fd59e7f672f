"""Refuse a database that was restored from a backup, and not made fit for it.

Without the command `restored` nothing would show for a while: the services work, and subscribers
drop their news as old, since the revs of the backup are lower than those that were told after it
(docs/adr/0034-a-schema-knows-its-home.md).
"""

import structlog

from leadwire.db import (
    Connection,
    Database,
    Home,
    again_while_away,
    current_home,
    kept_home,
    move_home,
)
from leadwire.service.components import NotPreparedError

log = structlog.get_logger(__name__)


class KnownDatabase:
    """Refuses to start on a schema that was made elsewhere.

    Args:
        service: Name of the service, for the message.
        database: Its database, started before and migrated; it may have gone away since.
        answer_within: Seconds that a start waits for a database that has.
    """

    def __init__(self, *, service: str, database: Database, answer_within: float) -> None:
        self._service = service
        self._database = database
        self._answer_within = answer_within

    async def start(self) -> None:
        """Compare.

        A server that was promoted, as after a failover, is not refused, but told of once: nobody
        but the operator knows whether something was lost.

        Raises:
            NotPreparedError: The schema was restored, or copied.
            DatabaseUnavailableError: The database did not answer within `answer_within`.
        """
        await again_while_away(self._compare, within=self._answer_within)

    async def _compare(self) -> None:
        async with self._database.connection() as connection:
            here, home = await self._here_and_home(connection)
            if here.is_on_another_timeline(home):
                log.warning(
                    "database_on_another_timeline",
                    service=self._service,
                    before=home.timeline,
                    now=here.timeline,
                    remedy="if the server was recovered to an earlier moment, stop the service "
                    f"and run `{self._service} restored`; not after a failover that lost nothing",
                )
                await move_home(connection)

    async def stop(self) -> None:
        """Nothing is held."""

    async def check(self) -> None:
        """Only look.

        Raises:
            NotPreparedError: The schema was restored, or copied.
        """
        async with self._database.connection() as connection:
            await self._here_and_home(connection)

    async def _here_and_home(self, connection: Connection) -> tuple[Home, Home]:
        here, home = await current_home(connection), await kept_home(connection)
        if home is None or here.is_elsewhere(home):
            raise NotPreparedError(
                f"the schema {self._database.schema} was not made in this database: it was "
                "restored from a backup, or copied. While anything still runs on the first one, "
                f"leave this one alone. Else run `{self._service} restored` once, as "
                "docs/operations/backup.md says: without it subscribers take news for old"
            )
        return here, home
