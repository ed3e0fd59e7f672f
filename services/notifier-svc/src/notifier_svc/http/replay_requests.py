"""What clients send about replays."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from leadwire.http import PageQuery
from notifier_svc.domain.replays import ReplayOrder, ReplayStatus
from notifier_svc.http.requests import Moment

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""So few characters, of which no address of a person is made."""

QUEUE = r"^[A-Za-z0-9_.:-]+$"
"""As many as the queues of other teams are named with by the consumer kit."""

SubscriptionName = Annotated[str, StringConstraints(max_length=200, pattern=QUEUE)]
TypeName = Annotated[str, StringConstraints(max_length=255, pattern=NAME)]


class NewReplay(BaseModel):
    """Which events are sent again, and to whom: to a subscription, or to a webhook."""

    model_config = ConfigDict(extra="forbid")

    since: Moment = Field(
        alias="from",
        description="Moment of receipt at or after which an event stands in the journal; a day "
        "alone, as `2026-01-31`, is its beginning in UTC.",
        examples=["2026-01-31T09:00:00Z"],
    )
    until: Moment | None = Field(
        default=None,
        alias="to",
        description="Moment of receipt before which it does. Without it, or if it is yet to come: "
        "all that has happened until now, also what the journal is only about to receive.",
    )
    types: list[TypeName] = Field(
        default_factory=list,
        max_length=50,
        description="Event types; all of them if there is none, to a webhook those it has.",
    )
    subscription: SubscriptionName | None = Field(
        default=None,
        description="Name of a subscription, for example `stream-svc`; on RabbitMQ also of another "
        "team's queue that is bound to `leadwire.directed` under this name.",
        examples=["billing.leads"],
    )
    webhook_id: UUID | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.subscription is None) == (self.webhook_id is None):
            raise ValueError("give either a subscription or a webhook_id")
        if self.until is not None and self.until <= self.since:
            raise ValueError("from must lie before to")
        return self

    def order(self) -> ReplayOrder:
        """Return what is asked for."""
        return ReplayOrder(
            subscription=self.subscription,
            webhook_id=self.webhook_id,
            types=tuple(sorted(set(self.types))),
            since=self.since,
            until=self.until,
        )


class NewReplayHeaders(BaseModel):
    """The headers of a request for a replay."""

    idempotency_key: Annotated[str, Field(min_length=1, max_length=255)] | None = Field(
        default=None,
        validation_alias="Idempotency-Key",
        description="A name of your own for this request, for example a UUID: sent again with the "
        "same key it gives the replay that it has begun, as long as that is kept.",
    )


class ReplayQuery(PageQuery):
    """Which replays."""

    status: ReplayStatus | None = None
