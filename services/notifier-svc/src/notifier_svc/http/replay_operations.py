"""The routes under `/v1/replays`, with what their documentation says."""

from collections.abc import Sequence

from leadwire.access import ADMINS
from leadwire.http import Operation, Response
from notifier_svc.domain.errors import (
    KeyReusedError,
    NoSuchEventTypeError,
    ReplayEndedError,
    ReplayNotFoundError,
    TooManyReplaysError,
    WebhookNotFoundError,
)
from notifier_svc.http.replay_views import ReplaysPage, ReplayView
from notifier_svc.http.replays import ReplayHandlers

_HEADERS = {
    "Location": "Where the replay is.",
    "Idempotent-Replayed": "`true` if an earlier request with the same key began it.",
}


def replay_operations(handlers: ReplayHandlers) -> Sequence[Operation]:
    """Return the operations."""
    return [
        Operation(
            "POST",
            "/v1/replays",
            handlers.add,
            summary="Send events again",
            tag="replays",
            access=ADMINS,
            description=(
                "The events of a range are sent once more to one subscription or webhook, in the "
                "order of the journal, byte for byte as they were and with their ids; what is "
                "about an erased lead is left out. Live events go on meanwhile, so the two "
                "interleave, and what the reader had already comes a second time. The replay runs "
                "in the background, waits while its reader is behind, and goes on in another "
                "process if the one that runs it dies; then some events may come twice. One to a "
                "subscription that the broker does not know fails as `subscription_unknown`."
            ),
            responses={
                202: Response(ReplayView, "The replay has begun.", headers=_HEADERS),
                200: Response(
                    ReplayView, "An earlier request began it, and it has ended.", headers=_HEADERS
                ),
            },
            errors=[
                WebhookNotFoundError,
                TooManyReplaysError,
                KeyReusedError,
                NoSuchEventTypeError,
            ],
        ),
        Operation(
            "GET",
            "/v1/replays",
            handlers.list,
            summary="List replays",
            tag="replays",
            access=ADMINS,
            description="Newest first; one that has ended is kept for some time.",
            responses={200: Response(ReplaysPage, "A page of replays.")},
        ),
        Operation(
            "GET",
            "/v1/replays/{replay_id}",
            handlers.show,
            summary="Show a replay",
            tag="replays",
            access=ADMINS,
            responses={200: Response(ReplayView, "The replay, and how far it is.")},
            errors=[ReplayNotFoundError],
        ),
        Operation(
            "POST",
            "/v1/replays/{replay_id}/cancel",
            handlers.cancel,
            summary="Cancel a replay",
            tag="replays",
            access=ADMINS,
            description=(
                "The batch that is under way is the last. What waits for a webhook already is "
                "delivered all the same. One that is cancelled already is no error."
            ),
            responses={200: Response(ReplayView, "The replay as it ended.")},
            errors=[ReplayNotFoundError, ReplayEndedError],
        ),
    ]
