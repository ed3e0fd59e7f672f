"""The streamed read API."""

import asyncio
from contextlib import aclosing

import structlog
from aiohttp import web

from leadwire.http import DRAINING, ErrorResponse, Operation, Problem, Response
from stream_svc.context import Context
from stream_svc.domain.cursor import InvalidCursorError, StreamCursor
from stream_svc.domain.follow import Place
from stream_svc.http import problems
from stream_svc.http.queries import StreamHeaders, StreamQuery
from stream_svc.http.slots import StreamSlots
from stream_svc.http.wire import EVENTS, NDJSON, Wire, choose_wire
from stream_svc.metrics import StreamMetrics
from stream_svc.usecases.begin_stream import Wish, begin_stream
from stream_svc.usecases.errors import ReadError
from stream_svc.usecases.follow_leads import Follower

log = structlog.get_logger(__name__)

BYTES_PER_WRITE = 256 * 1024
"""A reader has to take this much within the deadline, not a whole page."""

DESCRIPTION = """\
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

Apply frames as they come, keep the cursor of the last `mark`, and reconnect with it: you
miss nothing. A stream that ends without `end`, `bye` or `error` was cut: reconnect too."""

NOT_ACCEPTABLE = ErrorResponse(
    406, "not_acceptable", "The stream is application/x-ndjson or text/event-stream."
)
TOO_MANY_STREAMS = ErrorResponse(
    503, "too_many_streams", "This process serves as many streams as it may."
)


class StreamRoutes:
    """Handler of the stream.

    Args:
        context: What it is answered with.
        slots: How many streams there may be.
        metrics: Told what is written and what is cut.
    """

    def __init__(self, *, context: Context, slots: StreamSlots, metrics: StreamMetrics) -> None:
        self._context = context
        self._slots = slots
        self._metrics = metrics

    def operations(self) -> list[Operation]:
        """Describe the route."""
        return [
            Operation(
                method="GET",
                path="/v1/leads/stream",
                handler=self.stream,
                summary="Stream leads: a snapshot, then every change",
                tag="leads",
                description=DESCRIPTION,
                responses={
                    200: Response(
                        None,
                        "Frames, until the snapshot is complete or for as long as you stay.",
                        media_types=(NDJSON.media_type, EVENTS.media_type),
                    )
                },
                errors=[
                    problems.INVALID_CURSOR,
                    problems.CURSOR_MISMATCH,
                    NOT_ACCEPTABLE,
                    problems.CURSOR_EXPIRED,
                    problems.CURSOR_AHEAD,
                    TOO_MANY_STREAMS,
                ],
            )
        ]

    async def stream(
        self, request: web.Request, *, query: StreamQuery, headers: StreamHeaders
    ) -> web.StreamResponse:
        """Answer with frames."""
        wire = _wire(headers)
        with self._slots.one():
            wish = _wish(query, headers)
            place = await self._begin(wish)
            response = await _prepared(request, wire)
            await self._write_chunks(request, response, wire, wish, place)
        return response

    async def _begin(self, wish: Wish) -> Place:
        try:
            return await begin_stream(self._context.log, self._context.tail, wish)
        except ReadError as error:
            raise problems.problem_of(error) from None

    async def _write_chunks(
        self,
        request: web.Request,
        response: web.StreamResponse,
        wire: Wire,
        wish: Wish,
        place: Place,
    ) -> None:
        follower = Follower(
            log=self._context.log,
            tail=self._context.tail,
            wish=wish,
            place=place,
            heartbeat_seconds=self._context.heartbeat_seconds,
            draining=request.app[DRAINING],
        )
        try:
            async with aclosing(follower.chunks()) as chunks:
                async for chunk in chunks:
                    data = wire.encode(chunk)
                    await self._write(response, data)
                    self._metrics.stream_bytes.inc(len(data))
        except TimeoutError:
            self._metrics.cut_streams.inc()
            log.warning("stream_reader_too_slow", within=self._context.write_within)
            if request.transport is not None:
                request.transport.abort()
        except ConnectionError:
            log.debug("stream_reader_gone")

    async def _write(self, response: web.StreamResponse, data: bytes) -> None:
        """Write within a deadline: aiohttp itself would wait for ever.

        Raises:
            TimeoutError: The reader took nothing in time.
            ConnectionError: The reader is gone.
        """
        view = memoryview(data)
        for offset in range(0, len(view), BYTES_PER_WRITE):
            async with asyncio.timeout(self._context.write_within):
                await response.write(view[offset : offset + BYTES_PER_WRITE])


def _wire(headers: StreamHeaders) -> Wire:
    wire = choose_wire(headers.accept)
    if wire is None:
        raise Problem(
            status=NOT_ACCEPTABLE.status,
            code=NOT_ACCEPTABLE.code,
            detail=NOT_ACCEPTABLE.description,
        )
    return wire


def _wish(query: StreamQuery, headers: StreamHeaders) -> Wish:
    text = headers.last_event_id or query.cursor
    try:
        cursor = StreamCursor.decode(text) if text is not None else None
    except InvalidCursorError as error:
        raise problems.problem_of(error) from None
    return Wish(
        leads=query.leads(),
        follow=query.follow,
        snapshot=query.start == "snapshot",
        cursor=cursor,
    )


async def _prepared(request: web.Request, wire: Wire) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={
            "Content-Type": wire.media_type,
            "Cache-Control": "no-store, no-transform",
            "X-Accel-Buffering": "no",
        }
    )
    await response.prepare(request)
    return response
