"""Read leads: one, a page of them, or how many there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Record

from leadwire.db import Database, Queries
from stream_svc.domain.lead import Status
from stream_svc.domain.listing import Choice, ListKey, Sort
from stream_svc.storage.conditions import with_choice, with_order


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
class Listed:
    """A lead in a list.

    Attributes:
        key: Where it stands.
        document: Its JSON.
    """

    key: ListKey
    document: str


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

    async def page(
        self, choice: Choice, *, sort: Sort, after: ListKey | None, limit: int
    ) -> list[Listed]:
        """Read a page of a list, and one lead more if another page follows.

        Args:
            choice: Which leads.
            sort: In which order.
            after: Where the last lead of the page before stands; None for the first page.
            limit: Most leads of the page.
        """
        text, parameters = with_order(
            self._queries["list_leads"], choice, sort=sort, key=after, after=1
        )
        rows = await self._planned(text, limit + 1, *parameters)
        return [Listed(ListKey(row["list_key"], row["id"]), row["doc"]) for row in rows]

    async def counts(self, choice: Choice) -> Mapping[Status, int]:
        """Count the leads that are chosen, by status; every status is named."""
        text, parameters = with_choice(self._queries["count_leads"], choice, after=0)
        rows = await self._planned(text, *parameters)
        found = {Status(row["status"]): row["leads"] for row in rows}
        return {status: found.get(status, 0) for status in Status}

    async def _planned(self, text: str, *parameters: object) -> list[Record]:
        """Read with a plan for these very parameters.

        Which index is the right one depends on them: one that serves the order if much
        matches, one that serves the condition if little does.
        """
        async with self._database.transaction(readonly=True) as connection:
            await connection.execute(self._queries["plan_for_parameters"])
            return await connection.fetch(text, *parameters)
