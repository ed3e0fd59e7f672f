"""What events say: the `data` of each type.

Every payload carries the publisher's complete side of the thing it is about, with its
`rev`, so that a consumer takes the newer and drops the older. Fields that a model does
not know are ignored: a publisher may add some before its consumers are upgraded.
"""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from leadwire.contracts.vocabulary import LeadStatus, ManagerStatus, Origin

MAX_LEADS_PER_EVENT = 200


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("in UTC this is before the year 1 or after the year 9999") from None


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment with a time zone, kept and written in UTC (RFC 3339 with `Z`)."""

Rev = Annotated[int, Field(ge=1, description="Grows with every change at the publisher.")]


class Payload(BaseModel):
    """Frozen; ignores fields that it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Contact(Payload):
    """import-svc's whole side of a lead."""

    id: UUID
    name: str
    family_name: str
    email: str
    cellphone: str | None = Field(description="E.164; null for some leads from the form.")
    attributes: dict[str, JsonValue] = Field(
        default_factory=dict, description="Columns of an import that are no lead field."
    )
    origin: Origin
    import_id: UUID | None
    has_resume: bool
    created_at: UtcTime
    updated_at: UtcTime
    rev: Rev


class Work(Payload):
    """manager-svc's whole side of a lead."""

    id: UUID = Field(description="Id of the lead.")
    status: LeadStatus
    manager_id: UUID | None = Field(description="The assignee; null while there is none.")
    assigned_at: UtcTime | None
    decided_at: UtcTime | None
    updated_at: UtcTime
    rev: Rev


class ManagerState(Payload):
    """manager-svc's whole record of a lead manager."""

    id: UUID
    name: str
    email: str | None
    capacity: int = Field(ge=1, description="Most undecided leads held at once.")
    state: ManagerStatus
    rev: Rev


class ManagerRef(Payload):
    """Which lead manager, and what he was called then."""

    id: UUID
    name: str


class LeadTombstone(Payload):
    """All that is left of an erased lead."""

    id: UUID
    rev: Rev


class InterestedLead(Payload):
    """Whom to call: the contact data that other teams need of an interested lead."""

    id: UUID
    name: str
    family_name: str
    email: str
    cellphone: str | None


class LeadsCreated(Payload):
    """Leads came in: one, or a part of an import."""

    origin: Origin
    import_id: UUID | None
    leads: tuple[Contact, ...] = Field(min_length=1, max_length=MAX_LEADS_PER_EVENT)


class LeadUpdated(Payload):
    """A lead's contact data changed."""

    lead: Contact


class LeadErased(Payload):
    """A lead was erased; consumers delete what they keep of it."""

    lead: LeadTombstone


class LeadWorked(Payload):
    """What the events of a lead's work have in common."""

    lead: Work
    manager: ManagerRef | None = Field(description="The manager concerned, if there is one.")
    actor: str = Field(description="Who or what caused it, for example `matcher`.")
    reason: str | None = Field(description="Why, in a word or a sentence.")


class LeadAssigned(LeadWorked):
    """A lead was given to a manager."""


class LeadReleased(LeadWorked):
    """A lead lost its manager without a decision and waits again, at its old age."""


class LeadReachedOut(LeadWorked):
    """A manager got in touch with a lead."""


class LeadNotInterestedCreated(LeadWorked):
    """A lead was marked not interested, so its manager is free; or a decision was corrected."""


class LeadWorkUpdated(LeadWorked):
    """A lead's work as it is, said again for services that were rebuilt; nothing happened."""


class LeadInterestedCreated(Payload):
    """A lead was marked interested, or a decision corrected: the event that others build on."""

    lead: InterestedLead
    manager: ManagerRef | None = Field(
        description="Who held the lead at the decision, corrected or not; null if nobody did."
    )
    marked_at: UtcTime
    work: Work


class ManagerChanged(Payload):
    """What the events of a lead manager have in common."""

    manager: ManagerState


class ManagerAdded(ManagerChanged):
    """A lead manager was added."""


class ManagerUpdated(ManagerChanged):
    """A lead manager's record changed."""


class ManagerRemoved(ManagerChanged):
    """A lead manager was removed; his undecided leads wait again."""


class NotificationFailed(Payload):
    """A notification was given up after its last attempt."""

    delivery_id: UUID
    kind: str = Field(description="Which notification, for example `acknowledgement`.")
    event_id: str = Field(description="Id of the event that asked for it.")
    lead_id: UUID | None
    attempts: int = Field(
        ge=0, description="0 if it was given up with its endpoint before it was tried itself."
    )
    reason: str = Field(description="The last error, without personal data.")
    failed_at: UtcTime


EventData = (
    LeadsCreated
    | LeadUpdated
    | LeadErased
    | LeadAssigned
    | LeadReleased
    | LeadReachedOut
    | LeadInterestedCreated
    | LeadNotInterestedCreated
    | LeadWorkUpdated
    | ManagerAdded
    | ManagerUpdated
    | ManagerRemoved
    | NotificationFailed
)
