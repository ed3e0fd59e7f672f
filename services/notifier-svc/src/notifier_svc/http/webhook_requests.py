"""What clients send about webhooks."""

from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)

from leadwire.contracts import EventType
from leadwire.http import without_null
from notifier_svc.domain.urls import MAX_URL
from notifier_svc.domain.webhooks import WebhookChanges, WebhookState, check_secret

PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"

Url = Annotated[
    str,
    StringConstraints(max_length=MAX_URL, pattern=r"^[\x21-\x7e]+$"),
    Field(
        description="Where events are sent to, by POST; other than ASCII is percent-encoded. It "
        "must have no credentials, as everybody who may list webhooks sees it.",
        examples=["https://example.org/leadwire"],
    ),
]
Types = Annotated[
    list[EventType],
    Field(
        max_length=len(EventType),
        description="Types of the events that it gets. Empty: every event of the journal, also "
        "of types to come.",
    ),
]
Description = Annotated[str, StringConstraints(max_length=500, pattern=PRINTABLE)]
Secret = Annotated[
    str,
    StringConstraints(max_length=100),
    AfterValidator(check_secret),
    Field(
        description="`whsec_` and the base64 of 24 to 64 random bytes. Leave it out to have one "
        "made.",
    ),
]


class Body(BaseModel):
    """A request body; unknown fields are refused, since they are most likely misspelt."""

    model_config = ConfigDict(extra="forbid")


class NewWebhook(Body):
    """A webhook to add."""

    url: Url
    types: Types = []
    description: Description = ""
    state: WebhookState = WebhookState.ENABLED
    secret: Secret | None = None


class WebhookPatch(Body):
    """What to change of a webhook; what is left out stays."""

    url: Url | None = Field(default_factory=lambda: None, json_schema_extra=without_null)
    types: Types | None = Field(default_factory=lambda: None, json_schema_extra=without_null)
    description: Description | None = Field(
        default_factory=lambda: None, json_schema_extra=without_null
    )
    state: WebhookState | None = Field(default_factory=lambda: None, json_schema_extra=without_null)

    @field_validator("*", mode="before")
    @classmethod
    def _is_something(cls, sent: object) -> object:
        if sent is None:
            raise ValueError("must not be null; leave it out to keep it")
        return sent

    def changes(self) -> WebhookChanges:
        """Return only what was sent."""
        changes = WebhookChanges()
        if self.url is not None:
            changes["url"] = self.url
        if self.types is not None:
            changes["types"] = self.types
        if self.description is not None:
            changes["description"] = self.description
        if self.state is not None:
            changes["state"] = self.state
        return changes


class NewSecret(Body):
    """The secret that takes the place of the one that is there."""

    secret: Secret | None = None
