"""A stream of leads, read by a program that blocks."""

import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Final, Self

from leadwire_client._core.batches import Gatherer
from leadwire_client._core.session import StreamSession
from leadwire_client._http.sync import Http, Opened
from leadwire_client.cache import LeadCache
from leadwire_client.checkpoints import Checkpoint
from leadwire_client.errors import TransportError
from leadwire_client.frames import Batch, Change, Frame, Gone, Mark, Put, Reset, Synced
from leadwire_client.models import Lead

STOP_WITHIN: Final = 10.0
"""Seconds that a live copy has to stop."""


class Stream:
    """Leads, and what becomes of them, over as many connections as it takes.

    Iterate it for changes, or read it as `leads()`, `batches()` or `frames()`: by one of them,
    once. It reconnects by itself and resumes where it was; made by `Client.stream`.
    """

    def __init__(
        self, *, http: Http, session: StreamSession, checkpoint: Checkpoint | None
    ) -> None:
        self._http = http
        self._session = session
        self._checkpoint = checkpoint
        self._closed = threading.Event()
        self._opened: Opened | None = None
        self._frames = self._told()

    @property
    def cursor(self) -> str | None:
        """Of the last mark that was told."""
        return self._session.cursor

    def __iter__(self) -> Iterator[Change]:
        """Give changes: what to hold, what to drop, when to start over, when it is complete."""
        for frame in self.frames():
            if isinstance(frame, Put | Gone | Synced | Reset):
                yield frame

    def leads(self) -> Iterator[Lead]:
        """Give every lead that is put: each in the filter, and again with each change."""
        for frame in self.frames():
            if isinstance(frame, Put):
                yield frame.lead

    def frames(self) -> Iterator[Frame]:
        """Give every frame. A mark's cursor is saved just before the mark is given."""
        for frame in self._frames:
            if isinstance(frame, Mark | Synced):
                self._save(frame.cursor)
            yield frame

    def batches(self) -> Iterator[Batch]:
        """Give changes up to each mark at once, with the cursor behind them.

        For those who apply changes and keep the cursor in one transaction of their own; pass
        it as `cursor` the next time. A checkpoint, if there is one, is saved when you come
        back for the next batch.
        """
        gatherer = Gatherer(cursor=self._session.cursor)
        for frame in self._frames:
            batch = gatherer.add(frame)
            if batch is not None:
                yield batch
                self._save(batch.cursor)

    def close(self) -> None:
        """End the stream, from any thread."""
        self._closed.set()
        opened = self._opened
        if opened is not None:
            opened.cut()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._frames.close()

    def _save(self, cursor: str) -> None:
        if self._checkpoint is not None:
            self._checkpoint.save(cursor)

    def _told(self) -> Generator[Frame, None, None]:
        session = self._session
        if self._checkpoint is not None:
            session.resume(self._checkpoint.load())
        while not session.over and not self._closed.wait(session.pause):
            yield from session.begin()
            yield from self._connection()
        if session.failure is not None and not self._closed.is_set():
            raise session.failure

    def _connection(self) -> Iterator[Frame]:
        session = self._session
        try:
            with self._http.open(session.request()) as opened:
                self._opened = opened
                if self._closed.is_set():
                    # Closed while it connected: `close` had nothing to cut.
                    return
                if opened.good:
                    yield from self._read(opened)
                else:
                    session.refused(opened.answer())
        except TransportError as error:
            if not self._closed.is_set():
                session.cut(error)
        finally:
            self._opened = None

    def _read(self, opened: Opened) -> Iterator[Frame]:
        session = self._session
        if not session.accepts(opened.headers.get("content-type", "")):
            return
        with closing(opened.chunks(silence=lambda: session.silence)) as chunks:
            for data in chunks:
                yield from session.feed(data)
                if session.hung_up:
                    return
        session.cut()


class LiveLeads:
    """A copy of the leads that a thread keeps current; made by `Client.live`.

    Attributes:
        leads: The copy.
    """

    def __init__(self, stream: Stream) -> None:
        self.leads = LeadCache()
        self._stream = stream
        self._complete = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._follow, name="leadwire live", daemon=True)

    def wait(self, within: float = 60.0) -> LeadCache:
        """Wait until the copy has been complete once; give it.

        Raises:
            TimeoutError: It was not, within so many seconds.
            LeadwireError: The stream failed.
        """
        complete = self._complete.wait(within)
        if self._failure is not None:
            raise self._failure
        if not complete:
            raise TimeoutError(f"the copy is not complete after {within:g} s")
        return self.leads

    @property
    def failure(self) -> Exception | None:
        """What ended the stream, if something did."""
        return self._failure

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._thread.join(timeout=STOP_WITHIN)

    def _follow(self) -> None:
        try:
            for change in self._stream:
                self.leads.apply(change)
                if self.leads.synced:
                    self._complete.set()
        except Exception as error:  # noqa: BLE001 - told to whoever waits, in his thread
            self._failure = error
        finally:
            self._complete.set()
