"""Webhooks: where other systems want events sent to, and what their secrets look like."""

import base64
import binascii
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypedDict
from uuid import UUID

MAX_WEBHOOKS: Final = 50
"""An endpoint that hangs occupies what is its own only: so all of them together are bounded."""

SECRET_OVERLAP: Final = timedelta(hours=24)
"""For so long a secret that was replaced signs beside the new one, at least."""

MOST_PREVIOUS: Final = 4
"""Secrets that were replaced and still sign: each lengthens a header of every request."""

_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = range(24, 65)  # what Standard Webhooks asks for


class WebhookState(StrEnum):
    """Whether events are sent: at once, later, or never."""

    ENABLED = "enabled"
    PAUSED = "paused"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where events are sent to.

    Attributes:
        types: Of the events that it gets; of all if there are none.
        state_reason: Why it is disabled, if nobody asked for it.
        secret: Signs what is sent; shown when it is new and never again.
        previous_secrets: Sign beside it, until `previous_secret_until`; the newest first.
        failures: Deliveries that failed since the last that succeeded.
        failing_since: When the first of them did.
        resume_at: Nothing is sent before, since too many failed.
    """

    id: UUID
    url: str
    types: Sequence[str]
    description: str
    state: WebhookState
    state_reason: str | None
    secret: str = field(repr=False)
    previous_secrets: Sequence[str] = field(repr=False)
    previous_secret_until: datetime | None
    failures: int
    failing_since: datetime | None
    resume_at: datetime
    created_at: datetime
    updated_at: datetime

    def secrets_at(self, moment: datetime) -> list[str]:
        """Return all that sign at a moment, the newest first."""
        until = self.previous_secret_until
        previous = () if until is None or until <= moment else self.previous_secrets
        return [self.secret, *previous]


class WebhookChanges(TypedDict, total=False):
    """What to change of a webhook; what is left out stays."""

    url: str
    types: Sequence[str]
    description: str
    state: WebhookState


def new_secret() -> str:
    """Make a secret."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def check_secret(text: str) -> str:
    """Return the text if it is a secret as Standard Webhooks has them.

    Raises:
        ValueError: It is none.
    """
    message = (
        f"it must be {_PREFIX} and the base64 of {_SECRET_BYTES[0]} to {_SECRET_BYTES[-1]} "
        "random bytes; leave it out to have one made"
    )
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(message) from None
    if not text.startswith(_PREFIX) or len(key) not in _SECRET_BYTES:
        raise ValueError(message)
    return text
