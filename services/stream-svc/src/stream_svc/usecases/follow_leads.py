"""The stream of leads: from a snapshot or a cursor to live, without a gap.

A follower steps through the log and the snapshot's pages until it holds everything, then
takes what the process's tailer brings. One that falls behind the tailer's ring steps
through the log again; one that falls behind the log is told to start over. Nothing is
held while a chunk is on its way to the socket.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import SystemRandom
from typing import Final

import structlog

from leadwire.db import is_transient
from stream_svc.domain import frames
from stream_svc.domain.follow import Change, Place
from stream_svc.domain.ring import Batch
from stream_svc.domain.steps import Step, behind, told_by
from stream_svc.storage.change_log import ChangeLog
from stream_svc.usecases.begin_stream import Wish
from stream_svc.usecases.errors import CursorExpiredError
from stream_svc.usecases.tail import POLL_SECONDS, Tail, Watch

log = structlog.get_logger(__name__)

RECONNECT_MS: Final = (500, 3000)
"""When to come back after a `bye`, at random, so that followers do not come all at once."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Frames to be sent at once.

    Attributes:
        lines: The frames, each with its newline.
        cursor: That of the last mark among them.
        lag_ms: Age of the newest change among them, for a follower who held everything before;
            None for anybody else.
    """

    lines: bytes
    cursor: str | None = None
    lag_ms: int | None = None


class Follower:
    """One stream, as chunks of frames.

    Args:
        log: The change log.
        tail: What is new in it.
        wish: What the client wants to be told.
        place: Where it begins; see `begin_stream`.
        heartbeat_seconds: Silence after which a mark is sent.
        leave_after: Seconds after which he is asked to reconnect, by the reason that he is told.
        may_stay: Tells whether he may be told more; asked before each chunk.
        draining: Set when the process is about to stop.
    """

    def __init__(
        self,
        *,
        log: ChangeLog,
        tail: Tail,
        wish: Wish,
        place: Place,
        heartbeat_seconds: float,
        leave_after: Mapping[str, float],
        may_stay: Callable[[], bool],
        draining: asyncio.Event,
    ) -> None:
        self._log = log
        self._tail = tail
        self._wish = wish
        self._place = place
        self._heartbeat_seconds = heartbeat_seconds
        self._leave_after = leave_after
        self._may_stay = may_stay
        self._draining = draining
        self._due: str | None = None
        self._synced = False
        self._done = False
        self._puts = 0
        self._sent_at = 0.0
        self._snapshot = contextlib.ExitStack()
        self._next_step: asyncio.Task[Step] | None = None

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """Give what to send, chunk by chunk, until the stream is over.

        A chunk is worked out when it is asked for, at most one page of the snapshot ahead:
        one who reads slowly is told of later states, not of more of them.
        """
        yield self._hello()
        with (
            self._tail.watch() as watch,
            self._woken_to_leave(watch),
            self._woken_by_silence(watch),
            self._snapshot,
        ):
            self._snapshot.enter_context(self._log.snapshot())
            try:
                while not self._done:
                    self._sent_at = asyncio.get_running_loop().time()
                    yield await self._next(watch)
            finally:
                await self._drop_next_step()

    async def _next(self, watch: Watch) -> Chunk:
        try:
            while True:
                if reason := self._reason_to_leave():
                    return self._bye(reason)
                chunk = await self._news(watch)
                if chunk is not None:
                    return chunk
        except CursorExpiredError:
            return self._error("cursor_expired", retryable=False)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("stream_cut_by_database", error=type(error).__name__)
            return self._error("unavailable", retryable=True)

    def _reason_to_leave(self) -> str | None:
        if self._draining.is_set():
            return "shutdown"
        return self._due if self._may_stay() else "access_changed"

    async def _news(self, watch: Watch) -> Chunk | None:
        """Give the next frames; None if there is nothing to be sent yet."""
        batches = self._tail.ring.since(self._place) if self._synced else None
        if batches is None:
            return await self._step(watch)
        if batches:
            return self._live(batches)
        if self._silent_for() >= self._heartbeat_seconds:
            return self._marked(b"", lag_ms=0)
        await watch.wait()
        return None

    def _silent_for(self) -> float:
        return asyncio.get_running_loop().time() - self._sent_at

    async def _step(self, watch: Watch) -> Chunk | None:
        """Step through log and snapshot."""
        step = await self._taken_step()
        if not step.head.serves(self._place.epoch, self._place.pos):
            raise CursorExpiredError
        stood_at, self._place = self._place, behind(step, place=self._place)
        if self._place.snapshot_complete:
            self._snapshot.close()
        else:
            await self._begin_next_step()
        chunk = self._told(step, stood_at)
        if chunk is None and self._place == stood_at:
            # Only the tailer can be behind here: give it the time to notice.
            await watch.wait_within(POLL_SECONDS)
        return chunk

    async def _begin_next_step(self) -> None:
        """Have the next page read while this one becomes bytes and is on its way to the client."""
        self._next_step = asyncio.create_task(self._log.step(self._place, self._wish.leads))
        await asyncio.sleep(0)  # the database is asked before anything else is done

    async def _taken_step(self) -> Step:
        begun, self._next_step = self._next_step, None
        return await (begun or self._log.step(self._place, self._wish.leads))

    async def _drop_next_step(self) -> None:
        if self._next_step is not None:
            self._next_step.cancel()
            await asyncio.gather(self._next_step, return_exceptions=True)

    def _told(self, step: Step, stood_at: Place) -> Chunk | None:
        """Tell what a step through log and snapshot found, to one who stands behind it now."""
        told = told_by(step, place=stood_at, leads=self._wish.leads)
        self._puts += told.puts
        at_head = step.pos >= step.head.pos
        lines = self._wish.fields.of_frames(told.lines)
        chunk = self._marked(lines, lag_ms=0 if at_head else _age_ms(step.changes))
        if not self._synced and at_head and self._place.snapshot_complete:
            return self._complete(chunk)
        return chunk if lines or not self._synced else None

    def _live(self, batches: list[Batch]) -> Chunk | None:
        """Tell what the tailer brought, and stand behind it."""
        parts = []
        for batch in batches:
            told = self._tail.ring.frames(batch, self._place, self._wish.leads, self._wish.fields)
            parts.append(told.lines)
            self._puts += told.puts
            self._place = replace(self._place, pos=batch.pos)
        lines = b"".join(parts)
        return self._marked(lines, lag_ms=_age_ms(batches[-1].changes)) if lines else None

    def _complete(self, chunk: Chunk) -> Chunk:
        self._synced = True
        cursor = self._place.cursor(self._wish.leads)
        lines = chunk.lines + frames.synced(cursor=cursor)
        if not self._wish.follow:
            self._done = True
            lines += frames.end(count=self._puts)
        return Chunk(lines, cursor)

    def _hello(self) -> Chunk:
        hello = frames.hello(epoch=self._place.epoch, heartbeat_seconds=self._heartbeat_seconds)
        # The mark comes before any lead: a client that is cut in the first page must
        # have a cursor from before it.
        return self._marked(hello, lag_ms=0)

    def _marked(self, lines: bytes, *, lag_ms: int) -> Chunk:
        cursor = self._place.cursor(self._wish.leads)
        told_late = lag_ms if self._synced and lag_ms else None
        return Chunk(lines + frames.mark(cursor=cursor, lag_ms=lag_ms), cursor, told_late)

    def _bye(self, reason: str) -> Chunk:
        self._done = True
        reconnect_ms = SystemRandom().randint(*RECONNECT_MS)
        return Chunk(frames.bye(reason=reason, reconnect_ms=reconnect_ms))

    def _error(self, code: str, *, retryable: bool) -> Chunk:
        self._done = True
        return Chunk(frames.error(code=code, retryable=retryable))

    @contextlib.contextmanager
    def _woken_to_leave(self, watch: Watch) -> Iterator[None]:
        def leave(reason: str) -> None:
            self._due = reason
            watch.wake()

        loop = asyncio.get_running_loop()
        timers = [
            loop.call_later(seconds, leave, reason) for reason, seconds in self._leave_after.items()
        ]
        waiting = asyncio.create_task(self._draining.wait(), name="stream waits for the drain")
        waiting.add_done_callback(lambda _: watch.wake())
        try:
            yield
        finally:
            waiting.cancel()
            for timer in timers:
                timer.cancel()

    @contextlib.contextmanager
    def _woken_by_silence(self, watch: Watch) -> Iterator[None]:
        """Wake for heartbeats, by one timer: one for each wait would cost more than the wait."""
        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle

        def look() -> None:
            nonlocal timer
            left = self._heartbeat_seconds - self._silent_for()
            if left <= 0:
                watch.wake()
            timer = loop.call_later(left if left > 0 else self._heartbeat_seconds, look)

        look()
        try:
            yield
        finally:
            timer.cancel()


def _age_ms(changes: Sequence[Change]) -> int:
    """Milliseconds since the newest of these changes was written; 0 if there is none."""
    if not changes:
        return 0
    return max(0, round((datetime.now(UTC) - changes[-1].at).total_seconds() * 1000))
