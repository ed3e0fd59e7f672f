"""What this service tells the others: contract events from values of the domain."""

from datetime import datetime
from typing import Final
from uuid import UUID

from leadwire.contracts import (
    EventData,
    EventType,
    InterestedLead,
    LeadAssigned,
    LeadInterestedCreated,
    LeadNotInterestedCreated,
    LeadReachedOut,
    LeadReleased,
    LeadStatus,
    LeadWorkUpdated,
    ManagerAdded,
    ManagerRef,
    ManagerRemoved,
    ManagerState,
    ManagerStatus,
    ManagerUpdated,
    Work,
    new_event,
    to_message,
)
from leadwire.outbox import OutgoingEvent
from manager_svc.domain import lead as domain
from manager_svc.domain.manager import Manager, ManagerName

SOURCE: Final = "leadwire/manager-svc"


def outgoing(data: EventData, *, subject: UUID, rev: int, time: datetime) -> OutgoingEvent:
    """Return the event as it goes to the outbox.

    Args:
        data: What it says.
        subject: The lead or manager that it is about.
        rev: The subject's.
        time: When it happened.
    """
    event = new_event(data, source=SOURCE, subject=subject, sequence=rev, time=time)
    return OutgoingEvent(to_message(event), subject)


def lead_assigned(worked: domain.Worked, *, actor: str, rule: str) -> LeadAssigned:
    """A lead was given to a manager."""
    return LeadAssigned(
        lead=_work(worked.lead), manager=_ref(worked.manager), actor=actor, reason=rule
    )


def lead_released(worked: domain.Worked, *, actor: str, rule: str) -> LeadReleased:
    """A lead lost its manager without a decision."""
    return LeadReleased(
        lead=_work(worked.lead), manager=_ref(worked.manager), actor=actor, reason=rule
    )


def lead_reached_out(worked: domain.Worked, *, actor: str, reason: str | None) -> LeadReachedOut:
    """Somebody got in touch with a lead."""
    return LeadReachedOut(
        lead=_work(worked.lead), manager=_ref(worked.manager), actor=actor, reason=reason
    )


def lead_decided(
    worked: domain.Worked, *, actor: str, reason: str | None
) -> LeadInterestedCreated | LeadNotInterestedCreated:
    """A lead was marked interested or not interested, or such a decision was corrected."""
    work, manager = _work(worked.lead), _ref(worked.manager)
    if decision_event_type(work.status) is EventType.LEAD_NOT_INTERESTED_CREATED:
        return LeadNotInterestedCreated(lead=work, manager=manager, actor=actor, reason=reason)
    contact = worked.lead.contact
    lead = InterestedLead(
        id=contact.id,
        name=contact.name,
        family_name=contact.family_name,
        email=contact.email,
        cellphone=contact.cellphone,
    )
    return LeadInterestedCreated(lead=lead, manager=manager, marked_at=work.updated_at, work=work)


def lead_work_updated(lead: domain.Lead, *, actor: str) -> LeadWorkUpdated:
    """A lead's work is what it was before."""
    return LeadWorkUpdated(
        lead=_work(lead), manager=_ref(lead.work.manager), actor=actor, reason=None
    )


def decision_event_type(status: str) -> EventType:
    """Name the event of a decision."""
    if status == LeadStatus.INTERESTED:
        return EventType.LEAD_INTERESTED_CREATED
    return EventType.LEAD_NOT_INTERESTED_CREATED


def manager_added(manager: Manager) -> ManagerAdded:
    """A manager was added."""
    return ManagerAdded(manager=_state(manager))


def manager_updated(manager: Manager) -> ManagerUpdated:
    """A manager's record changed."""
    return ManagerUpdated(manager=_state(manager))


def manager_removed(manager: Manager) -> ManagerRemoved:
    """A manager was removed."""
    return ManagerRemoved(manager=_state(manager))


def _work(lead: domain.Lead) -> Work:
    work = lead.work
    return Work(
        id=work.lead_id,
        status=LeadStatus(work.status.value),
        manager_id=None if work.manager is None else work.manager.id,
        assigned_at=work.assigned_at,
        decided_at=work.decided_at,
        updated_at=work.updated_at,
        rev=work.rev,
    )


def _ref(manager: ManagerName | None) -> ManagerRef | None:
    return None if manager is None else ManagerRef(id=manager.id, name=manager.name)


def _state(manager: Manager) -> ManagerState:
    return ManagerState(
        id=manager.id,
        name=manager.name,
        email=manager.email,
        capacity=manager.capacity,
        state=ManagerStatus(manager.state.value),
        rev=manager.rev,
    )
