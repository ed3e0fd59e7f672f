"""Read the change log: where it ends, what changed, and the snapshot beside it.

A step is one short repeatable-read, so that head, changes and page are of one moment.
The connection goes back to the pool before anything is sent to anybody. Only a few steps
run at once: many followers that come back together must not take the connections with
which events are taken into the projection.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from typing import Final
from uuid import UUID

from asyncpg import Record

from leadwire.db import Connection, Database, DatabaseUnavailableError, Queries
from stream_svc.domain.cursor import END_KEY
from stream_svc.domain.facets import Facets
from stream_svc.domain.filters import LeadFilter
from stream_svc.domain.follow import Change, Place
from stream_svc.domain.frames import SNAPSHOT_PUT, lead_id_of
from stream_svc.domain.steps import Head, Page, Step
from stream_svc.storage.conditions import with_filter

BYTES_PER_READ: Final = 2 * 1024 * 1024
"""About the most that one step brings of changes."""

LARGE_LEADS_PER_PAGE: Final = 100
"""Most leads of a whole page whose documents are larger than 1 KiB; no lead is larger than an
event. So a page has 4 MiB of small ones at the most, and hardly ever 6 MiB of large ones."""

LEADS_OF_ALL_PAGES: Final = 40_000
LEAST_LEADS_PER_PAGE: Final = 200
"""What is read of snapshots at the same moment is shared by all who read one: a page that its
reader takes slowly, and the next one, stay in memory, and there may be a thousand such readers."""

TURN_SECONDS: Final = 15.0
"""How long a follower waits for its turn."""

_FRAME: Final = itemgetter("frame")


class ChangeLog:
    """Reads of the log.

    Args:
        database: Whose log it is.
        concurrency: Most connections that are used at once.
        changes_per_read: Most changes of one step.
        leads_per_page: Most leads of one page; fewer if many read snapshots.
    """

    def __init__(
        self,
        *,
        database: Database,
        concurrency: int = 1,
        changes_per_read: int = 1000,
        leads_per_page: int = 4000,
    ) -> None:
        self._database = database
        self._turns = asyncio.Semaphore(concurrency)
        self._changes_per_read = changes_per_read
        self._leads_per_page = leads_per_page
        self._snapshots = 0
        self._queries = Queries("stream_svc.storage")

    async def head(self) -> Head:
        """Read where the log ends."""
        async with self._turn(), self._database.connection() as connection:
            return await self._head(connection)

    async def step(self, place: Place, leads: LeadFilter) -> Step:
        """Take a follower's next step: the changes since, then the next page.

        No page is read if there are more changes than one step reads: the page would be
        of a later moment than the position that the client then stands at. Where nothing
        changes, the page alone is read, in one round trip.

        Raises:
            DatabaseUnavailableError: The database, or the follower's turn, did not come
                in time.
        """
        async with self._turn():
            if not place.snapshot_complete:
                async with self._database.connection() as connection:
                    head, page = await self._page(connection, place, leads)
                if page is not None:
                    return Step(head, (), place.pos, page)
            async with self._database.transaction(
                isolation="repeatable_read", readonly=True
            ) as connection:
                head = await self._head(connection)
                if not head.serves(place.epoch, place.pos):
                    return Step(head, (), place.pos, None)
                changes, pos = await self._changes(connection, place, head)
                if place.snapshot_complete or pos < head.pos:
                    return Step(head, changes, pos, None)
                _, page = await self._page(connection, replace(place, pos=pos), leads)
                return Step(head, changes, pos, page)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read a snapshot while in this context: pages are smaller, the more are read."""
        self._snapshots += 1
        try:
            yield
        finally:
            self._snapshots -= 1

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Forget at most `limit` changes written before a moment; return how many."""
        async with self._database.transaction() as connection:
            forgotten: int = await connection.fetchval(
                self._queries["prune_changes"], before, limit
            )
        return forgotten

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            raise DatabaseUnavailableError(
                f"too many followers read the log: no turn within {TURN_SECONDS:g} s"
            ) from None
        try:
            yield
        finally:
            self._turns.release()

    async def _head(self, connection: Connection) -> Head:
        row = await connection.fetchrow(self._queries["read_head"])
        if row is None:
            raise LookupError("the table head is empty: the schema is damaged")
        return Head(epoch=row["epoch"], pos=row["pos"], pruned_to=row["pruned_to"])

    async def _changes(
        self, connection: Connection, place: Place, head: Head
    ) -> tuple[tuple[Change, ...], int]:
        if place.pos >= head.pos:
            return (), place.pos
        rows = await connection.fetch(
            self._queries["read_changes"],
            place.pos,
            head.pos,
            place.key,
            place.resumed,
            self._changes_per_read,
            BYTES_PER_READ,
        )
        complete = not rows or len(rows) == rows[0]["found"]
        return tuple(map(_change_of, rows)), head.pos if complete else rows[-1]["pos"]

    async def _page(
        self, connection: Connection, place: Place, leads: LeadFilter
    ) -> tuple[Head, Page | None]:
        """Read the head, and the next page if the place is at it."""
        most, most_large = self._page_bounds()
        text, parameters = with_filter(self._queries["read_page"], leads, after=9)
        told, *rows = await connection.fetch(
            text,
            place.key,
            most,
            SNAPSHOT_PUT.before_id,
            SNAPSHOT_PUT.before_rev,
            SNAPSHOT_PUT.before_lead,
            SNAPSHOT_PUT.end,
            place.pos,
            most_large,
            END_KEY,
            *parameters,
        )
        epoch, pos, pruned_to, reach = _FRAME(told).decode().split(" ")
        head = Head(epoch=UUID(epoch), pos=int(pos), pruned_to=int(pruned_to))
        if head.pos != place.pos or not head.serves(place.epoch, place.pos):
            return head, None
        # A page that is not full says that there is no more up to where it reaches, whatever
        # it holds: the snapshot ends with one that reaches to the end.
        key = lead_id_of(_FRAME(rows[-1])) if len(rows) == most else UUID(reach)
        # No loop of Python's own over the leads: there are hundreds of thousands a second.
        return head, Page(tuple(map(_FRAME, rows)), key)

    def _page_bounds(self) -> tuple[int, int]:
        """Give the most leads, and the most large ones, that a page may have now."""
        share = max(LEAST_LEADS_PER_PAGE, LEADS_OF_ALL_PAGES // max(1, self._snapshots))
        most = min(self._leads_per_page, share)
        return most, LARGE_LEADS_PER_PAGE * most // self._leads_per_page


def _change_of(row: Record) -> Change:
    before, after = row["before"], row["after"]
    return Change(
        pos=row["pos"],
        lead_id=row["lead_id"],
        rev=row["rev"],
        before=Facets.from_json(before) if before is not None else None,
        after=Facets.from_json(after) if after is not None else None,
        document=row["doc"],
        at=row["at"],
    )
