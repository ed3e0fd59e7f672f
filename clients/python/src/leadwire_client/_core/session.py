"""A stream over as many connections as it takes, without one: what to ask, what came, what next.

The driver of a session asks for a request, opens it, feeds what comes, and says when a
connection broke; it waits as long as the session says, and begins again until the session is
over, with a failure or without.

Two rules keep the reader's copy exact:

- A connection resumes from the cursor of the last mark that was told. Frames behind that mark
  come again.
- A connection that cannot resume begins anew, and `Reset` is told first if the reader may hold
  anything: an expired cursor, another epoch, a cut before the first mark.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from leadwire_client._core.decoding import LINES, decode_frame, problem_of
from leadwire_client._core.lines import LineDecoder
from leadwire_client._core.retries import MOST_RETRY_AFTER, Backoff
from leadwire_client._core.wire import Answer, Query, Request
from leadwire_client.errors import LeadwireError, ProtocolError, TransportError, UnavailableError
from leadwire_client.frames import Bye, End, Fault, Frame, Gone, Hello, Mark, Put, Reset, Synced

log = logging.getLogger("leadwire_client")

SILENT_HEARTBEATS: Final = 2.5
"""Heartbeats after which a silent connection is held to be dead."""

_PATH: Final = "/v1/leads/stream"
_USUAL_HEARTBEAT: Final = 15.0
_SNAPSHOT_PATIENCE: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a reader wants to be told.

    Attributes:
        follow: Whether to stay for what changes.
        start: Where to begin without a cursor.
    """

    filters: Query = ()
    follow: bool = True
    start: Literal["snapshot", "now"] = "snapshot"


def patience_of(give_up_after: float | None, *, follow: bool) -> float | None:
    """Give the patience of a stream: who follows waits for ever unless he says otherwise."""
    if give_up_after is not None or follow:
        return give_up_after
    return _SNAPSHOT_PATIENCE


