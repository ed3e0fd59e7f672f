"""Read leads: one, a page of them, or how many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from leadwire.db import Database, Queries
from stream_svc.domain.cursor import START_KEY
from stream_svc.domain.filters import LeadFilter
from stream_svc.domain.lead import Status
from stream_svc.storage.conditions import with_filter


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLead:
    """What is known of one lead.

    Attributes:
        document: Its JSON; None while it is not visible, or if it was erased.
    """

    contact_rev: int
    work_rev: int
    erased: bool
    document: str | None


@dataclass(frozen=True, slots=True)
class StoredPage:
    """One page of a list.

    Attributes:
        documents: The leads' JSON, in the order of their ids.
        last_id: Id of the last one; None if the page is empty.
        more: Whether another page follows.
    """

    documents: Sequence[str]
    last_id: UUID | None
    more: bool


class LeadReads:
    """Reads of the projection, each in a connection that is given back before it returns."""

    def __init__(self, *, database: Database) -> None:
        self._database = database
        self._queries = Queries("stream_svc.storage")

    async def lead(self, lead_id: UUID) -> StoredLead | None:
        """Read one lead, erased and not yet visible ones included."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(self._queries["read_lead"], lead_id)
        if row is None:
            return None
        return StoredLead(
            contact_rev=row["contact_rev"],
            work_rev=row["work_rev"],
            erased=row["erased"],
            document=row["doc"],
        )

    async def page(self, leads: LeadFilter, *, after: UUID | None, limit: int) -> StoredPage:
        """Read a page of the leads that match.

        Args:
            leads: Which ones.
            after: Id of the last lead of the page before; None for the first page.
            limit: Most leads of the page.
        """
        text, parameters = with_filter(self._queries["list_leads"], leads, after=2)
        async with self._database.connection() as connection:
            rows = await connection.fetch(text, after or START_KEY, limit + 1, *parameters)
        shown = rows[:limit]
        return StoredPage(
            documents=[row["doc"] for row in shown],
            last_id=shown[-1]["id"] if shown else None,
            more=len(rows) > limit,
        )

    async def counts(self, leads: LeadFilter) -> Mapping[Status, int]:
        """Count the leads that match, by status; every status is named."""
        text, parameters = with_filter(self._queries["count_leads"], leads, after=0)
        async with self._database.connection() as connection:
            rows = await connection.fetch(text, *parameters)
        found = {Status(row["status"]): row["leads"] for row in rows}
        return {status: found.get(status, 0) for status in Status}
