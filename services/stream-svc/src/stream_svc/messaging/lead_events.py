"""Take events into the projection; types that it has no use for are acknowledged."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from leadwire.broker import Ack, Delivery, Handler, Verdict
from leadwire.contracts import (
    Contact,
    Event,
    EventType,
    LeadAssigned,
    LeadErased,
    LeadInterestedCreated,
    LeadNotInterestedCreated,
    LeadReachedOut,
    LeadReleased,
    LeadsCreated,
    LeadUpdated,
    LeadWorkUpdated,
    ManagerAdded,
    ManagerRef,
    ManagerRemoved,
    ManagerUpdated,
    Work,
    read_event,
)
from leadwire.db import Connection, Database
from leadwire.outbox import transactional_handler
from stream_svc.domain.lead import ContactSide, Status, WorkSide
from stream_svc.messaging.subscription import SUBSCRIPTION
from stream_svc.metrics import StreamMetrics
from stream_svc.storage.lives import LifeStore
from stream_svc.storage.projection import Projections, ProjectionStore
from stream_svc.usecases.erase_lead import erase_lead
from stream_svc.usecases.take_contacts import take_contacts
from stream_svc.usecases.take_manager import take_manager
from stream_svc.usecases.take_work import take_work

PROJECTED: Final = frozenset(set(EventType) - {EventType.NOTIFICATION_FAILED})
"""Types that say something of a lead or a manager; all others are ignored."""


class LeadEvents:
    """Hands each event to its use case.

    Args:
        database: Of the projection.
        metrics: Told how late events take effect.
    """

    def __init__(self, *, database: Database, metrics: StreamMetrics) -> None:
        self._lives = LifeStore()
        self._projections = Projections()
        self._metrics = metrics
        self._handle: Handler = transactional_handler(
            database=database,
            subscription=SUBSCRIPTION.name,
            read=read_event,
            apply=self._apply,
        )

    async def handle(self, delivery: Delivery) -> Verdict:
        """Handle one delivery."""
        if delivery.message.type not in PROJECTED:
            return Ack()
        return await self._handle(delivery)

    async def _apply(self, connection: Connection, event: Event) -> None:
        lives = await self._lives.read(connection)
        for store in self._projections.of(lives):
            await self._dispatch(connection, store, event)
        if lives.coming is not None:
            # Also an event that changed nothing that is served may have changed what is coming.
            await self._lives.confirm(connection, lives.coming)
        late = (datetime.now(UTC) - event.time).total_seconds()
        self._metrics.projection_lag.observe(max(0.0, late))

    async def _dispatch(self, connection: Connection, store: ProjectionStore, event: Event) -> None:
        match event.data:
            case LeadsCreated(leads=contacts):
                await _take_contacts(connection, store, *contacts)
            case LeadUpdated(lead=contact):
                await _take_contacts(connection, store, contact)
            case LeadErased(lead=lead):
                await erase_lead(connection, store, lead_id=lead.id, rev=lead.rev)
            case LeadInterestedCreated(work=work, manager=manager):
                await _take_work(connection, store, work, manager)
            case (
                LeadAssigned(lead=work, manager=manager)
                | LeadReleased(lead=work, manager=manager)
                | LeadReachedOut(lead=work, manager=manager)
                | LeadNotInterestedCreated(lead=work, manager=manager)
                | LeadWorkUpdated(lead=work, manager=manager)
            ):
                await _take_work(connection, store, work, manager)
            case (
                ManagerAdded(manager=state)
                | ManagerUpdated(manager=state)
                | ManagerRemoved(manager=state)
            ):
                await take_manager(
                    connection,
                    store,
                    manager_id=state.id,
                    name=state.name,
                    rev=state.rev,
                )
            case _:
                return


async def _take_contacts(
    connection: Connection, store: ProjectionStore, *contacts: Contact
) -> None:
    await take_contacts(connection, store, _contact_sides(contacts))


async def _take_work(
    connection: Connection, store: ProjectionStore, work: Work, manager: ManagerRef | None
) -> None:
    await take_work(connection, store, lead_id=work.id, side=_work_side(work, manager))


def _contact_sides(contacts: tuple[Contact, ...]) -> dict[UUID, ContactSide]:
    """Give the sides by lead; of a lead that is named twice the newer one."""
    sides: dict[UUID, ContactSide] = {}
    for contact in contacts:
        known = sides.get(contact.id)
        if known is None or known.rev < contact.rev:
            sides[contact.id] = _contact_side(contact)
    return sides


def _contact_side(contact: Contact) -> ContactSide:
    return ContactSide(
        rev=contact.rev,
        name=contact.name,
        family_name=contact.family_name,
        email=contact.email,
        cellphone=contact.cellphone,
        attributes=contact.attributes,
        origin=contact.origin.value,
        import_id=contact.import_id,
        has_resume=contact.has_resume,
        created_at=contact.created_at,
        updated_at=contact.updated_at,
    )


def _work_side(work: Work, manager: ManagerRef | None) -> WorkSide:
    is_assignee = manager is not None and manager.id == work.manager_id
    return WorkSide(
        rev=work.rev,
        status=Status(work.status.value),
        manager_id=work.manager_id,
        manager_name=manager.name if manager is not None and is_assignee else None,
        assigned_at=work.assigned_at,
        decided_at=work.decided_at,
        updated_at=work.updated_at,
    )
