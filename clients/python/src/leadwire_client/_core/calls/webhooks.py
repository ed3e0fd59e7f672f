"""What is asked about webhooks."""

from collections.abc import Mapping

from leadwire_client._core.calls.making import Id, delete, fields, get, path_of, write
from leadwire_client._core.wire import Call, Query
from leadwire_client.models import Page
from leadwire_client.webhooks import Discarded, Retried, Webhook, WebhookAnswer, WebhookWithSecret


def webhooks(*, at: Query) -> Call[Page[Webhook]]:
    """Read a page of webhooks."""
    return get("/v1/webhooks", Page[Webhook], at)


def webhook(webhook_id: Id) -> Call[Webhook]:
    """Read a webhook."""
    return get(path_of("webhooks", webhook_id), Webhook)


def add_webhook(data: Mapping[str, object]) -> Call[WebhookWithSecret]:
    """Add a webhook."""
    return write("POST", "/v1/webhooks", WebhookWithSecret, body=data, repeatable=False)


def change_webhook(webhook_id: Id, changes: Mapping[str, object]) -> Call[Webhook]:
    """Change a webhook."""
    return write("PATCH", path_of("webhooks", webhook_id), Webhook, body=changes)


def delete_webhook(webhook_id: Id) -> Call[None]:
    """Delete a webhook."""
    return delete(path_of("webhooks", webhook_id))


def rotate_secret(webhook_id: Id, *, secret: str | None) -> Call[WebhookWithSecret]:
    """Give a webhook another secret. Where none is given, a repetition would make one more."""
    path = path_of("webhooks", webhook_id, "rotate-secret")
    body = fields(secret=secret)
    return write("POST", path, WebhookWithSecret, body=body, repeatable=secret is not None)


def ping_webhook(webhook_id: Id) -> Call[WebhookAnswer]:
    """Send a test event to a webhook."""
    path = path_of("webhooks", webhook_id, "test")
    return write("POST", path, WebhookAnswer, repeatable=False)


def discard_parked_deliveries(webhook_id: Id, *, reason: str) -> Call[Discarded]:
    """Give all parked deliveries of a webhook up for good."""
    path = path_of("webhooks", webhook_id, "discard")
    return write("POST", path, Discarded, body={"reason": reason})


def retry_parked(webhook_id: Id) -> Call[Retried]:
    """Have all parked deliveries of a webhook tried again."""
    return write("POST", path_of("webhooks", webhook_id, "retry"), Retried)
