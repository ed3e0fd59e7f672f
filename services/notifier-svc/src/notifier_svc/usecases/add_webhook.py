"""Add a webhook."""

from collections.abc import Sequence

from leadwire.db import Database
from notifier_svc.domain.urls import Reach
from notifier_svc.domain.webhooks import Webhook, WebhookState, new_secret
from notifier_svc.storage.webhooks import WebhookStore


async def add_webhook(
    database: Database,
    reach: Reach,
    *,
    url: str,
    types: Sequence[str],
    description: str,
    state: WebhookState,
    secret: str | None,
) -> Webhook:
    """Store a webhook, with a secret of ours unless one is given.

    Raises:
        UrlNotAllowedError: Events may not be sent to the URL.
        TooManyWebhooksError: There are as many as there may be.
    """
    reach.check_url(url)
    async with database.transaction() as connection:
        return await WebhookStore(connection=connection).add(
            url=url,
            types=types,
            description=description,
            state=state,
            secret=secret or new_secret(),
        )
