"""Which broker the events of a schema go to, so that two are noticed.

No address tells: a proxy or an alias makes two of one broker, and what a broker says of itself is
the same in each copy of an installation. So whoever declares the topology leaves a mark at each
broker that the schema meets, a number made at random, and the schema keeps it. A process asks its
broker for the marks that the schema keeps, and knows by that which one it has.

Who serves holds a lock on that mark for as long as he lives. All with the same broker share it;
where another mark is held, somebody serves the schema with another broker. A lock needs no clock
and nobody who cleans up: it goes with its process, or seconds after its machine, and a process
that hangs keeps it, since it may go on.
(docs/adr/0035-a-schema-is-served-with-one-broker.md)
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NewType

import asyncpg

from leadwire.broker import Broker
from leadwire.db import Connection, Database, DedicatedConnection, Queries
from leadwire.outbox.errors import ServedElsewhereError, UnmarkedBrokerError

_QUERIES = Queries("leadwire.outbox.sql")

BrokerMark = NewType("BrokerMark", int)
"""The number by which the schema, and its locks, know a mark."""

NO_MARK: Final = BrokerMark(0)
"""Of a broker that has none of the schema's."""

ALL_ARE_BACK_AFTER: Final = timedelta(seconds=15)
"""After which replicas whose locks went with a database that restarted have them again."""


class BrokerMarks:
    """The marks that one schema keeps, and the broker at hand.

    Args:
        service: Name of the service, which the marks bear.
        database: Of the service, migrated.
        broker: Started before.
        all_are_back_after: See `ALL_ARE_BACK_AFTER`.
    """

    def __init__(
        self,
        *,
        service: str,
        database: Database,
        broker: Broker,
        all_are_back_after: timedelta = ALL_ARE_BACK_AFTER,
    ) -> None:
        self._service = service
        self._database = database
        self._broker = broker
        self._all_are_back_after = all_are_back_after
        self._key = f"brokers of {database.schema}"

    async def leave(self) -> None:
        """Leave a mark, unless one of the schema is there.

        Raises:
            BrokerError: The broker does not answer, or refuses it.
        """
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["lock_broker_marks"], self._key)
            if await self._first_at_broker(await _kept(connection)) == NO_MARK:
                mark = await connection.fetchval(_QUERIES["add_broker_mark"])
                await self._broker.mark(f"{self._service}.{mark}")

    async def find(self) -> BrokerMark:
        """Return the mark that the broker at hand has; `NO_MARK` if it has none of the schema's.

        Raises:
            BrokerError: The broker does not answer.
        """
        async with self._database.connection() as connection:
            kept = await _kept(connection)
        return await self._first_at_broker(kept)

    async def look(self) -> None:
        """Only look whether the schema could be served with the broker at hand.

        Raises:
            As for `hold`.
        """
        mark = await self.find()
        async with self._database.connection() as connection:
            await self._look(connection, mark)

    async def hold(self, connection: DedicatedConnection, mark: BrokerMark) -> bool:
        """Serve with the broker from now on, until the connection ends.

        Returns:
            Whether the schema was served with another broker before.

        Raises:
            ServedElsewhereError: Somebody serves with another one, or may be about to go on.
            UnmarkedBrokerError: Nobody does, and the schema does not keep the mark.
        """
        async with connection.transaction():
            await connection.execute(_QUERIES["lock_broker_marks"], self._key)
            is_change = await self._look(connection, mark)
            if is_change:
                await connection.execute(_QUERIES["forget_former_broker"], mark)
            await connection.execute(_QUERIES["serve_with_broker"], mark)
            await connection.execute(_QUERIES["hold_broker_mark"], self._key, mark)
        return is_change

    async def _look(self, connection: Connection, mark: BrokerMark) -> bool:
        """Insist on that nobody serves with another broker; tell whether somebody did before."""
        [seen] = await connection.fetch(
            _QUERIES["look_around_at_brokers"], self._key, mark, self._all_are_back_after
        )
        if seen["elsewhere"]:
            raise ServedElsewhereError(seen["elsewhere"])
        if not seen["is_known"]:
            raise UnmarkedBrokerError
        if seen["is_change"] and seen["has_just_started"]:
            # Or a broker that was turned away would have the schema as soon as the database
            # restarts, if it only asks often enough.
            raise ServedElsewhereError([])
        return bool(seen["is_change"])

    async def _first_at_broker(self, kept: Sequence[asyncpg.Record]) -> BrokerMark:
        for each in kept:
            if await self._broker.is_marked(f"{self._service}.{each['mark']}"):
                return BrokerMark(each["number"])
        return NO_MARK


async def _kept(connection: Connection) -> Sequence[asyncpg.Record]:
    """Return the marks that the schema keeps; that of the broker that is served comes first."""
    return await connection.fetch(_QUERIES["list_broker_marks"])
