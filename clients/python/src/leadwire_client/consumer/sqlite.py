"""Keep what was handled in SQLite, of the standard library."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from leadwire_client.consumer.sql import query
from leadwire_client.consumer.units import Key, Revs, Unit


class SqliteStore:
    """A `Store` in a SQLite database; its handlers get a `sqlite3.Connection`.

    One transaction at a time. Beginning and committing happen in a thread, as they may wait for
    the disk or for another process; what a handler itself executes holds up the event loop, so
    keep it short.

    Args:
        path: Of the database, whose directory must exist; `:memory:` for tests.
        busy_timeout: Seconds to wait for another process that writes.
    """

    def __init__(self, path: str | Path, *, busy_timeout: float = 10.0) -> None:
        self.connection = sqlite3.connect(
            path, timeout=busy_timeout, isolation_level=None, check_same_thread=False
        )
        self._writing = asyncio.Lock()

    async def prepare(self) -> None:
        """Make the tables, if they are not there, and let readers read while one writes."""
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.executescript(query("sqlite_tables"))

    @asynccontextmanager
    async def once(self, key: Key) -> AsyncIterator[Unit[sqlite3.Connection] | None]:
        """Begin a transaction in which an event is noted as handled; see `Store`."""
        async with self._writing:
            try:
                await self._in_thread("BEGIN IMMEDIATE")
                yield self._unit(key) if self._is_new(key) else None
                await self._in_thread("COMMIT")
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")

    async def forget(self, *, subscription: str, before: datetime) -> int:
        """Delete a subscription's keys of events handled before then; return how many."""
        async with self._writing:
            values = (subscription, before.timestamp())
            done = await self._in_thread(query("sqlite_forget_keys"), *values)
            return done.rowcount

    def close(self) -> None:
        """Close the database."""
        self.connection.close()

    async def _in_thread(self, statement: str, *values: str | float) -> sqlite3.Cursor:
        running = asyncio.create_task(asyncio.to_thread(self.connection.execute, statement, values))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            # A thread cannot be stopped: whoever comes next must not meet its transaction.
            await asyncio.wait([running])
            raise

    def _is_new(self, key: Key) -> bool:
        row = (key.subscription, key.source, key.event_id, time.time())
        return self.connection.execute(query("sqlite_note_key"), row).rowcount == 1

    def _unit(self, key: Key) -> Unit[sqlite3.Connection]:
        async def raise_revs(raised: Sequence[Revs]) -> set[str]:
            return {each.id for each in raised if self._is_raised(key.subscription, each)}

        return Unit(connection=self.connection, key=key, raise_revs=raise_revs)

    def _is_raised(self, subscription: str, revs: Revs) -> bool:
        row = (subscription, revs.id, revs.contact, revs.work, revs.manager)
        return self.connection.execute(query("sqlite_raise_revs"), row).rowcount == 1
