"""Events for tests: one function for each type, whose arguments all have a default.

```python
from leadwire_client.testing import events

ada = uuid4()
events.lead_interested_created(lead_id=ada, email="ada@example.com", rev=2)
events.lead_erased(lead_id=ada)
```
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from leadwire_client.event_data import (
    Contact,
    EventData,
    EventType,
    InterestedLead,
    LeadAssigned,
    LeadErased,
    LeadInterestedCreated,
    LeadNotInterestedCreated,
    LeadReachedOut,
    LeadReleased,
    LeadsCreated,
    LeadTombstone,
    LeadUpdated,
    LeadWorkUpdated,
    ManagerAdded,
    ManagerRemoved,
    ManagerState,
    ManagerStatus,
    ManagerUpdated,
    NotificationFailed,
    Work,
)
from leadwire_client.events import Event
from leadwire_client.models import LeadStatus, ManagerRef

AT: Final = datetime(2026, 3, 2, 9, 15, 30, tzinfo=UTC)
ADA: Final = ManagerRef(id=UUID("01936d2f-1c44-7f6a-a2b3-0d9e8c7b6a51"), name="Ada")

_IMPORT: Final = "leadwire/import-svc"
_MANAGER: Final = "leadwire/manager-svc"
_NOTIFIER: Final = "leadwire/notifier-svc"


def contact(lead_id: UUID | None = None, **fields: Any) -> Contact:
    """Make a lead's contact side; `fields` as in `Contact`."""
    made = Contact(
        id=lead_id or uuid4(),
        rev=1,
        name="Grace",
        family_name="Hopper",
        email="grace@example.com",
        cellphone="+12125550101",
        created_at=AT,
        updated_at=AT,
    )
    return replace(made, **fields)


def work(lead_id: UUID | None = None, **fields: Any) -> Work:
    """Make a lead's work side; `fields` as in `Work`."""
    made = Work(id=lead_id or uuid4(), rev=1, status=LeadStatus.PENDING, updated_at=AT)
    return replace(made, **fields)


def leads_created(leads: Sequence[Contact] | None = None) -> Event:
    """Leads came in: one by default."""
    data = LeadsCreated(leads=tuple(leads or [contact()]), import_id=uuid4())
    return _event(EventType.LEADS_CREATED, data, source=_IMPORT)


def lead_updated(lead_id: UUID | None = None, *, rev: int = 2, **fields: Any) -> Event:
    """A lead's contact data changed; `fields` as in `Contact`."""
    lead = contact(lead_id, rev=rev, **fields)
    return _about(EventType.LEAD_UPDATED, LeadUpdated(lead=lead), lead, source=_IMPORT)


def lead_erased(lead_id: UUID | None = None, *, rev: int = 9) -> Event:
    """A lead was erased."""
    lead = LeadTombstone(id=lead_id or uuid4(), rev=rev)
    return _about(EventType.LEAD_ERASED, LeadErased(lead=lead), lead, source=_IMPORT)


def lead_interested_created(
    lead_id: UUID | None = None,
    *,
    name: str = "Grace",
    family_name: str = "Hopper",
    email: str = "grace@example.com",
    cellphone: str | None = "+12125550101",
    manager: ManagerRef | None = ADA,
    rev: int = 3,
) -> Event:
    """A lead was marked interested."""
    done = work(lead_id, rev=rev, status=LeadStatus.INTERESTED, decided_at=AT)
    lead = InterestedLead(
        id=done.id, name=name, family_name=family_name, email=email, cellphone=cellphone
    )
    data = LeadInterestedCreated(lead=lead, manager=manager, marked_at=AT, work=done)
    return _about(EventType.LEAD_INTERESTED_CREATED, data, done, source=_MANAGER)


def lead_not_interested_created(
    lead_id: UUID | None = None,
    *,
    manager: ManagerRef | None = ADA,
    reason: str | None = None,
    rev: int = 3,
) -> Event:
    """A lead was marked not interested, or a decision corrected."""
    lead = work(lead_id, rev=rev, status=LeadStatus.NOT_INTERESTED, decided_at=AT)
    data = LeadNotInterestedCreated(lead=lead, manager=manager, actor="manager", reason=reason)
    return _about(EventType.LEAD_NOT_INTERESTED_CREATED, data, lead, source=_MANAGER)


