"""Send a test event to a webhook."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import orjson
from uuid_utils.compat import uuid7

from leadwire.db import Database
from notifier_svc.domain.deliveries import NotDeliveredError
from notifier_svc.endpoints import EndpointClient, signed_headers
from notifier_svc.storage.webhooks import WebhookStore
from notifier_svc.usecases.announce_failure import SOURCE

TEST_TYPE: Final = "webhook_test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """What came of a test event.

    Attributes:
        status: HTTP status that was answered, if any.
        error: Why there was no answer.
        answer: The begin of its body.
    """

    event_id: UUID
    status: int | None
    error: str | None
    answer: str
    duration_ms: float

    @property
    def is_taken(self) -> bool:
        """Whether the endpoint took it."""
        return self.status is not None and 200 <= self.status < 300


async def ping_webhook(database: Database, client: EndpointClient, webhook_id: UUID) -> Ping:
    """Send an event without content once, in whatever state the webhook is, and tell at once.

    Nothing of it is kept: it is no event of the journal, has no delivery, and says nothing to the
    circuit breaker.

    Raises:
        WebhookNotFoundError: There is no such webhook.
    """
    now = datetime.now(UTC)
    async with database.connection() as connection:
        webhook = await WebhookStore(connection=connection).find(webhook_id)
    event_id = uuid7()
    body = _event(event_id, webhook_id, now)
    headers = signed_headers(
        event_id=str(event_id), body=body, secrets=webhook.secrets_at(now), now=now
    )
    began = time.perf_counter()
    status, error, head = None, None, b""
    try:
        answer = await client.post(webhook.url, headers=headers, body=body)
        status, head = answer.status, answer.head
    except NotDeliveredError as failure:
        error = str(failure)
    return Ping(
        event_id=event_id,
        status=status,
        error=error,
        answer=head.decode(errors="replace"),
        duration_ms=round((time.perf_counter() - began) * 1000, 1),
    )


def _event(event_id: UUID, webhook_id: UUID, now: datetime) -> bytes:
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": SOURCE,
            "type": TEST_TYPE,
            "time": now,
            "datacontenttype": "application/json",
            "data": {"webhook_id": webhook_id},
        }
    )
