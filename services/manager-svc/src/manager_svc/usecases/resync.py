"""Say this service's whole side again, for consumers that were rebuilt or restored.

Each manager is said as `manager_updated`, or `manager_removed` if he was; each lead that was ever
worked on as `lead_work_updated`, with the `rev` that it has: who knows it drops it, who does not
takes it. Why there is an event for that: docs/adr/0009-an-event-that-says-work-again.md.

Nothing is locked, so that live traffic does not notice. Then a change may commit between the
reading and the saying, and its event stand before the older state: consumers drop that, by its
`rev`. A lead may be erased in between, too; what is said of its work is no personal data.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from leadwire.db import Connection
from leadwire.outbox import Outbox, OutgoingEvent
from manager_svc.domain.lead import Lead
from manager_svc.domain.manager import Manager, ManagerState
from manager_svc.storage.leads import LeadStore
from manager_svc.storage.managers import ManagerStore
from manager_svc.usecases.events import (
    lead_work_updated,
    manager_removed,
    manager_updated,
    outgoing,
)

ACTOR: Final = "resync"


class Managers:
    """All managers, removed ones too.

    Args:
        outbox: Takes the events.
    """

    name: Final = "managers"

    def __init__(self, *, outbox: Outbox) -> None:
        self._outbox = outbox

    async def total(self, connection: Connection) -> int:
        """Count them."""
        return await ManagerStore(connection=connection).count()

    async def last(self, connection: Connection) -> UUID | None:
        """Return the one who was added last."""
        return await ManagerStore(connection=connection).last_id()

    async def say(
        self, connection: Connection, *, after: UUID, up_to: UUID, limit: int
    ) -> list[UUID]:
        """Say the next ones."""
        store = ManagerStore(connection=connection)
        managers = await store.range(after=after, up_to=up_to, limit=limit)
        await self._outbox.add(connection, _of_managers(managers))
        return [manager.id for manager in managers]


class WorkedLeads:
    """The leads that have a work side, erased ones excepted.

    Args:
        outbox: Takes the events.
    """

    name: Final = "leads"

    def __init__(self, *, outbox: Outbox) -> None:
        self._outbox = outbox

    async def total(self, connection: Connection) -> int:
        """Count them."""
        return await LeadStore(connection=connection).count_worked()

    async def last(self, connection: Connection) -> UUID | None:
        """Return the greatest id of a lead."""
        return await LeadStore(connection=connection).last_id()

    async def say(
        self, connection: Connection, *, after: UUID, up_to: UUID, limit: int
    ) -> list[UUID]:
        """Say the next ones."""
        store = LeadStore(connection=connection)
        leads = await store.worked(after=after, up_to=up_to, limit=limit)
        await self._outbox.add(connection, _of_leads(leads))
        return [lead.contact.id for lead in leads]


def _of_managers(managers: Sequence[Manager]) -> list[OutgoingEvent]:
    now = datetime.now(UTC)
    return [
        outgoing(
            manager_removed(manager)
            if manager.state is ManagerState.REMOVED
            else manager_updated(manager),
            subject=manager.id,
            rev=manager.rev,
            time=now,
        )
        for manager in managers
    ]


def _of_leads(leads: Sequence[Lead]) -> list[OutgoingEvent]:
    now = datetime.now(UTC)
    return [
        outgoing(
            lead_work_updated(lead, actor=ACTOR),
            subject=lead.contact.id,
            rev=lead.work.rev,
            time=now,
        )
        for lead in leads
    ]
