"""The streamed read API."""

from contextlib import aclosing

import structlog
from aiohttp import web

from leadwire.http import DRAINING, SlowReaderError, negotiate, write_within
from stream_svc.domain.cursor import StreamCursor
from stream_svc.domain.follow import Place
from stream_svc.http.context import Context
from stream_svc.http.queries import StreamHeaders, StreamQuery
from stream_svc.http.wire import WIRES, Wire
from stream_svc.usecases.begin_stream import Wish, begin_stream
from stream_svc.usecases.follow_leads import Follower

log = structlog.get_logger(__name__)

BYTES_PER_WRITE = 256 * 1024
"""A reader has to take this much within the deadline, not a whole page."""


class StreamHandlers:
    """Handler of the stream."""

    def __init__(self, *, context: Context) -> None:
        self._log = context.log
        self._tail = context.tail
        self._slots = context.slots
        self._metrics = context.metrics
        self._heartbeat_seconds = context.heartbeat_seconds
        self._write_within = context.write_within

    async def stream(
        self, request: web.Request, *, query: StreamQuery, headers: StreamHeaders
    ) -> web.StreamResponse:
        """Answer with frames."""
        wire = WIRES[negotiate(headers.accept, tuple(WIRES))]
        with self._slots.one():
            wish = _wish(query, headers)
            place = await begin_stream(self._log, self._tail, wish)
            response = await _prepared(request, wire)
            await self._write_chunks(request, response, wire, wish, place)
        return response

    async def _write_chunks(
        self,
        request: web.Request,
        response: web.StreamResponse,
        wire: Wire,
        wish: Wish,
        place: Place,
    ) -> None:
        follower = Follower(
            log=self._log,
            tail=self._tail,
            wish=wish,
            place=place,
            heartbeat_seconds=self._heartbeat_seconds,
            draining=request.app[DRAINING],
        )
        try:
            async with aclosing(follower.chunks()) as chunks:
                async for chunk in chunks:
                    data = wire.encode(chunk)
                    await self._write(request, response, data)
                    self._metrics.stream_bytes.inc(len(data))
        except ConnectionError:
            log.debug("stream_reader_gone")

    async def _write(self, request: web.Request, response: web.StreamResponse, data: bytes) -> None:
        view = memoryview(data)
        for offset in range(0, len(view), BYTES_PER_WRITE):
            try:
                async with write_within(request, seconds=self._write_within):
                    await response.write(view[offset : offset + BYTES_PER_WRITE])
            except SlowReaderError:
                # Counted at once: the cut connection cancels this handler at its next wait.
                self._metrics.cut_streams.inc()
                log.warning("stream_reader_too_slow", within=self._write_within)
                raise


def _wish(query: StreamQuery, headers: StreamHeaders) -> Wish:
    text = headers.last_event_id or query.cursor
    return Wish(
        leads=query.leads(),
        fields=query.chosen_fields(),
        follow=query.follow,
        snapshot=query.start == "snapshot",
        cursor=StreamCursor.decode(text) if text is not None else None,
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
