"""Say everything again, in batches, and go on where it was.

A batch and the progress commit together, so a resync that was killed goes on behind its last
batch, and two at once share the work.

Live events wait behind those of the resync, in the outbox and in the queues of its readers. So
it adds no more than so many a second, and none while too many events stand before a new one:
those in the outbox and those in the longest of the queues. It goes as fast as the slowest
reader, then.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from leadwire.broker import Broker, BrokerUnavailableError
from leadwire.db import Connection, Database, again_if_rolled_back
from leadwire.outbox import Outbox
from leadwire.resync.parts import Part
from leadwire.resync.progress import Place, Progress, ResyncStore

TELL_EVERY: Final = 5.0
LOOK_EVERY: Final = 0.2

_FIRST: Final = UUID(int=0)


class BacklogError(Exception):
    """Outbox and queues are not drained, so that nothing more may be added."""

    code: Final = "backlog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a resync goes.

    Attributes:
        batch: Most events in one transaction.
        rate: Most events a second.
        max_backlog: It waits while so many events stand before a new one. With `batch`, that is
            what a live event waits for at most.
        patience: Seconds for which it waits.
    """

    batch: int = 50
    rate: int = 200
    max_backlog: int = 200
    patience: float = 300.0


class Resync:
    """Has every part said again, one after the other.

    Args:
        database: The service's database.
        parts: What to say, at least one.
        outbox: Where it is said.
        broker: Where its readers' queues are.
        readers: Names of the subscriptions that must keep up.
        pace: How fast it goes.
        say: Prints a line for whoever watches.
    """

    def __init__(
        self,
        *,
        database: Database,
        parts: Sequence[Part],
        outbox: Outbox,
        broker: Broker,
        readers: Sequence[str],
        pace: Pace,
        say: Callable[[str], None],
    ) -> None:
        self._database = database
        self._parts = parts
        self._progress = ResyncStore()
        self._outbox = outbox
        self._broker = broker
        self._readers = readers
        self._pace = pace
        self._say = say

    async def __call__(self, *, from_start: bool) -> None:
        """Say everything again; one that did not end goes on where it was.

        Args:
            from_start: Begin anew also then.

        Raises:
            BacklogError: Outbox and queues stayed too full.
            DatabaseError: The database failed; what was said is known.
        """
        progress = await self._begin(from_start=from_start)
        meter = _Meter(progress, self._say)
        while progress.finished_at is None:
            began = time.monotonic()
            await self._wait_for_room()
            before, progress = progress, await again_if_rolled_back(self._say_batch)
            meter.tell(progress)
            due = began + max(0, progress.said - before.said) / self._pace.rate
            await asyncio.sleep(due - time.monotonic())
        self._say(f"resync: done, {progress.said} said again")

    async def _begin(self, *, from_start: bool) -> Progress:
        async with self._database.transaction() as connection:
            progress = await self._progress.lock(connection)
            if progress is not None and progress.finished_at is None and not from_start:
                self._say(f"resync: goes on after {progress.said} of {progress.total}")
                return progress
            totals = [await part.total(connection) for part in self._parts]
            place = await self._start_of(connection, self._parts[0])
            await self._progress.begin(connection, place, total=sum(totals), now=datetime.now(UTC))
            return await self._locked(connection)

    async def _wait_for_room(self) -> None:
        deadline = time.monotonic() + self._pace.patience
        told = None
        while (obstacle := await self._obstacle()) is not None:
            if time.monotonic() > deadline:
                raise BacklogError(
                    f"for {self._pace.patience:g} s, {obstacle}: see that the service, its readers "
                    "and the broker run, then run resync again; it goes on where it is. With a "
                    "higher --max-backlog it need not wait, but live events do"
                )
            if obstacle != told:
                self._say(f"resync: waits: {obstacle}")
                told = obstacle
            await asyncio.sleep(LOOK_EVERY)

    async def _obstacle(self) -> str | None:
        """Say what stands before a new event; None if that is little."""
        limit = self._pace.max_backlog
        # The outbox first: what moves on meanwhile is counted twice, and not missed.
        async with self._database.connection() as connection:
            pending = await self._outbox.backlog(connection, up_to=limit)
        if pending >= limit:
            return f"the outbox holds {limit} events or more"
        for reader in self._readers:
            try:
                waiting = await self._broker.waiting(reader, up_to=limit - pending)
            except BrokerUnavailableError:
                return "the broker does not answer"
            if pending + waiting >= limit:
                return f"{limit} events or more wait for {reader}"
        return None

    async def _say_batch(self) -> Progress:
        async with self._database.transaction() as connection:
            progress = await self._locked(connection)
            if progress.finished_at is None:
                await self._say_next(connection, progress)
                progress = await self._locked(connection)
            return progress

    async def _say_next(self, connection: Connection, progress: Progress) -> None:
        place = progress.place
        number = self._number_of(place.part)
        said = await self._parts[number].say(
            connection, after=place.after, up_to=place.up_to, limit=self._pace.batch
        )
        ended = False
        if said:
            place = replace(place, after=said[-1])
        if len(said) < self._pace.batch:
            ended = number + 1 == len(self._parts)
            if not ended:
                place = await self._start_of(connection, self._parts[number + 1])
        await self._progress.move_on(
            connection, place, said=len(said), finished_at=datetime.now(UTC) if ended else None
        )

    async def _start_of(self, connection: Connection, part: Part) -> Place:
        last = await part.last(connection)
        return Place(part=part.name, after=_FIRST, up_to=last or _FIRST)

    def _number_of(self, name: str) -> int:
        names = [part.name for part in self._parts]
        if name not in names:
            raise LookupError(f"{name} is nothing to resync: run it with --from-start")
        return names.index(name)

    async def _locked(self, connection: Connection) -> Progress:
        progress = await self._progress.lock(connection)
        if progress is None:
            raise LookupError("the progress of the resync is gone: run it with --from-start")
        return progress


class _Meter:
    """Tells now and then how far it is."""

    def __init__(self, progress: Progress, say: Callable[[str], None]) -> None:
        self._say = say
        self._said_before = progress.said
        self._began = self._told = time.monotonic()

    def tell(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told < TELL_EVERY:
            return
        self._told = now
        self._say(_line(progress, rate=(progress.said - self._said_before) / (now - self._began)))


def _line(progress: Progress, *, rate: float) -> str:
    left = max(0, progress.total - progress.said)
    time_left = f", about {left / rate:.0f} s left" if rate > 0 else ""
    return f"resync: {progress.said} of {progress.total} said again, {rate:.0f}/s{time_left}"
