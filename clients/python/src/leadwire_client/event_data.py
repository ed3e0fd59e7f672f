"""What events say: the `data` of each type, and the words in it. `events` has them all, too."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, TypeAlias
from uuid import UUID

from leadwire_client._core.open_enum import OpenEnum
from leadwire_client.models import LeadStatus, ManagerRef, Origin


class EventType(OpenEnum):
    """Every type of event; on RabbitMQ also the routing key."""

    LEADS_CREATED = "leads_created"
    LEAD_UPDATED = "lead_updated"
    LEAD_ERASED = "lead_erased"
    LEAD_ASSIGNED = "lead_assigned"
    LEAD_RELEASED = "lead_released"
    LEAD_REACHED_OUT = "lead_reached_out"
    LEAD_INTERESTED_CREATED = "lead_interested_created"
    LEAD_NOT_INTERESTED_CREATED = "lead_not_interested_created"
    LEAD_WORK_UPDATED = "lead_work_updated"
    MANAGER_ADDED = "manager_added"
    MANAGER_UPDATED = "manager_updated"
    MANAGER_REMOVED = "manager_removed"
    NOTIFICATION_FAILED = "notification_failed"


class ManagerStatus(OpenEnum):
    """What a lead manager's own record says."""

    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """import-svc's whole side of a lead.

    Attributes:
        cellphone: E.164; None for some leads from the form.
        attributes: Columns of an import that are no lead field.
    """

    side: ClassVar[str] = "contact"

    id: UUID
    rev: int
    name: str
    family_name: str
    email: str
    created_at: datetime
    updated_at: datetime
    cellphone: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin = Origin.IMPORT
    import_id: UUID | None = None
    has_resume: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """manager-svc's whole side of a lead.

    Attributes:
        id: Of the lead.
        manager_id: Who holds it; None while nobody does.
    """

    side: ClassVar[str] = "work"

    id: UUID
    rev: int
    status: LeadStatus
    updated_at: datetime
    manager_id: UUID | None = None
    assigned_at: datetime | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTombstone:
    """All that is left of an erased lead."""

    side: ClassVar[str] = "erased"

    id: UUID
    rev: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerState:
    """manager-svc's whole record of a lead manager."""

    side: ClassVar[str] = "manager"

    id: UUID
    rev: int
    name: str
    capacity: int
    state: ManagerStatus
    email: str | None = None


State: TypeAlias = Contact | Work | LeadTombstone | ManagerState


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestedLead:
    """Whom to call."""

    id: UUID
    name: str
    family_name: str
    email: str
    cellphone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadsCreated:
    """Leads came in: one, or a part of an import."""

    leads: tuple[Contact, ...]
    origin: Origin = Origin.IMPORT
    import_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadUpdated:
    """A lead's contact data changed, or is said again."""

    lead: Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadErased:
    """A lead was erased: delete what you keep of it."""

    lead: LeadTombstone


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadInterestedCreated:
    """A lead was marked interested, or a decision corrected.

    Attributes:
        manager: Who held the lead at the decision; None if nobody did.
    """

    lead: InterestedLead
    marked_at: datetime
    work: Work
    manager: ManagerRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadWorked:
    """What the other events of a lead's work have in common.

    Attributes:
        manager: The manager concerned, if there is one.
        actor: Who or what caused it, for example `matcher`.
        reason: Why, in a word or a sentence.
    """

    lead: Work
    actor: str
    manager: ManagerRef | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadAssigned(LeadWorked):
    """A lead was given to a manager."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadReleased(LeadWorked):
    """A lead lost its manager without a decision and waits again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadReachedOut(LeadWorked):
    """A manager got in touch with a lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadNotInterestedCreated(LeadWorked):
    """A lead was marked not interested, or a decision corrected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadWorkUpdated(LeadWorked):
    """A lead's work as it is, said again; nothing happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerChanged:
    """What the events of a lead manager have in common."""

    manager: ManagerState


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerAdded(ManagerChanged):
    """A lead manager was added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerUpdated(ManagerChanged):
    """A lead manager's record changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerRemoved(ManagerChanged):
    """A lead manager was removed; his undecided leads wait again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationFailed:
    """A notification was given up after its last attempt."""

    delivery_id: UUID
    kind: str
    event_id: str
    attempts: int
    reason: str
    failed_at: datetime
    lead_id: UUID | None = None


EventData: TypeAlias = (
    LeadsCreated
    | LeadUpdated
    | LeadErased
    | LeadInterestedCreated
    | LeadWorked
    | ManagerChanged
    | NotificationFailed
    | Mapping[str, Any]
)

DATA_TYPES: Final[Mapping[str, type[Any]]] = {
    EventType.LEADS_CREATED: LeadsCreated,
    EventType.LEAD_UPDATED: LeadUpdated,
    EventType.LEAD_ERASED: LeadErased,
    EventType.LEAD_ASSIGNED: LeadAssigned,
    EventType.LEAD_RELEASED: LeadReleased,
    EventType.LEAD_REACHED_OUT: LeadReachedOut,
    EventType.LEAD_INTERESTED_CREATED: LeadInterestedCreated,
    EventType.LEAD_NOT_INTERESTED_CREATED: LeadNotInterestedCreated,
    EventType.LEAD_WORK_UPDATED: LeadWorkUpdated,
    EventType.MANAGER_ADDED: ManagerAdded,
    EventType.MANAGER_UPDATED: ManagerUpdated,
    EventType.MANAGER_REMOVED: ManagerRemoved,
    EventType.NOTIFICATION_FAILED: NotificationFailed,
}
"""The class of each type's data."""
