"""Every route of operators, with what its documentation says."""

from collections.abc import Sequence
from typing import Final

from leadwire.access import ADMINS
from leadwire.http import Answer, Operation, Refusals, Response
from leadwire.ops.errors import (
    AlreadyDecidedError,
    BrokerAwayError,
    NotPublishableError,
    ParkedEventNotFoundError,
    SubscriptionMissingError,
)
from leadwire.ops.handlers import OpsHandlers
from leadwire.ops.views import (
    DecisionsPage,
    DecisionView,
    ParkedPage,
    RequeuedView,
    StatusView,
    WholeParkedView,
)

RETRY_AFTER: Final = 5
"""Seconds after which an operator's program asks again while the broker is away."""

REFUSALS: Final = Refusals(
    {
        ParkedEventNotFoundError: 404,
        AlreadyDecidedError: 409,
        SubscriptionMissingError: 409,
        NotPublishableError: 409,
        BrokerAwayError: Answer(503, retry_after=RETRY_AFTER),
    }
)

_TAG: Final = "operations"


def operations(service: str, handlers: OpsHandlers) -> Sequence[Operation]:
    """Return the operations of one service."""
    base = f"/v1/ops/{service}"
    return [*_looking(base, handlers), *_deciding(base, handlers)]


def _looking(base: str, handlers: OpsHandlers) -> Sequence[Operation]:
    return [
        Operation(
            "GET",
            f"{base}/status",
            handlers.status,
            summary="Show how the service stands",
            tag=_TAG,
            access=ADMINS,
            description=(
                "What waits to be published, and for how long; what waits to be handled; what is "
                "parked. Answers also while the broker is away."
            ),
            responses={200: Response(StatusView, "How it stands now.")},
        ),
        Operation(
            "GET",
            f"{base}/parked",
            handlers.list,
            summary="List parked events",
            tag=_TAG,
            access=ADMINS,
            description=(
                "Deliveries that could not be handled, and events that the broker will never take; "
                "without their bodies."
            ),
            responses={200: Response(ParkedPage, "A page of parked events.")},
        ),
        Operation(
            "GET",
            f"{base}/parked/{{parked_id}}",
            handlers.show,
            summary="Show a parked event",
            tag=_TAG,
            access=ADMINS,
            description="With its headers and its body, which may hold personal data.",
            responses={200: Response(WholeParkedView, "The event.")},
            errors=[ParkedEventNotFoundError],
        ),
        Operation(
            "GET",
            f"{base}/decisions",
            handlers.decisions,
            summary="List what was done with parked events",
            tag=_TAG,
            access=ADMINS,
            description="Which were requeued, which discarded and why; newest first, for 400 days.",
            responses={200: Response(DecisionsPage, "A page of decisions.")},
        ),
    ]


def _deciding(base: str, handlers: OpsHandlers) -> Sequence[Operation]:
    return [
        Operation(
            "POST",
            f"{base}/parked/requeue",
            handlers.requeue_some,
            summary="Requeue parked events",
            tag=_TAG,
            access=ADMINS,
            description=(
                "All that match and are parked now, one batch with each request: go on with "
                "`next_cursor` until it is null. What fails again meanwhile is parked anew, and "
                "left for the next time. Sent again, it does nothing twice."
            ),
            responses={200: Response(RequeuedView, "What the batch came to.")},
            errors=[BrokerAwayError],
        ),
        Operation(
            "POST",
            f"{base}/parked/{{parked_id}}/requeue",
            handlers.requeue,
            summary="Requeue a parked event",
            tag=_TAG,
            access=ADMINS,
            description=(
                "A delivery is delivered again, to its subscription alone, with new attempts; an "
                "event of the outbox is published again. Sent again, it does nothing twice."
            ),
            responses={200: Response(DecisionView, "It is requeued, now or before.")},
            errors=[
                ParkedEventNotFoundError,
                AlreadyDecidedError,
                SubscriptionMissingError,
                NotPublishableError,
                BrokerAwayError,
            ],
        ),
        Operation(
            "DELETE",
            f"{base}/parked/{{parked_id}}",
            handlers.discard,
            summary="Discard a parked event",
            tag=_TAG,
            access=ADMINS,
            description="It is gone for good; its id and the reason are kept.",
            responses={204: Response(None, "It is discarded, now or before.")},
            errors=[ParkedEventNotFoundError, AlreadyDecidedError],
        ),
    ]
