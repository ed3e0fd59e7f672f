"""Why a request about webhooks or deliveries is refused.

Each refusal has a stable `code` and a message that says what to do.
"""

from typing import ClassVar
from uuid import UUID


class RefusalError(Exception):
    """The request is understood, and the rules do not allow it."""

    code: ClassVar[str]


class WebhookNotFoundError(RefusalError):
    """No such webhook, or it was deleted."""

    code = "webhook_not_found"

    def __init__(self, webhook_id: UUID) -> None:
        super().__init__(f"there is no webhook {webhook_id}")


class TooManyWebhooksError(RefusalError):
    """There are as many webhooks as there may be."""

    code = "too_many_webhooks"

    def __init__(self, limit: int) -> None:
        super().__init__(f"there are {limit} webhooks, which is the most: delete one first")


class UrlNotAllowedError(RefusalError):
    """The URL is none that events may be sent to."""

    code = "url_not_allowed"


class DeliveryNotFoundError(RefusalError):
    """No such delivery, or it was forgotten with its age."""

    code = "delivery_not_found"

    def __init__(self, delivery_id: UUID) -> None:
        super().__init__(f"there is no delivery {delivery_id}")


class DeliveryFinishedError(RefusalError):
    """The delivery was made or cancelled, so it cannot be tried again."""

    code = "delivery_finished"

    def __init__(self, delivery_id: UUID, status: str) -> None:
        super().__init__(
            f"delivery {delivery_id} is {status}: only what is pending or parked is tried again"
        )
