"""What operators ask for."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from leadwire.http import PageQuery, Reason
from leadwire.outbox import ParkedFilter, Place

MAX_NAME = 255
PARKED_ID = r"^(consumer|outbox)-[0-9]{1,18}$"

ParkedIdText = Annotated[str, StringConstraints(pattern=PARKED_ID)]
"""Its row fits into a bigint."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)]


class ParkedQuery(PageQuery):
    """Which parked events."""

    subscription: Name | None = Field(
        default=None, description="Only deliveries of this subscription."
    )
    type: Name | None = Field(default=None, description="Only events of this type.")
    place: Place | None = Field(
        default=None,
        description="`consumer`: deliveries that could not be handled; `outbox`: events that the "
        "broker will never take.",
    )

    def chosen(self) -> ParkedFilter:
        """Give the filter."""
        return ParkedFilter(subscription=self.subscription, type=self.type, place=self.place)


class RequeueQuery(ParkedQuery):
    """Which parked events to requeue; `limit` of them with one request."""

    limit: int = Field(default=500, ge=1, le=500, description="Most events of this request.")


class Discarding(BaseModel):
    """Why an event is discarded."""

    reason: Reason = Field(
        description="Why; kept with the event's id. Write nothing personal: it is not erased, and "
        "proxies may log it, as a part of the address.",
    )
