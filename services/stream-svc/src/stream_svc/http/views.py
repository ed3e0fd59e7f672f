"""What the read API answers, for its documentation: the JSON itself is stored ready."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue


class LeadManager(BaseModel):
    """Who holds a lead."""

    id: UUID
    name: str


class LeadTags(BaseModel):
    """The states of a lead's two sides, for `If-Match` on the next write."""

    contact: str = Field(examples=["contact-3"])
    work: str | None = Field(
        examples=["work-7"], description="Null until manager-svc has taken the lead up."
    )


class LeadView(BaseModel):
    """A lead as read."""

    id: UUID
    name: str
    family_name: str
    email: str
    cellphone: str | None = Field(description="E.164; null for some leads from the form.")
    status: Literal["pending", "reached_out", "interested", "not_interested"]
    manager: LeadManager | None = Field(description="Null while nobody holds the lead.")
    origin: Literal["import", "form", "api"]
    import_id: UUID | None
    attributes: dict[str, JsonValue]
    has_resume: bool
    created_at: AwareDatetime
    updated_at: AwareDatetime
    rev: int = Field(
        description="Grows with every change of the lead; a new name of its manager is none."
    )
    tags: LeadTags


class ListedLead(LeadView):
    """A lead as read; with `fields`, only those that were asked for, and its `id`."""

    model_config = ConfigDict(json_schema_extra={"required": ["id"]})


class LeadPage(BaseModel):
    """One page of leads."""

    items: list[ListedLead]
    next_cursor: str | None = Field(description="Null on the last page.")


class LeadCounts(BaseModel):
    """How many leads match, in all and by status."""

    total: int
    by_status: dict[str, int]
