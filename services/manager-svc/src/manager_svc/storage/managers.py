"""Lead managers and their places for leads."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from leadwire.db import Connection
from manager_svc.domain.errors import ManagerEmailExistsError, ManagerNotFoundError
from manager_svc.domain.lead import Held, Lead
from manager_svc.domain.manager import STANDINGS, Availability, Manager, ManagerName
from manager_svc.domain.matching import Place
from manager_svc.domain.names import folded, parts_of
from manager_svc.storage.queries import QUERIES
from manager_svc.storage.rows import lead_of, manager_of


class ManagerStore:
    """Managers, their places, and the leads that they hold."""

    def __init__(self, *, connection: Connection) -> None:
        self._connection = connection

    async def add(self, manager: Manager) -> None:
        """Store a new manager, with his places offered from his creation on.

        Raises:
            ManagerEmailExistsError: Another manager has this email.
        """
        with _emails_kept_unique():
            await self._connection.execute(
                QUERIES["insert_manager"],
                manager.id,
                manager.name,
                folded(manager.name),
                manager.email,
                manager.email_key,
                manager.capacity,
                manager.created_at,
            )
        await self.add_places(
            manager.id, first=1, last=manager.capacity, free_since=manager.created_at
        )

    async def find(self, manager_id: UUID) -> Manager:
        """Return a manager, also a removed one.

        Raises:
            ManagerNotFoundError: There never was one of this id.
        """
        return await self._find("find_manager", manager_id)

    async def lock(self, manager_id: UUID) -> Manager:
        """Return a manager, whose row is locked from now on.

        Raises:
            ManagerNotFoundError: There never was one of this id.
        """
        return await self._find("find_manager_for_update", manager_id)

    async def search(
        self,
        *,
        part_of_name: str | None,
        availability: Availability | None,
        after: UUID | None,
        limit: int,
    ) -> list[Manager]:
        """List managers by id; removed ones only if asked for.

        Args:
            part_of_name: In any case, accents ignored.
            availability: Only such managers.
            after: The last id of the page before.
            limit: Most managers to return.
        """
        state, has_room = (None, None) if availability is None else STANDINGS[availability]
        page = (state, has_room, after, limit)
        if part := folded(part_of_name or ""):
            query = QUERIES["search_managers"]
            rows = await self._connection.fetch(query, *page, part, parts_of(part))
        else:
            rows = await self._connection.fetch(QUERIES["list_managers"], *page)
        return [manager_of(row) for row in rows]

    async def held_leads(self, manager_id: UUID) -> list[Lead]:
        """Return all that a manager holds, longest held first."""
        rows = await self._connection.fetch(QUERIES["find_held_leads"], manager_id)
        return [lead_of(row) for row in rows]

    async def count_held(self, manager_id: UUID) -> int:
        """Count the leads that a manager holds."""
        return int(await self._connection.fetchval(QUERIES["count_held_leads"], manager_id))

    async def first_held(self, manager_ids: Sequence[UUID], *, limit: int) -> dict[UUID, Held]:
        """Return what each of these managers holds, of each at most so many leads."""
        found: dict[UUID, list[asyncpg.Record]] = {manager_id: [] for manager_id in manager_ids}
        query = QUERIES["list_first_held_leads"]
        for row in await self._connection.fetch(query, list(manager_ids), limit):
            found[row["manager_id"]].append(row)
        return {manager_id: _held_of(rows) for manager_id, rows in found.items()}

    async def update(self, manager: Manager, *, now: datetime) -> Manager:
        """Replace a manager's record; his places must fit the capacity already.

        Args:
            manager: With what is to be kept of name, email, capacity and state.
            now: Time of the change.

        Returns:
            The manager as he is then.

        Raises:
            ManagerEmailExistsError: Another manager has this email.
        """
        with _emails_kept_unique():
            await self._connection.execute(
                QUERIES["update_manager"],
                manager.id,
                manager.name,
                folded(manager.name),
                manager.email,
                manager.email_key,
                manager.capacity,
                manager.state,
                now,
            )
        return await self.find(manager.id)

    async def add_places(
        self, manager_id: UUID, *, first: int, last: int, free_since: datetime | None
    ) -> None:
        """Add places; `last` is the manager's capacity. None for `free_since` withholds them."""
        await self._connection.execute(QUERIES["add_slots"], manager_id, first, last, free_since)

    async def drop_places(self, manager_id: UUID, *, count: int) -> None:
        """Drop places that hold no lead, and number the others from 1."""
        await self._connection.execute(QUERIES["drop_free_slots"], manager_id, count)
        await self._connection.execute(QUERIES["renumber_slots"], manager_id)

    async def drop_all_places(self, manager_id: UUID) -> None:
        """Drop every place; none may hold a lead."""
        await self._connection.execute(QUERIES["delete_slots"], manager_id)

    async def withhold_places(self, manager_id: UUID) -> None:
        """Take the free places away from the matcher."""
        await self._connection.execute(QUERIES["withhold_free_slots"], manager_id)

    async def offer_places(self, manager_id: UUID, *, now: datetime) -> None:
        """Offer the places that were withheld; they count as free from now on."""
        await self._connection.execute(QUERIES["offer_free_slots"], manager_id, now)

    async def free_place(self, manager_id: UUID) -> tuple[Place, datetime] | None:
        """Return the place that has been free longest, and since when; None if he is full."""
        row = await self._connection.fetchrow(QUERIES["find_free_slot"], manager_id)
        return None if row is None else (Place(manager_id, row["number"]), row["free_since"])

    async def lead_of_key(self, manager_id: UUID, key: str) -> UUID | None:
        """Return the lead that a manager took with a key of his, if there is one."""
        lead_id: UUID | None = await self._connection.fetchval(
            QUERIES["find_lead_of_key"], manager_id, key
        )
        return lead_id

    async def keep_key(self, manager_id: UUID, key: str, *, lead_id: UUID) -> None:
        """Remember which lead a manager took with a key."""
        await self._connection.execute(QUERIES["keep_next_lead_key"], manager_id, key, lead_id)

    async def forget_keys(self, *, older_than: timedelta, limit: int) -> int:
        """Forget keys of old requests; return how many."""
        status = await self._connection.execute(QUERIES["prune_next_lead_keys"], older_than, limit)
        return int(status.rpartition(" ")[2])

    async def names(self, manager_ids: Sequence[UUID]) -> dict[UUID, ManagerName]:
        """Return what managers are called, removed ones too."""
        rows = await self._connection.fetch(QUERIES["find_manager_names"], list(manager_ids))
        return {row["id"]: ManagerName(id=row["id"], name=row["name"]) for row in rows}

    async def count(self) -> int:
        """Count all managers."""
        return int(await self._connection.fetchval(QUERIES["count_managers"]))

    async def last_id(self) -> UUID | None:
        """Return the greatest id of a manager."""
        last: UUID | None = await self._connection.fetchval(QUERIES["find_last_manager"])
        return last

    async def range(self, *, after: UUID, up_to: UUID, limit: int) -> list[Manager]:
        """List managers by id, removed ones too."""
        rows = await self._connection.fetch(QUERIES["list_all_managers"], after, up_to, limit)
        return [manager_of(row) for row in rows]

    async def _find(self, query: str, manager_id: UUID) -> Manager:
        row = await self._connection.fetchrow(QUERIES[query], manager_id)
        if row is None:
            raise ManagerNotFoundError(manager_id)
        return manager_of(row)


@contextmanager
def _emails_kept_unique() -> Iterator[None]:
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "managers_email_key":
            raise
        raise ManagerEmailExistsError from None


def _held_of(rows: Sequence[asyncpg.Record]) -> Held:
    return Held(leads=[lead_of(row) for row in rows], count=rows[0]["held_count"] if rows else 0)