def lead_assigned(lead_id: UUID | None = None, *, manager: ManagerRef = ADA, rev: int = 2) -> Event:
    """A lead was given to a manager."""
    lead = work(lead_id, rev=rev, manager_id=manager.id, assigned_at=AT)
    data = LeadAssigned(lead=lead, manager=manager, actor="matcher", reason="oldest_first")
    return _about(EventType.LEAD_ASSIGNED, data, lead, source=_MANAGER)


def lead_released(
    lead_id: UUID | None = None, *, manager: ManagerRef | None = ADA, rev: int = 3
) -> Event:
    """A lead lost its manager and waits again."""
    lead = work(lead_id, rev=rev)
    data = LeadReleased(lead=lead, manager=manager, actor="manager", reason="given_back")
    return _about(EventType.LEAD_RELEASED, data, lead, source=_MANAGER)


def lead_reached_out(
    lead_id: UUID | None = None, *, manager: ManagerRef = ADA, rev: int = 3
) -> Event:
    """A manager got in touch with a lead."""
    lead = work(
        lead_id, rev=rev, status=LeadStatus.REACHED_OUT, manager_id=manager.id, assigned_at=AT
    )
    data = LeadReachedOut(lead=lead, manager=manager, actor="manager")
    return _about(EventType.LEAD_REACHED_OUT, data, lead, source=_MANAGER)


def lead_work_updated(lead_id: UUID | None = None, *, rev: int = 2, **fields: Any) -> Event:
    """A lead's work is said again; `fields` as in `Work`."""
    lead = work(lead_id, rev=rev, **fields)
    data = LeadWorkUpdated(lead=lead, actor="resync")
    return _about(EventType.LEAD_WORK_UPDATED, data, lead, source=_MANAGER)


def manager_added(manager_id: UUID | None = None, *, name: str = "Ada") -> Event:
    """A lead manager was added."""
    manager = _manager(manager_id, name=name, rev=1)
    data = ManagerAdded(manager=manager)
    return _about(EventType.MANAGER_ADDED, data, manager, source=_MANAGER)


def manager_updated(manager_id: UUID | None = None, *, name: str = "Ada", rev: int = 2) -> Event:
    """A lead manager's record changed."""
    manager = _manager(manager_id, name=name, rev=rev)
    data = ManagerUpdated(manager=manager)
    return _about(EventType.MANAGER_UPDATED, data, manager, source=_MANAGER)


def manager_removed(manager_id: UUID | None = None, *, name: str = "Ada", rev: int = 3) -> Event:
    """A lead manager was removed."""
    manager = _manager(manager_id, name=name, rev=rev, state=ManagerStatus.REMOVED)
    data = ManagerRemoved(manager=manager)
    return _about(EventType.MANAGER_REMOVED, data, manager, source=_MANAGER)


def notification_failed(lead_id: UUID | None = None, *, kind: str = "acknowledgement") -> Event:
    """A notification was given up."""
    data = NotificationFailed(
        delivery_id=uuid4(),
        kind=kind,
        event_id=str(uuid4()),
        lead_id=lead_id or uuid4(),
        attempts=10,
        reason="OSError",
        failed_at=AT,
    )
    event = _event(EventType.NOTIFICATION_FAILED, data, source=_NOTIFIER)
    return replace(event, subject=str(data.lead_id))


def _manager(
    manager_id: UUID | None,
    *,
    name: str,
    rev: int,
    state: ManagerStatus = ManagerStatus.ACTIVE,
) -> ManagerState:
    return ManagerState(id=manager_id or uuid4(), rev=rev, name=name, capacity=1, state=state)


def _about(
    event_type: EventType,
    data: EventData,
    state: Work | Contact | LeadTombstone | ManagerState,
    *,
    source: str,
) -> Event:
    event = _event(event_type, data, source=source)
    return replace(event, subject=str(state.id), sequence=f"{state.rev:010d}")


def _event(event_type: EventType, data: EventData, *, source: str) -> Event:
    return Event(id=str(uuid4()), source=source, type=event_type, time=AT, data=data)
