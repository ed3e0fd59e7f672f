"""Every route of stream-svc, with what its documentation says."""

from collections.abc import Sequence
from typing import Final

from leadwire.access import Role, only
from leadwire.http import NOT_ACCEPTABLE, Operation, Response
from stream_svc.domain.cursor import InvalidCursorError
from stream_svc.http.context import Context
from stream_svc.http.leads import LeadHandlers
from stream_svc.http.slots import TooManyStreamsError, TooManyStreamsOfClientError
from stream_svc.http.stream import StreamHandlers
from stream_svc.http.views import LeadCounts, LeadPage, LeadView
from stream_svc.http.wire import WIRES
from stream_svc.usecases.errors import (
    CursorAheadError,
    CursorExpiredError,
    LeadNotFoundError,
    ProjectionBehindError,
)

_FRAMES: Final = """\
One JSON object a line, `type` first; ignore types and fields that you do not know.

| Frame | Meaning |
|---|---|
| `hello {protocol, epoch, heartbeat_s}` | the first one |
| `put {id, rev, why, lead}` | you hold this lead now; `why` is `snapshot`, `enter` or `change` |
| `gone {id, rev, why}` | you hold it no more (perhaps you never did): `left` or `erased` |
| `mark {cursor, lag_ms}` | all before it is applied: keep its cursor to resume from |
| `synced {cursor}` | the snapshot is complete, live from here |
| `error {code, retryable}` | the stream ends; if not retryable, start over without a cursor |
| `bye {reason, reconnect_ms}` | the stream ends; come again with your cursor |
| `end {count}` | with `follow=false`: complete, after this many `put` frames |

Apply frames as they come, whatever their `rev`: a manager's new name comes with the `rev` that
you hold. If you merge them with what you read elsewhere, take those whose `rev` is equal or
greater. Keep the cursor of the last `mark`, and reconnect with it: you miss nothing. A stream
that ends without `end`, `bye` or `error` was cut: reconnect too. It ends with your token, too: at
`bye` with the reason `token_expired` come again with a new one. At `access_changed` what you came
in by was changed or taken away: come again, and the status says whether you still may.

With `Accept-Encoding: gzip` the stream is compressed, and flushed with every batch."""


def operations(context: Context) -> list[Operation]:
    """Return the operations, bound to this service's context."""
    return [
        # Before the route of one lead, whose path takes any word.
        *_stream_operations(StreamHandlers(context=context)),
        *_lead_operations(LeadHandlers(context=context)),
    ]


def _stream_operations(handlers: StreamHandlers) -> Sequence[Operation]:
    return [
        Operation(
            "GET",
            "/v1/leads/stream",
            handlers.stream,
            summary="Stream leads: a snapshot, then every change",
            tag="leads",
            access=only(Role.MANAGER, Role.READER),
            description=_FRAMES,
            responses={
                200: Response(
                    None,
                    "Frames, until the snapshot is complete or for as long as you stay.",
                    media_types=tuple(WIRES),
                )
            },
            errors=[
                InvalidCursorError,
                NOT_ACCEPTABLE,
                CursorExpiredError,
                CursorAheadError,
                TooManyStreamsError,
                TooManyStreamsOfClientError,
            ],
        )
    ]


def _lead_operations(handlers: LeadHandlers) -> Sequence[Operation]:
    return [
        Operation(
            "GET",
            "/v1/leads",
            handlers.list_page,
            summary="List or search leads, oldest first",
            tag="leads",
            access=only(Role.MANAGER, Role.READER),
            responses={
                200: Response(
                    LeadPage,
                    "One page of the leads that match; with `fields` only those fields of each.",
                )
            },
        ),
        Operation(
            "GET",
            "/v1/leads/count",
            handlers.count,
            summary="Count leads by status",
            tag="leads",
            access=only(Role.MANAGER, Role.READER),
            responses={200: Response(LeadCounts, "How many leads match.")},
        ),
        Operation(
            "GET",
            "/v1/leads/{lead_id}",
            handlers.read,
            summary="Read a lead",
            tag="leads",
            access=only(Role.MANAGER, Role.READER),
            description="A lead that was made less than 10 s ago is waited for, up to 2 s.",
            responses={200: Response(LeadView, "The lead.")},
            errors=[LeadNotFoundError, ProjectionBehindError],
        ),
    ]
