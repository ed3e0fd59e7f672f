"""The streamed read API."""

import contextlib
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from random import SystemRandom
from typing import Final

import structlog
from aiohttp import web

from leadwire.http import (
    DRAINING,
    SlowReaderError,
    accepts_coding,
    client_of,
    is_still_let_in,
    negotiate,
    principal_of,
    write_within,
)
from stream_svc.domain.cursor import StreamCursor
from stream_svc.domain.follow import Place
from stream_svc.http.codings import Coding, Gzip, Identity, Piece
from stream_svc.http.context import Context
from stream_svc.http.queries import StreamHeaders, StreamQuery
from stream_svc.http.wire import WIRES, Wire
from stream_svc.usecases.begin_stream import Wish, begin_stream
from stream_svc.usecases.follow_leads import Follower

log = structlog.get_logger(__name__)

ROTATION_SPREAD: Final = 0.2
"""Part of the time by which rotation comes earlier or later, so that streams that began
together do not all come back together."""

TAKEN_AT_ONCE: Final = 32 * 1024
"""What a connection takes at once if nothing waits in it: half of what makes a writer wait."""

_NO_DEADLINE: Final = contextlib.nullcontext()


class StreamHandlers:
    """Handler of the stream."""

    def __init__(self, *, context: Context) -> None:
        self._log = context.log
        self._tail = context.tail
        self._slots = context.slots
        self._rotate_after = context.rotate_after
        self._metrics = context.metrics
        self._heartbeat_seconds = context.heartbeat_seconds
        self._write_within = context.write_within

    async def stream(
        self, request: web.Request, *, query: StreamQuery, headers: StreamHeaders
    ) -> web.StreamResponse:
        """Answer with frames."""
        wire = WIRES[negotiate(headers.accept, tuple(WIRES))]
        coding = Gzip() if accepts_coding(headers.accept_encoding, "gzip") else Identity()
        with self._slots.one(_reader(request)):
            wish = _wish(query, headers)
            place = await begin_stream(self._log, self._tail, wish)
            response = await _prepared(request, wire, coding)
            try:
                async with aclosing(self._follower(request, wish, place).chunks()) as chunks:
                    async for chunk in chunks:
                        for piece in coding.pieces(wire.encode(chunk)):
                            await self._write(request, response, piece)
                        if chunk.lag_ms is not None:
                            self._metrics.stream_lag.observe(chunk.lag_ms / 1000)
                if rest := coding.end():
                    await self._write(request, response, rest)
            except ConnectionError:
                log.debug("stream_reader_gone")
        return response

    def _follower(self, request: web.Request, wish: Wish, place: Place) -> Follower:
        return Follower(
            log=self._log,
            tail=self._tail,
            wish=wish,
            place=place,
            heartbeat_seconds=self._heartbeat_seconds,
            leave_after={**self._rotation(wish), **_end_of_token(request)},
            may_stay=partial(is_still_let_in, request),
            draining=request.app[DRAINING],
        )

    def _rotation(self, wish: Wish) -> dict[str, float]:
        """Ask one who follows to come again, which may bring him to another replica."""
        if not wish.follow:
            return {}
        spread = SystemRandom().uniform(1 - ROTATION_SPREAD, 1 + ROTATION_SPREAD)
        return {"rotation": self._rotate_after * spread}

    async def _write(
        self, request: web.Request, response: web.StreamResponse, piece: Piece
    ) -> None:
        try:
            async with self._deadline(request, piece):
                await response.write(piece)
        except SlowReaderError:
            # Counted at once: the cut connection cancels this handler at its next wait.
            self._metrics.cut_streams.inc()
            log.warning("stream_reader_too_slow", within=self._write_within)
            raise
        self._metrics.stream_bytes.inc(len(piece))

    def _deadline(
        self, request: web.Request, piece: Piece
    ) -> contextlib.AbstractAsyncContextManager[None]:
        """Bound a write that may have to wait; most need not, and a deadline costs as much."""
        transport = request.transport
        waits = (
            transport is None or len(piece) > TAKEN_AT_ONCE or transport.get_write_buffer_size() > 0
        )
        return write_within(request, seconds=self._write_within) if waits else _NO_DEADLINE


def _reader(request: web.Request) -> str:
    """Say for whom streams are counted: a user, or an API key, or else an address."""
    name = principal_of(request).name
    return client_of(request) if name is None else f"user {name}"


def _end_of_token(request: web.Request) -> dict[str, float]:
    expires_at = principal_of(request).expires_at
    if expires_at is None:
        return {}
    return {"token_expired": (expires_at - datetime.now(UTC)).total_seconds()}


def _wish(query: StreamQuery, headers: StreamHeaders) -> Wish:
    text = headers.last_event_id or query.cursor
    return Wish(
        leads=query.leads(),
        fields=query.chosen_fields(),
        follow=query.follow,
        snapshot=query.start == "snapshot",
        cursor=StreamCursor.decode(text) if text is not None else None,
    )


async def _prepared(request: web.Request, wire: Wire, coding: Coding) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={
            "Content-Type": wire.media_type,
            "Cache-Control": "no-store, no-transform",
            "X-Accel-Buffering": "no",
        }
    )
    if coding.name is not None:
        response.headers["Content-Encoding"] = coding.name
    await response.prepare(request)
    return response
