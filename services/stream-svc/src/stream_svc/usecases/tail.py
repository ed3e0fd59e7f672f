"""One tailer a process: reads new changes once, for all who follow, and wakes them.

NOTIFY only wakes it; the poll of at most a second is the truth. While nobody follows it
keeps track of the log's head and reads no change.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from random import SystemRandom
from typing import Final
from uuid import UUID

import structlog

from leadwire.db import Database, Listener, is_transient
from leadwire.lifecycle import BackgroundTask
from stream_svc.domain.cursor import END_KEY
from stream_svc.domain.filters import LeadFilter
from stream_svc.domain.follow import Place
from stream_svc.domain.ring import Batch, Ring
from stream_svc.storage.change_log import ChangeLog
from stream_svc.storage.projection import CHANNEL

log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 1.0
RETRY_SECONDS: Final = (0.2, 2.0)
EVERY_LEAD: Final = LeadFilter()
RING_BYTES: Final = 32 * 1024 * 1024


class Watch:
    """Woken whenever the log may have moved on."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        """Wake whoever waits; if nobody does, the next wait returns at once."""
        self._event.set()

    async def wait(self) -> None:
        """Wait to be woken."""
        await self._event.wait()
        self._event.clear()

    async def wait_within(self, seconds: float) -> None:
        """Wait at most so long to be woken."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.wait()


class Tail:
    """Follows the end of the log; a component.

    Args:
        database: Where to listen.
        log: The log to read.
    """

    def __init__(self, *, database: Database, log: ChangeLog) -> None:
        self._log = log
        self._poke = asyncio.Event()
        self._listener = Listener(
            database=database, channels=[CHANNEL], on_notify=lambda _channel, _payload: self.poke()
        )
        self._task = BackgroundTask(name="tail of the change log", body=self._run)
        self._watches: set[Watch] = set()
        self.ring = Ring(most_bytes=RING_BYTES)

    async def start(self) -> None:
        """Begin to follow."""
        await self._listener.start()
        await self._task.start()

    async def stop(self) -> None:
        """Stop following."""
        await self._task.stop()
        await self._listener.stop()

    async def wait(self) -> None:
        """Return once stopped; raise what ended the loop, or its listener, otherwise."""
        await asyncio.gather(self._task.wait(), self._listener.wait())

    @property
    def watching(self) -> int:
        """How many want to be woken."""
        return len(self._watches)

    def poke(self) -> None:
        """Have the log looked at now."""
        self._poke.set()

    @contextlib.contextmanager
    def watch(self) -> Iterator[Watch]:
        """Be woken whenever the log moved on, while in this context."""
        watch = Watch()
        self._watches.add(watch)
        try:
            yield watch
        finally:
            self._watches.discard(watch)

    async def _run(self) -> None:
        while True:
            self._poke.clear()
            pause = POLL_SECONDS
            try:
                await self._catch_up()
            except Exception as error:
                if not is_transient(error):
                    raise
                pause = SystemRandom().uniform(*RETRY_SECONDS)
                log.warning("tail_waits_for_database", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._poke.wait()

    async def _catch_up(self) -> None:
        while self._watches and self.ring.epoch is not None:
            place = Place(epoch=self.ring.epoch, pos=self.ring.pos, key=END_KEY)
            step = await self._log.step(place, EVERY_LEAD)
            if not step.head.serves(place.epoch, place.pos):
                self._restart(step.head.epoch, step.head.pos)
                return
            if step.pos > place.pos:
                self.ring.append(Batch(after=place.pos, pos=step.pos, changes=step.changes))
                self._wake()
            if step.pos >= step.head.pos:
                return
        if not self._watches or self.ring.epoch is None:
            head = await self._log.head()
            self._restart(head.epoch, head.pos)

    def _restart(self, epoch: UUID, pos: int) -> None:
        self.ring.restart(epoch=epoch, pos=pos)
        self._wake()

    def _wake(self) -> None:
        for watch in self._watches:
            watch.wake()
