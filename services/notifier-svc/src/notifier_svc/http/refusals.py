"""How refusals of the domain are answered."""

from typing import Final

from leadwire.http import Refusals
from notifier_svc.domain.errors import (
    DeliveryFinishedError,
    DeliveryNotFoundError,
    TooManyWebhooksError,
    UrlNotAllowedError,
    WebhookNotFoundError,
)

REFUSALS: Final = Refusals(
    {
        DeliveryNotFoundError: 404,
        WebhookNotFoundError: 404,
        DeliveryFinishedError: 409,
        TooManyWebhooksError: 409,
        UrlNotAllowedError: 422,
    }
)
