"""Headers by which an endpoint tells who sent an event, as Standard Webhooks has them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from standardwebhooks import Webhook

CONTENT_TYPE: Final = "application/cloudevents+json"


def signed_headers(
    *, event_id: str, body: bytes, secrets: Sequence[str], now: datetime
) -> dict[str, str]:
    """Return the headers of a request.

    Args:
        event_id: The same at every attempt; by it an endpoint knows what it has had.
        body: What is sent.
        secrets: Each signs, the newest first.
        now: Moment of the attempt, in UTC; an endpoint refuses what is old.
    """
    text = body.decode()
    signatures = [Webhook(each).sign(event_id, now, text) for each in secrets]
    return {
        "Content-Type": CONTENT_TYPE,
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
