"""Look into the database beside the services: what was committed, and what stands where."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import orjson
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from chaos.evidence import Committed, LeadView, Parked
from chaos.facts import facts_of
from chaos.subscribers import EventKey
from leadwire.db import Queries
from leadwire.db.errors import LOST_IN_USE

QUERIES: Final = Queries("chaos.sql")


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect as administrator, waiting for a database that is being restarted."""
    connection = await _connect(url)
    try:
        yield connection
    finally:
        connection.terminate()


@retry(
    retry=retry_if_exception_type(LOST_IN_USE),
    stop=stop_after_delay(60),
    wait=wait_fixed(0.2),
    reraise=True,
)
async def _connect(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(url, timeout=10, command_timeout=60)


class Witness:
    """Reads what is in the database.

    Args:
        connection: Of the administrator.
    """

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def install(self) -> None:
        """Begin to note what is committed."""
        await self._connection.execute(QUERIES["install_witness"])

    async def committed(self) -> dict[EventKey, Committed]:
        """Return every event that was written, in order."""
        return dict(map(_committed, await self._fetch("list_committed")))

    async def committed_keys(self) -> set[EventKey]:
        """Return the keys of the events that must arrive."""
        return set(map(tuple, await self._fetch("list_committed_keys")))

    async def journaled(self) -> Counter[EventKey]:
        """Return how often each event stands in the journal."""
        rows = await self._fetch("list_journaled")
        return Counter({(source, event): times for source, event, times in rows})

    async def owned(self) -> dict[str, LeadView]:
        """Return each lead as its owners have it."""
        return {str(row["id"]): _owned(row) for row in await self._fetch("list_owned_leads")}

    async def projected_revs(self) -> list[tuple[tuple[str, str], int]]:
        """Return lead and rev of each change of the projection."""
        rows = await self._fetch("list_projected_revs")
        return [((str(lead), "projected"), rev) for lead, rev in rows]

    async def parked(self) -> list[Parked]:
        """Return what is set aside, anywhere."""
        return [Parked(*row) for row in await self._fetch("list_parked")]

    async def form_leads(self) -> list[str]:
        """Return the leads from the form that are still there."""
        return [str(row["id"]) for row in await self._fetch("list_form_leads")]

    async def redacted(self) -> set[EventKey]:
        """Return the events of which the journal has nothing left."""
        return set(map(tuple, await self._fetch("list_redacted")))

    async def kept_whole(self) -> dict[EventKey, bytes]:
        """Return the hash of each event that the journal has as it came."""
        rows = await self._fetch("list_kept_whole")
        return {(source, event): digest for source, event, digest in rows}

    async def planned(self) -> Counter[EventKey]:
        """Return how often each event was to be sent to the webhook."""
        rows = await self._fetch("list_planned")
        return Counter({(source, event): times for source, event, times in rows})

    async def moving(self) -> dict[str, int]:
        """Return how much of what is not at rest yet."""
        (row,) = await self._fetch("count_moving")
        return {name: count for name, count in row.items() if count}

    async def _fetch(self, query: str) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = await self._connection.fetch(QUERIES[query])
        return rows


def _committed(row: asyncpg.Record) -> tuple[EventKey, Committed]:
    event: dict[str, Any] = orjson.loads(row["body"])
    removed_at = row["removed_at"]
    committed = Committed(
        type=event["type"],
        facts=facts_of(event["type"], event["data"]),
        hashes=frozenset(row["hashes"]),
        added_at=row["added_at"].timestamp(),
        removed_at=None if removed_at is None else removed_at.timestamp(),
        withdrawn=row["withdrawn"],
    )
    return (event["source"], event["id"]), committed


def _owned(row: asyncpg.Record) -> LeadView:
    manager = row["manager_id"]
    lead = {name: value for name, value in row.items() if name != "id"}
    return lead | {"manager_id": None if manager is None else str(manager)}
