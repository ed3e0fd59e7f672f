"""One unit of work: a transaction under the matching lock, with its events.

Everything that writes managers, slots or leads does so in a unit, which takes the matching lock
(transaction-level, advisory) before it reads any of them. That is the whole locking order: under
the lock, rows are locked in any order. A writer without it is a bug.

Why the lock: a transaction that frees a manager looks for a waiting lead, one that brings
a lead looks for a free manager. At the same time, neither sees what the other has not yet
committed; both commit, and manager and lead are left to each other (write skew), which no
row lock prevents: the row to lock is invisible. Under the lock the second one reads after
the first has committed. It also makes times and events of assignment grow in the order of
commits.

The outbox rows are inserted last: then every aggregate's row is locked, as the outbox asks.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from leadwire.contracts import EventData
from leadwire.db import Connection, Database, again_if_rolled_back
from leadwire.outbox import Outbox, OutgoingEvent
from manager_svc.domain.explanation import Rule
from manager_svc.domain.lead import Work, Worked
from manager_svc.domain.manager import Manager
from manager_svc.metrics import ManagerMetrics
from manager_svc.storage.matching import MatchStore
from manager_svc.usecases.events import lead_assigned, outgoing
from manager_svc.usecases.reads import Stores

AT_ONCE: Final = 2
"""Units of one process that hold a connection at once: one works while the next begins."""

TURN_WITHIN: Final = 10.0
"""Seconds that a unit waits for its turn, as long as anything waits for a connection."""

T = TypeVar("T")


class NoTurnError(TimeoutError):
    """Other units took so long that this one did not begin; sent again it may succeed."""


class Unit(Stores):
    """What a command works with.

    Attributes:
        now: Time of every change of this unit.
        actor: Who asked for it, for history and events.
        auto_assign: Whether the matcher hands out leads.
    """

    def __init__(
        self, *, connection: Connection, now: datetime, actor: str, auto_assign: bool
    ) -> None:
        super().__init__(connection=connection)
        self.now = now
        self.actor = actor
        self.auto_assign = auto_assign
        self.matches = MatchStore(connection=connection)
        self.events: list[OutgoingEvent] = []
        self.first_waits: list[timedelta] = []

    def tell_of_assignment(self, worked: Worked, *, actor: str, rule: Rule) -> None:
        """Publish that a manager got a lead, and note how long it waited if he is the first."""
        lead = worked.lead
        self.tell_of_lead(lead_assigned(worked, actor=actor, rule=rule), lead.work)
        if lead.work.rev == 1:  # nothing was done about it before
            self.first_waits.append(self.now - lead.contact.created_at)

    def tell_of_lead(self, data: EventData, work: Work) -> None:
        """Publish an event about a lead once the unit has committed."""
        self._tell(data, subject=work.lead_id, rev=work.rev)

    def tell_of_manager(self, data: EventData, manager: Manager) -> None:
        """Publish an event about a manager once the unit has committed."""
        self._tell(data, subject=manager.id, rev=manager.rev)

    def _tell(self, data: EventData, *, subject: UUID, rev: int) -> None:
        self.events.append(outgoing(data, subject=subject, rev=rev, time=self.now))


class Units:
    """Runs commands, each in a transaction of its own or in a given one.

    Args:
        database: The service's own.
        outbox: Takes the events.
        auto_assign: Whether the matcher hands out leads.
        metrics: Told how long leads waited.
        turn_within: Seconds that a command waits until it may begin.
    """

    def __init__(
        self,
        *,
        database: Database,
        outbox: Outbox,
        auto_assign: bool,
        metrics: ManagerMetrics,
        turn_within: float = TURN_WITHIN,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._auto_assign = auto_assign
        self._metrics = metrics
        self._turn_within = turn_within
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def run(self, command: Callable[[Unit], Awaitable[T]], *, actor: str) -> T:
        """Run a command in a transaction, again if the database rolled it back.

        Deadlocks and serialization failures should not happen under the lock; should one
        happen all the same, the client does not see it.

        Raises:
            NoTurnError: Others were before it for too long.
        """

        async def once() -> T:
            async with self._turn(), self._database.transaction() as connection:
                return await self.run_on(connection, command, actor=actor)

        return await again_if_rolled_back(once)

    async def rehearse(self, command: Callable[[Unit], Awaitable[T]], *, actor: str) -> T:
        """Tell what a command would do now: run it, then undo it."""

        async def undone(unit: Unit) -> T:
            raise _Undone(await command(unit))

        try:
            return await self.run(undone, actor=actor)
        except _Undone as rehearsal:
            result: T = rehearsal.result
            return result

    async def run_on(
        self, connection: Connection, command: Callable[[Unit], Awaitable[T]], *, actor: str
    ) -> T:
        """Run a command in the open transaction of a connection.

        Args:
            connection: In a transaction that has not written managers or leads yet.
            command: What to do.
            actor: Who asked for it.
        """
        now = await MatchStore(connection=connection).take_lock()
        unit = Unit(connection=connection, now=now, actor=actor, auto_assign=self._auto_assign)
        result = await command(unit)
        if unit.events:
            await self._outbox.add(connection, unit.events)
        self._metrics.assigned(unit.first_waits)
        return result

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait before a connection is taken, not with one in hand.

        In the whole fleet one unit works at a time. Those that wait for the lock with a
        connection would soon hold the whole pool, and leave none to reads and health checks,
        on every replica at once.
        """
        try:
            async with asyncio.timeout(self._turn_within):
                await self._turns.acquire()
        except TimeoutError:
            raise NoTurnError from None
        try:
            yield
        finally:
            self._turns.release()


class _Undone(Exception):  # noqa: N818 - not an error: it makes the transaction roll back
    def __init__(self, result: Any) -> None:
        self.result = result
