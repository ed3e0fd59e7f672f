"""What clients send."""

from typing import Annotated
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    StrictBool,
    StringConstraints,
    field_validator,
)

from leadwire.http import PRINTABLE, PageQuery, Reason, stripped, without_null
from manager_svc.domain.manager import MAX_CAPACITY, Availability
from manager_svc.domain.status import LeadStatus
from manager_svc.usecases.change_manager import ManagerChanges
from manager_svc.usecases.keep_house import KEYS_KEPT_FOR

MAX_NAME = 200


def _readable(name: str) -> str:
    if not any(character.isalnum() for character in name):
        raise ValueError("a name needs at least one letter or digit")
    return name


Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_NAME, pattern=PRINTABLE),
    AfterValidator(stripped),
    AfterValidator(_readable),
]
Capacity = Annotated[int, Field(strict=True, ge=1, le=MAX_CAPACITY)]
Email = Annotated[EmailStr, Field(max_length=254)]


class Body(BaseModel):
    """A request body; unknown fields are refused, since they are most likely misspelt."""

    model_config = ConfigDict(extra="forbid")


class NewManager(Body):
    """A lead manager to add."""

    name: Name
    email: Email | None = None
    capacity: Capacity = Field(default=1, description="Most undecided leads held at once.")


class ManagerPatch(Body):
    """What to change of a manager; what is left out stays."""

    name: Name | None = Field(default_factory=lambda: None, json_schema_extra=without_null)
    email: Email | None = Field(default=None, description="null removes it.")
    capacity: Capacity | None = Field(default_factory=lambda: None, json_schema_extra=without_null)

    @field_validator("name", "capacity", mode="before")
    @classmethod
    def _keeps_what_is_required(cls, sent: object) -> object:
        if sent is None:
            raise ValueError("must not be null; leave it out to keep it")
        return sent

    def changes(self) -> ManagerChanges:
        """Return only what was sent."""
        changes = ManagerChanges()
        if self.name is not None:
            changes["name"] = self.name
        if "email" in self.model_fields_set:
            changes["email"] = self.email
        if self.capacity is not None:
            changes["capacity"] = self.capacity
        return changes


class NewStatus(Body):
    """The status to mark a lead with."""

    status: LeadStatus
    reason: Reason | None = Field(
        default=None,
        description="Why; shown in the history. Required to correct a decision.",
    )


class NewAssignee(Body):
    """Who gets a lead."""

    manager_id: UUID
    reassign: StrictBool = Field(
        default=False,
        description="Take it from the manager who holds it; with access on, an administrator may.",
    )
    reason: Reason | None = Field(default=None, description="Why; shown in the history.")


class GivingBack(BaseModel):
    """Which manager gives a lead back, and why."""

    manager_id: UUID | None = Field(
        default=None,
        description="From whom to take the lead: if he does not hold it, nothing changes. Without "
        "it, the lead is taken from whoever holds it.",
    )
    reason: Reason | None = Field(
        default=None,
        description="Why; shown in the history. Proxies may log it, as a part of the address.",
    )


class NextLeadHeaders(BaseModel):
    """The headers of a request for the next lead."""

    idempotency_key: Annotated[str, Field(min_length=1, max_length=255)] | None = Field(
        default=None,
        validation_alias="Idempotency-Key",
        description="A name of your own for this request, for example a UUID. Sent again with the "
        "same key it gives the lead that the manager took, as it is now, and not another one. A "
        f"key is good for {KEYS_KEPT_FOR.days} days.",
    )


class ManagerRemoval(BaseModel):
    """How to remove a manager."""

    dry_run: bool = Field(
        default=False, description="Only show what would happen now; nothing is changed."
    )


class ManagerSearch(PageQuery):
    """Which managers."""

    q: Annotated[str, StringConstraints(max_length=MAX_NAME), AfterValidator(str.strip)] | None = (
        Field(default=None, description="Part of the name, in any case, accents ignored.")
    )
    state: Availability | None = Field(
        default=None,
        description="`free`: has room for a lead. Removed managers are shown only with `removed`.",
    )
