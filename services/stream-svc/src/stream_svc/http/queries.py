"""Query parameters of the read API."""

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    field_validator,
)
from pydantic_core.core_schema import ValidationInfo

from leadwire.contracts.tags import Tag
from leadwire.http import AcceptHeader, PageQuery
from stream_svc.domain.fields import ALL_FIELDS, FIELDS, Fields, parse_fields
from stream_svc.domain.filters import FILTERS, LeadFilter, parse_filter
from stream_svc.domain.listing import LONGEST_SEARCH, Choice, Sort, search_key

TagText = Annotated[
    Tag,
    PlainValidator(Tag.parse),
    WithJsonSchema({"type": "string", "pattern": "^(contact|work)-[1-9][0-9]*$"}),
]


class FilterQuery(BaseModel):
    """Which leads. A lead must meet all that is given."""

    model_config = ConfigDict(frozen=True)

    status: str | None = Field(
        default=None,
        description="`pending`, `reached_out`, `interested`, `not_interested`; comma means any of.",
        examples=["pending,reached_out"],
    )
    manager_id: str | None = Field(
        default=None, description="Ids of lead managers, one of whom holds the lead."
    )
    assigned: str | None = Field(
        default=None, description="`true`: somebody holds the lead; `false`: nobody does."
    )
    origin: str | None = Field(
        default=None, description="`import`, `form`, `api`; comma means any of."
    )
    import_id: str | None = Field(default=None, description="Ids of imports; comma means any of.")
    email_domain: str | None = Field(
        default=None, description="What follows the `@`, in any case; comma means any of."
    )
    created_after: str | None = Field(
        default=None,
        description="Moment at or after which the lead came in.",
        examples=["2026-01-31T09:00:00Z"],
    )
    created_before: str | None = Field(
        default=None, description="Moment before which the lead came in."
    )

    @field_validator(*FILTERS)
    @classmethod
    def _means_something(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.field_name is not None:
            FILTERS[info.field_name](value)
        return value

    def leads(self) -> LeadFilter:
        """Give the filter that the parameters say."""
        return parse_filter({name: getattr(self, name) for name in FILTERS})


class FieldsQuery(BaseModel):
    """What of each lead."""

    fields: str | None = Field(
        default=None,
        description=f"Only these fields of each lead, and its `id`; of {', '.join(FIELDS)}.",
        examples=["name,email,status"],
    )

    @field_validator("fields")
    @classmethod
    def _is_of_a_lead(cls, value: str | None) -> str | None:
        if value is not None:
            parse_fields(value)
        return value

    def chosen_fields(self) -> Fields:
        """Give the fields that the parameter says."""
        return ALL_FIELDS if self.fields is None else parse_fields(self.fields)


class ChoiceQuery(FilterQuery):
    """Which leads, by their facts and by their names."""

    q: str | None = Field(
        default=None,
        max_length=LONGEST_SEARCH,
        description="What name, family name, both in either order, or email begins with; "
        "in any case, with or without accents.",
        examples=["ada lov"],
    )

    @field_validator("q")
    @classmethod
    def _can_be_found(cls, value: str | None) -> str | None:
        if value is not None:
            search_key(value)
        return value

    def choice(self) -> Choice:
        """Give filter and search."""
        return Choice(self.leads(), search=None if self.q is None else search_key(self.q))


class ListQuery(ChoiceQuery, FieldsQuery, PageQuery):
    """Which leads, in which order, and which page of them."""

    sort: Sort = Field(
        default=Sort.CREATED_AT,
        description="The order; with a minus the other way round. Names and emails go by their "
        "letters without case and accents, names of equal spelling by the family name.",
    )

    def filters(self) -> bytes:
        """Give bytes that are equal for lists that are the same, however they are asked for."""
        choice = self.choice()
        return b"\0".join(
            [choice.leads.fingerprint, self.sort.encode(), (choice.search or "").encode()]
        )


class StreamQuery(FilterQuery, FieldsQuery):
    """Which leads, and from where on."""

    follow: bool = Field(
        default=False,
        description="`true`: stay and be told of changes; `false`: end after the snapshot.",
    )
    start: Literal["snapshot", "now"] = Field(
        default="snapshot",
        description="Begin with what there is, or only with what changes from now on.",
    )
    cursor: str | None = Field(
        default=None,
        description="Cursor of the last `mark` that was applied, with the same filters; "
        "overrules `start`.",
    )


class LeadQuery(BaseModel):
    """In which state to read a lead."""

    model_config = ConfigDict(frozen=True)

    at_least: TagText | None = Field(
        default=None,
        description="Wait up to 2 s until the lead has reached this state: `work-7`, `contact-3`.",
    )


class StreamHeaders(AcceptHeader):
    """How to write the stream, and where an `EventSource` wants to resume."""

    accept_encoding: str = Field(
        default="", alias="Accept-Encoding", description="`gzip` compresses the stream."
    )

    last_event_id: str | None = Field(
        default=None,
        alias="Last-Event-ID",
        description="Like `cursor`, which it overrules; sent by an `EventSource` that reconnects.",
    )
