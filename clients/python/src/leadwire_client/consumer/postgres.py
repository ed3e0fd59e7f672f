"""Keep what was handled in Postgres, with asyncpg, which you install."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, TypeAlias

import asyncpg

from leadwire_client.consumer.sql import query
from leadwire_client.consumer.units import Key, Revs, Unit

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

_ACQUIRE_WITHIN: Final = 30.0


class PostgresStore:
    """A `Store` in a Postgres database; its handlers get an asyncpg connection.

    The tables stand in the first schema of the role's `search_path`, beside the consumer's own.

    A statement that fails undoes the whole transaction, also where the handler catches the error:
    the event is tried again. `async with unit.connection.transaction():` around it undoes it alone.

    Args:
        pool: Of the consumer's database. Each handler takes a connection: events that are
            handled at once, the consumer's `prefetch`, wait for one if there are fewer.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def prepare(self) -> None:
        """Make the tables, if they are not there."""
        async with self._transaction() as connection:
            if not await connection.fetchval(query("postgres_has_tables")):
                await connection.execute(query("postgres_lock_tables"))
                await connection.execute(query("postgres_tables"))

    @asynccontextmanager
    async def once(self, key: Key) -> AsyncIterator[Unit[Connection] | None]:
        """Begin a transaction in which an event is noted as handled; see `Store`."""
        async with self._transaction() as connection:
            is_new = await connection.fetchval(
                query("postgres_note_key"), key.subscription, key.source, key.event_id
            )
            yield _unit(connection, key) if is_new else None
            if is_new:
                # Where a handler passed over an error of a statement, the server rolls back what it
                # is asked to commit, and calls that a success. This raises the error once more.
                await connection.execute(query("postgres_insist_on_transaction"))

    async def forget(self, *, subscription: str, before: datetime) -> int:
        """Delete a subscription's keys of events handled before then; return how many."""
        async with self._transaction() as connection:
            done = await connection.execute(query("postgres_forget_keys"), subscription, before)
            return int(done.rpartition(" ")[2])

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        async with (
            self._pool.acquire(timeout=_ACQUIRE_WITHIN) as connection,
            connection.transaction(),
        ):
            yield connection


def _unit(connection: Connection, key: Key) -> Unit[Connection]:
    async def raise_revs(raised: Sequence[Revs]) -> set[str]:
        rows = await connection.fetch(
            query("postgres_raise_revs"),
            key.subscription,
            [each.id for each in raised],
            [each.contact for each in raised],
            [each.work for each in raised],
            [each.manager for each in raised],
        )
        return {row["id"] for row in rows}

    return Unit(connection=connection, key=key, raise_revs=raise_revs)
