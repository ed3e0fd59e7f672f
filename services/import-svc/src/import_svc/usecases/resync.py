"""Say the whole contact side again, for consumers that were rebuilt or restored.

Each lead is said as `lead_updated`, with the `rev` that it has: who knows it drops it, who
does not takes it. Not as `leads_created`, although that would take fewer events: it says that
leads came in, and whoever welcomes new leads would do so again, notifier-svc first. Tombstones
follow as `lead_erased`.

A batch holds shared locks of its leads: a change or an erasure comes before it, and is said, or
after it. So no personal data of a lead is said after its end.
"""

from typing import Final
from uuid import UUID

from import_svc.storage.leads import LeadStore
from import_svc.usecases.announcers import ChangeAnnouncer
from leadwire.db import Connection


class Leads:
    """The leads that there are.

    Args:
        leads: Where they are stored.
        announcer: Says them.
    """

    name: Final = "leads"

    def __init__(self, *, leads: LeadStore, announcer: ChangeAnnouncer) -> None:
        self._leads = leads
        self._announcer = announcer

    async def total(self, connection: Connection) -> int:
        """Count them."""
        return await self._leads.count(connection)

    async def last(self, connection: Connection) -> UUID | None:
        """Return the one that came in last."""
        return await self._leads.last_id(connection)

    async def say(
        self, connection: Connection, *, after: UUID, up_to: UUID, limit: int
    ) -> list[UUID]:
        """Say the next ones."""
        leads = await self._leads.share(connection, after=after, up_to=up_to, limit=limit)
        await self._announcer.updated(connection, leads)
        return [lead.id for lead in leads]


class ErasedLeads:
    """The tombstones.

    Args:
        leads: Where they are stored.
        announcer: Says them.
    """

    name: Final = "erased_leads"

    def __init__(self, *, leads: LeadStore, announcer: ChangeAnnouncer) -> None:
        self._leads = leads
        self._announcer = announcer

    async def total(self, connection: Connection) -> int:
        """Count them."""
        return await self._leads.count_tombstones(connection)

    async def last(self, connection: Connection) -> UUID | None:
        """Return the one with the greatest id."""
        return await self._leads.last_tombstone_id(connection)

    async def say(
        self, connection: Connection, *, after: UUID, up_to: UUID, limit: int
    ) -> list[UUID]:
        """Say the next ones."""
        tombstones = await self._leads.tombstones(connection, after=after, up_to=up_to, limit=limit)
        await self._announcer.erased(connection, tombstones)
        return [tombstone.id for tombstone in tombstones]
