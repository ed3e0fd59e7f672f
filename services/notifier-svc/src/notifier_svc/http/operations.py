"""Every route of notifier-svc, with what its documentation says."""

from leadwire.access import ADMINS
from leadwire.http import Operation, Response
from notifier_svc.domain.errors import (
    DeliveryFinishedError,
    DeliveryNotFoundError,
    DeliveryNotParkedError,
    WebhookDisabledError,
    WebhookNotFoundError,
)
from notifier_svc.http.context import Context
from notifier_svc.http.deliveries import DeliveryHandlers
from notifier_svc.http.journal import JournalHandlers
from notifier_svc.http.replay_operations import replay_operations
from notifier_svc.http.replays import ReplayHandlers
from notifier_svc.http.views import DeliveriesPage, DeliveryView, JournalCountsView, JournalPage
from notifier_svc.http.webhook_operations import webhook_operations
from notifier_svc.http.webhooks import WebhookHandlers


def operations(context: Context) -> list[Operation]:
    """Return the operations, bound to this service's context."""
    journal, deliveries = JournalHandlers(context=context), DeliveryHandlers(context=context)
    return [
        Operation(
            "GET",
            "/v1/journal",
            journal.list,
            summary="List events",
            tag="journal",
            access=ADMINS,
            description=(
                "Every event of the last days, as received and in the order in which they were "
                "taken in, also of types that Leadwire does not know. A page ends early when "
                "its events are large; go on with `next_cursor` until it is null."
            ),
            responses={200: Response(JournalPage, "A page of events.")},
        ),
        Operation(
            "GET",
            "/v1/journal/count",
            journal.count,
            summary="Count events of the last minutes",
            tag="journal",
            access=ADMINS,
            description=(
                "How many events of some types came in within each of the last minutes, at "
                "whatever rate: for a chart of how fast leads are decided, say. A minute ends "
                "now, not with the minute of a clock."
            ),
            responses={200: Response(JournalCountsView, "A number for each minute.")},
        ),
        Operation(
            "GET",
            "/v1/deliveries",
            deliveries.list,
            summary="List deliveries",
            tag="deliveries",
            access=ADMINS,
            description=(
                "Emails to prospects and to the team, and events for webhooks, and how each "
                "fares; newest first."
            ),
            responses={200: Response(DeliveriesPage, "A page of deliveries.")},
        ),
        Operation(
            "POST",
            "/v1/deliveries/{delivery_id}/retry",
            deliveries.retry,
            summary="Try a delivery again",
            tag="deliveries",
            access=ADMINS,
            description=(
                "One that is parked has all its attempts anew; one that is pending is tried now "
                "instead of later."
            ),
            responses={200: Response(DeliveryView, "The delivery, pending.")},
            errors=[
                DeliveryNotFoundError,
                DeliveryFinishedError,
                WebhookDisabledError,
                WebhookNotFoundError,
            ],
        ),
        Operation(
            "POST",
            "/v1/deliveries/{delivery_id}/discard",
            deliveries.discard,
            summary="Discard a parked delivery",
            tag="deliveries",
            access=ADMINS,
            description=(
                "It is cancelled, and the reason is kept with it. What is parked is kept until "
                "somebody retries or discards it."
            ),
            responses={200: Response(DeliveryView, "The delivery, cancelled.")},
            errors=[DeliveryNotFoundError, DeliveryNotParkedError],
        ),
        *replay_operations(ReplayHandlers(context=context)),
        *webhook_operations(WebhookHandlers(context=context)),
    ]
