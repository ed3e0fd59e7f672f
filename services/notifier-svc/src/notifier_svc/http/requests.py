"""What clients ask for."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field

from notifier_svc.domain.deliveries import DeliveryStatus


class Page(BaseModel):
    """Which page of a listing."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    cursor: str | None = Field(
        default=None, max_length=100, description="`next_cursor` of the page before."
    )


class JournalQuery(Page):
    """Which events of the journal."""

    type: list[Annotated[str, Field(max_length=255)]] = Field(
        default_factory=list, max_length=50, description="Event types; repeat it for several."
    )
    since: AwareDatetime | None = Field(
        default=None,
        validation_alias="from",
        description="Moment of receipt at or after which an event stands in the journal.",
        examples=["2026-01-31T09:00:00Z"],
    )
    until: AwareDatetime | None = Field(
        default=None, validation_alias="to", description="Moment of receipt before which it does."
    )


class DeliveryQuery(Page):
    """Which deliveries."""

    status: DeliveryStatus | None = None
