"""The routes under `/v1/webhooks`, with what their documentation says."""

from collections.abc import Sequence

from leadwire.access import ADMINS
from leadwire.http import ErrorResponse, Operation, Response
from notifier_svc.domain.errors import (
    TooManyWebhooksError,
    UrlNotAllowedError,
    WebhookDisabledError,
    WebhookNotFoundError,
)
from notifier_svc.http.webhook_requests import NewSecret
from notifier_svc.http.webhook_views import (
    DiscardedView,
    PingView,
    RetriedView,
    SecretView,
    WebhooksPage,
    WebhookView,
)
from notifier_svc.http.webhooks import WebhookHandlers


def webhook_operations(handlers: WebhookHandlers) -> Sequence[Operation]:
    """Return the operations."""
    return [*_records(handlers), *_commands(handlers)]


def _records(handlers: WebhookHandlers) -> Sequence[Operation]:
    return [
        Operation(
            "POST",
            "/v1/webhooks",
            handlers.add,
            summary="Add a webhook",
            tag="webhooks",
            access=ADMINS,
            description=(
                "It gets the events that are accepted from now on; "
                "those before come by a replay. The answer shows the secret, this once."
            ),
            responses={201: Response(SecretView, "The webhook with its secret.")},
            errors=[UrlNotAllowedError, TooManyWebhooksError],
        ),
        Operation(
            "GET",
            "/v1/webhooks",
            handlers.list,
            summary="List webhooks",
            tag="webhooks",
            access=ADMINS,
            responses={200: Response(WebhooksPage, "A page of webhooks.")},
        ),
        Operation(
            "GET",
            "/v1/webhooks/{webhook_id}",
            handlers.show,
            summary="Show a webhook",
            tag="webhooks",
            access=ADMINS,
            responses={200: Response(WebhookView, "The webhook, and how it fares.")},
            errors=[WebhookNotFoundError],
        ),
        Operation(
            "PATCH",
            "/v1/webhooks/{webhook_id}",
            handlers.change,
            summary="Change a webhook",
            tag="webhooks",
            access=ADMINS,
            description=(
                "While it is `paused`, events wait for it; they are sent once it is `enabled`, "
                "and have all their time from then on. When it is `disabled`, what waits is "
                "cancelled."
            ),
            responses={200: Response(WebhookView, "The webhook as it is now.")},
            errors=[WebhookNotFoundError, UrlNotAllowedError],
        ),
        Operation(
            "DELETE",
            "/v1/webhooks/{webhook_id}",
            handlers.delete,
            summary="Delete a webhook",
            tag="webhooks",
            description=(
                "What waits for it, or is parked, is cancelled; the log of its deliveries stays."
            ),
            access=ADMINS,
            responses={204: Response(None, "Deleted.")},
            errors=[WebhookNotFoundError],
        ),
    ]


def _commands(handlers: WebhookHandlers) -> Sequence[Operation]:
    return [
        Operation(
            "POST",
            "/v1/webhooks/{webhook_id}/test",
            handlers.ping,
            summary="Send a test event",
            tag="webhooks",
            access=ADMINS,
            description=(
                "Sends an event of type `webhook_test`, signed as any other, once and in "
                "whatever state the webhook is, and answers with what the endpoint answered."
            ),
            responses={200: Response(PingView, "What the endpoint answered, or why it did not.")},
            errors=[WebhookNotFoundError],
        ),
        Operation(
            "POST",
            "/v1/webhooks/{webhook_id}/retry",
            handlers.retry,
            summary="Try all parked deliveries again",
            tag="webhooks",
            access=ADMINS,
            responses={200: Response(RetriedView, "How many.")},
            errors=[WebhookNotFoundError, WebhookDisabledError],
        ),
        Operation(
            "POST",
            "/v1/webhooks/{webhook_id}/discard",
            handlers.discard,
            summary="Discard all parked deliveries",
            tag="webhooks",
            access=ADMINS,
            description="They are cancelled, and the reason is kept with each.",
            responses={200: Response(DiscardedView, "How many.")},
            errors=[WebhookNotFoundError],
        ),
        Operation(
            "POST",
            "/v1/webhooks/{webhook_id}/rotate-secret",
            handlers.rotate,
            summary="Replace the secret of a webhook",
            tag="webhooks",
            access=ADMINS,
            description=(
                "For 24 hours those that signed so far, four at most, sign as well: "
                "`webhook-signature` then has a signature of each. The body may be left out; the "
                "answer shows the new secret, this once. One that is given and is there already "
                "changes nothing."
            ),
            responses={200: Response(SecretView, "The webhook with its new secret.")},
            errors=[
                WebhookNotFoundError,
                ErrorResponse(400, "malformed_json", "The body is not JSON."),
                ErrorResponse(422, "invalid_request", "The body has wrong values."),
            ],
            consumes={"application/json": NewSecret},
            needs_body=False,
        ),
    ]
