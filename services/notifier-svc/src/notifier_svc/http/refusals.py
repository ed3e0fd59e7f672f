"""How refusals of the domain are answered."""

from typing import Final

from leadwire.http import Refusals
from notifier_svc.domain.errors import (
    DeliveryFinishedError,
    DeliveryNotFoundError,
    DeliveryNotParkedError,
    KeyReusedError,
    NoSuchEventTypeError,
    ReplayEndedError,
    ReplayNotFoundError,
    TooManyReplaysError,
    TooManyWebhooksError,
    UrlNotAllowedError,
    WebhookDisabledError,
    WebhookNotFoundError,
)

REFUSALS: Final = Refusals(
    {
        DeliveryNotFoundError: 404,
        ReplayNotFoundError: 404,
        WebhookNotFoundError: 404,
        DeliveryFinishedError: 409,
        DeliveryNotParkedError: 409,
        ReplayEndedError: 409,
        TooManyReplaysError: 409,
        TooManyWebhooksError: 409,
        WebhookDisabledError: 409,
        KeyReusedError: 422,
        NoSuchEventTypeError: 422,
        UrlNotAllowedError: 422,
    }
)
