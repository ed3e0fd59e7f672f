"""A stream of leads, for asyncio."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Self, cast

from leadwire_client._core.batches import Gatherer
from leadwire_client._core.session import StreamSession
from leadwire_client._http.asynchronous import AsyncHttp, AsyncOpened
from leadwire_client.cache import LeadCache
from leadwire_client.checkpoints import AsyncCheckpoint, Checkpoint
from leadwire_client.errors import TransportError
from leadwire_client.frames import Batch, Change, Frame, Gone, Mark, Put, Reset, Synced
from leadwire_client.models import Lead


class AsyncStream:
    """Leads, and what becomes of them, over as many connections as it takes.

    Iterate it for changes, or read it as `leads()`, `batches()` or `frames()`: by one of them,
    once. It reconnects by itself and resumes where it was; made by `AsyncClient.stream`.
    """

    def __init__(
        self,
        *,
        http: AsyncHttp,
        session: StreamSession,
        checkpoint: Checkpoint | AsyncCheckpoint | None,
    ) -> None:
        self._http = http
        self._session = session
        self._checkpoint = checkpoint
        self._frames = self._told()

    @property
    def cursor(self) -> str | None:
        """Of the last mark that was told."""
        return self._session.cursor

    async def __aiter__(self) -> AsyncIterator[Change]:
        """Give changes: what to hold, what to drop, when to start over, when it is complete."""
        async for frame in self.frames():
            if isinstance(frame, Put | Gone | Synced | Reset):
                yield frame

    async def leads(self) -> AsyncIterator[Lead]:
        """Give every lead that is put: each in the filter, and again with each change."""
        async for frame in self.frames():
            if isinstance(frame, Put):
                yield frame.lead

    async def frames(self) -> AsyncIterator[Frame]:
        """Give every frame. A mark's cursor is saved just before the mark is given."""
        async for frame in self._frames:
            if isinstance(frame, Mark | Synced):
                await self._save(frame.cursor)
            yield frame

    async def batches(self) -> AsyncIterator[Batch]:
        """Give changes up to each mark at once, with the cursor behind them.

        For those who apply changes and keep the cursor in one transaction of their own; pass
        it as `cursor` the next time. A checkpoint, if there is one, is saved when you come
        back for the next batch.
        """
        gatherer = Gatherer(cursor=self._session.cursor)
        async for frame in self._frames:
            batch = gatherer.add(frame)
            if batch is not None:
                yield batch
                await self._save(batch.cursor)

    async def close(self) -> None:
        """End the stream."""
        await self._frames.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _save(self, cursor: str) -> None:
        if self._checkpoint is None:
            return
        if inspect.iscoroutinefunction(self._checkpoint.save):
            await self._checkpoint.save(cursor)
        else:
            await asyncio.to_thread(self._checkpoint.save, cursor)

    async def _load(self) -> None:
        if self._checkpoint is None:
            return
        if inspect.iscoroutinefunction(self._checkpoint.load):
            self._session.resume(await self._checkpoint.load())
        else:
            self._session.resume(await asyncio.to_thread(cast("Checkpoint", self._checkpoint).load))

    async def _told(self) -> AsyncGenerator[Frame, None]:
        session = self._session
        await self._load()
        while not session.over:
            await asyncio.sleep(session.pause)
            for reset in session.begin():
                yield reset
            async with aclosing(self._connection()) as frames:
                async for frame in frames:
                    yield frame
        if session.failure is not None:
            raise session.failure

    async def _connection(self) -> AsyncGenerator[Frame, None]:
        session = self._session
        try:
            async with self._http.open(session.request()) as opened:
                if opened.good:
                    async with aclosing(self._read(opened)) as frames:
                        async for frame in frames:
                            yield frame
                else:
                    session.refused(await opened.answer())
        except TransportError as error:
            session.cut(error)

    async def _read(self, opened: AsyncOpened) -> AsyncGenerator[Frame, None]:
        session = self._session
        if not session.accepts(opened.headers.get("content-type", "")):
            return
        async with aclosing(opened.chunks(silence=lambda: session.silence)) as chunks:
            async for data in chunks:
                for frame in session.feed(data):
                    yield frame
                if session.hung_up:
                    return
        session.cut()


class AsyncLiveLeads:
    """A copy of the leads that a task keeps current; made by `AsyncClient.live`.

    Attributes:
        leads: The copy.
    """

    def __init__(self, stream: AsyncStream) -> None:
        self.leads = LeadCache()
        self._stream = stream
        self._complete = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def wait(self, within: float = 60.0) -> LeadCache:
        """Wait until the copy has been complete once; give it.

        Raises:
            TimeoutError: It was not, within so many seconds.
            LeadwireError: The stream failed.
        """
        async with asyncio.timeout(within):
            await self._complete.wait()
        if (failure := self.failure) is not None:
            raise failure
        return self.leads

    @property
    def failure(self) -> BaseException | None:
        """What ended the stream, if something did."""
        if self._task is None or not self._task.done() or self._task.cancelled():
            return None
        return self._task.exception()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow(), name="leadwire live")
        self._task.add_done_callback(lambda _: self._complete.set())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _follow(self) -> None:
        async with self._stream:
            async for change in self._stream:
                self.leads.apply(change)
                if self.leads.synced:
                    self._complete.set()
