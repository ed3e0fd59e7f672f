"""The closed sets of words that events use."""

from enum import StrEnum


class EventType(StrEnum):
    """Every type of event that Leadwire publishes."""

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


class LeadStatus(StrEnum):
    """Where a lead stands.

    `INTERESTED` and `NOT_INTERESTED` are decisions: one may be corrected into the other.
    """

    PENDING = "pending"
    REACHED_OUT = "reached_out"
    INTERESTED = "interested"
    NOT_INTERESTED = "not_interested"


class Origin(StrEnum):
    """The way by which a lead came in."""

    IMPORT = "import"
    FORM = "form"
    API = "api"


class ManagerStatus(StrEnum):
    """What a lead manager's own record says.

    Whether an active manager is free or busy is not part of it: that follows from
    the leads assigned.
    """

    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"
