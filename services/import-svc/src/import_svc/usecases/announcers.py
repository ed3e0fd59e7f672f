"""How the other services are told of leads: what commands need, and `messaging` does."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from import_svc.domain.leads import Lead, NewLeads, Tombstone
from leadwire.db import Connection
from leadwire.outbox import OutgoingEvent


class Announcer(Protocol):
    """Tells the other services of new leads, within the transaction that stores them."""

    def events(self, leads: NewLeads) -> Sequence[OutgoingEvent]:
        """Return the events about leads that are to be stored."""
        ...

    async def announce(self, connection: Connection, events: Sequence[OutgoingEvent]) -> None:
        """Send events once the transaction has committed."""
        ...


class ChangeAnnouncer(Protocol):
    """Tells the other services of changes, within the transaction that makes them."""

    async def updated(self, connection: Connection, leads: Sequence[Lead]) -> None:
        """Tell the whole contact side of leads."""
        ...

    async def erased(self, connection: Connection, tombstones: Sequence[Tombstone]) -> None:
        """Tell that leads are erased."""
        ...

    async def withdraw(self, connection: Connection, lead_id: UUID) -> None:
        """Tell nothing more of a lead but its end."""
        ...
