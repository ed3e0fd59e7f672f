"""What clients ask for."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from leadwire.http import PageQuery
from notifier_svc.domain.deliveries import DeliveryStatus


class JournalQuery(PageQuery):
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


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    status: DeliveryStatus | None = None
