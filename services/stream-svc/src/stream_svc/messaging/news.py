"""Read from events what they say of leads and managers."""

from collections.abc import Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from leadwire.contracts import (
    Contact,
    Event,
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
    ManagerState,
    ManagerUpdated,
    Work,
)
from stream_svc.domain.lead import ContactSide, Status, WorkSide
from stream_svc.domain.news import ManagerName, News


def news_of(events: Sequence[Event]) -> News:
    """Give what events say together; types that say nothing of leads or managers are ignored."""
    gathered = _Gathered()
    for event in events:
        gathered.add(event)
    return News(
        contacts=gathered.contacts,
        works=gathered.works,
        erased=gathered.erased,
        managers=gathered.managers,
    )


def leads_in(event: Event) -> int:
    """Count the leads of which an event speaks; at least 1."""
    return len(event.data.leads) if isinstance(event.data, LeadsCreated) else 1


class _Gathered:
    """Of each lead and manager the newest that was said."""

    def __init__(self) -> None:
        self.contacts: dict[UUID, ContactSide] = {}
        self.works: dict[UUID, WorkSide] = {}
        self.erased: dict[UUID, int] = {}
        self.managers: dict[UUID, ManagerName] = {}

    def add(self, event: Event) -> None:
        match event.data:
            case LeadsCreated(leads=contacts):
                for contact in contacts:
                    self._add_contact(contact)
            case LeadUpdated(lead=contact):
                self._add_contact(contact)
            case LeadErased(lead=lead):
                self.erased[lead.id] = max(lead.rev, self.erased.get(lead.id, 0))
            case (
                LeadInterestedCreated(work=work, manager=manager)
                | LeadAssigned(lead=work, manager=manager)
                | LeadReleased(lead=work, manager=manager)
                | LeadReachedOut(lead=work, manager=manager)
                | LeadNotInterestedCreated(lead=work, manager=manager)
                | LeadWorkUpdated(lead=work, manager=manager)
            ):
                _keep_newer(self.works, work.id, _work_side(work, manager))
            case (
                ManagerAdded(manager=state)
                | ManagerUpdated(manager=state)
                | ManagerRemoved(manager=state)
            ):
                self._add_manager(state)
            case _:
                return

    def _add_contact(self, contact: Contact) -> None:
        _keep_newer(self.contacts, contact.id, _contact_side(contact))

    def _add_manager(self, state: ManagerState) -> None:
        _keep_newer(self.managers, state.id, ManagerName(name=state.name, rev=state.rev))


class _Revised(Protocol):
    @property
    def rev(self) -> int: ...


_R = TypeVar("_R", bound=_Revised)


def _keep_newer(known: dict[UUID, _R], identity: UUID, said: _R) -> None:
    held = known.get(identity)
    if held is None or held.rev < said.rev:
        known[identity] = said


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