class StreamSession:
    """One reader's stream.

    Args:
        wish: What is wanted.
        backoff: How long to wait between connections.
        patience: Seconds without progress after which the stream is given up; None for never.
        clock: Gives seconds.
    """

    def __init__(
        self,
        *,
        wish: Wish,
        backoff: Backoff,
        patience: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wish = wish
        self._backoff = backoff
        self._patience = patience
        self._clock = clock
        self.cursor: str | None = None
        self.over = False
        self.failure: LeadwireError | None = None
        self.hung_up = False
        self.pause = 0.0
        self._reader_holds = False
        self._reset_reason = "cut_before_mark"
        self._epoch: str | None = None
        self._heartbeat = _USUAL_HEARTBEAT
        self._broken_at: tuple[str | None] | None = None
        self._failures = 0
        self._progress_at = clock()
        self._begin_connection()

    def resume(self, cursor: str | None) -> None:
        """Take where the reader stands, if it stands anywhere; before the first connection."""
        if cursor is not None:
            self.cursor = cursor
            self._reader_holds = True

    @property
    def silence(self) -> float:
        """Seconds of silence after which the connection is to be cut."""
        return self._heartbeat * SILENT_HEARTBEATS

    def begin(self) -> Iterator[Reset]:
        """Begin the next connection; tell what the reader must know before it."""
        self._begin_connection()
        if self.cursor is None and self._reader_holds:
            self._reader_holds = False
            self._epoch = None
            log.warning("the stream starts over: %s", self._reset_reason)
            yield Reset(reason=self._reset_reason)

    def request(self) -> Request:
        """Give what to ask."""
        place = ("start", self._wish.start) if self.cursor is None else ("cursor", self.cursor)
        follow = ("follow", "true" if self._wish.follow else "false")
        return Request(
            method="GET",
            path=_PATH,
            query=(*self._wish.filters, follow, place),
            headers={"Accept": LINES},
        )

    def accepts(self, media_type: str) -> bool:
        """Take the media type of a good answer; return whether it is that of a stream."""
        if media_type.partition(";")[0].strip().lower() == LINES:
            return True
        self._broken(
            ProtocolError(
                f"the answer is {media_type or 'of no media type'}, not a stream: "
                "is this the address of a Leadwire server?"
            )
        )
        return False

    def refused(self, answer: Answer) -> None:
        """Take a refusal in place of a stream."""
        problem = problem_of(answer)
        if problem.status == 410:
            self._start_over(problem.code)
        elif isinstance(problem, UnavailableError) or problem.status in {408, 425}:
            log.warning("the stream is refused for now: %s", problem.code)
            self._later(problem, asked_for=problem.retry_after)
        else:
            self._give_up(problem)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take bytes; tell the frames that are complete.

        What follows a frame that ends the connection is left alone.
        """
        try:
            for line in self._lines.feed(data):
                frame = decode_frame(line)
                if frame is not None and self._take(frame):
                    yield frame
                if self.hung_up:
                    return
        except ProtocolError as error:
            self._broken(error)

    def cut(self, error: LeadwireError | None = None) -> None:
        """Take that the connection ended, or never was, unless it was ended by a frame."""
        if self.hung_up:
            return
        log.warning("the stream was cut: %s", error or "the connection ended")
        self._later(error or TransportError("the stream ended before its end"))

    def _begin_connection(self) -> None:
        self._lines = LineDecoder()
        self._marks = 0
        self._puts = 0
        self.hung_up = False

    def _take(self, frame: Frame) -> bool:
        """Note what a frame means for the connection; return whether it is to be told."""
        match frame:
            case Hello():
                return self._greeted(frame)
            case Put() | Gone():
                self._reader_holds = True
                self._puts += isinstance(frame, Put)
            case Mark() | Synced():
                self._marked(frame)
            case Bye() | Fault() | End():
                self._ended(frame)
        return True

    def _greeted(self, hello: Hello) -> bool:
        self._heartbeat = hello.heartbeat_s if hello.heartbeat_s > 0 else _USUAL_HEARTBEAT
        if self.cursor is not None and self._epoch not in {None, hello.epoch}:
            self._start_over("epoch_changed")
            return False
        self._epoch = hello.epoch
        return True

    def _marked(self, frame: Mark | Synced) -> None:
        self.cursor = frame.cursor
        self._reader_holds = True
        self._marks += isinstance(frame, Mark)
        if self._marks > 1:
            # The first mark comes at once, also from a server that dies a moment later.
            self._failures = 0
            self._broken_at = None
            self._progress_at = self._clock()

    def _ended(self, frame: Bye | Fault | End) -> None:
        if isinstance(frame, End) and frame.count != self._puts:
            log.error("%d leads were sent, and %d came", frame.count, self._puts)
            self._start_over("count_mismatch")
        elif isinstance(frame, End):
            self.hung_up = self.over = True
        elif isinstance(frame, Bye):
            self._sent_off(frame)
        elif frame.retryable:
            self._later(TransportError(f"the server ended the stream: {frame.code}"))
        else:
            self._start_over(frame.code)

    def _sent_off(self, bye: Bye) -> None:
        """Come again when asked to; later, if a server says nothing else each time."""
        asked_for = min(bye.reconnect_ms / 1000, MOST_RETRY_AFTER)
        if self._marks > 1:
            self.hung_up = True
            self.pause = asked_for
        else:
            self._later(
                TransportError(f"the server says {bye.reason or 'bye'}"), asked_for=asked_for
            )

    def _start_over(self, reason: str) -> None:
        """Forget the cursor; wait only if that was so a moment ago."""
        self._reset_reason = reason
        self.cursor = None
        if self._failures == 0:
            self._failures = 1
            self.hung_up = True
            self.pause = 0.0
        else:
            self._later(TransportError(f"the stream cannot begin: {reason}"))

    def _later(self, error: LeadwireError, *, asked_for: float | None = None) -> None:
        self.hung_up = True
        self._failures += 1
        self.pause = self._backoff.delay(self._failures)
        if asked_for is not None:
            self.pause = max(self.pause, self._backoff.after(asked_for))
        without_progress = self._clock() + self.pause - self._progress_at
        if self._patience is not None and without_progress > self._patience:
            self._give_up(error)

    def _broken(self, error: ProtocolError) -> None:
        """Take that what came made no sense: once at a place, that is as good as a cut."""
        if self._broken_at == (self.cursor,):
            self._give_up(error)
        else:
            self._broken_at = (self.cursor,)
            self.cut(error)

    def _give_up(self, error: LeadwireError) -> None:
        self.hung_up = self.over = True
        self.failure = error
