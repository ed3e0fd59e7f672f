"""Handle events together: one transaction for all that wait while the one before commits.

The broker hands events out one by one, each to a call of the handler. The first call that
finds nobody at work takes everything that waits, and handles it in one transaction: inbox rows
and effects. While it does, others come to wait, and the next call takes those. So an event that
is alone is handled at once, and a consumer that is behind handles hundreds in the time of one.

If a batch fails for a reason that does not pass, its events are handled one by one: the one that
is at fault is told apart, and the others have their effect.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from leadwire.broker import Ack, Delivery, Message, Park, Retry, Verdict
from leadwire.db import Connection, Database, Queries, is_transient
from leadwire.outbox._rows import shortened
from leadwire.outbox.errors import UnreadableError
from leadwire.outbox.handling import Identified

E = TypeVar("E", bound=Identified)


@dataclass(slots=True, eq=False)
class _Turn(Generic[E]):
    """An event, and what became of it.

    Attributes:
        waits: Whether its call still waits for that; one that was cancelled does not.
        settled: Whether anything became of it yet.
        outcome: What the call returns or raises.
    """

    event: E
    waits: bool = True
    settled: bool = False
    outcome: Verdict | Exception = field(default_factory=Retry)


class BatchingHandler(Generic[E]):
    """A handler that gives every event exactly one effect, many of them in one transaction.

    Args:
        database: The consumer's own; its schema has the outbox's tables.
        subscription: Name under which the inbox knows the events.
        read: Turns the message into an event. `UnreadableError` parks the delivery with
            the error's text as its reason.
        apply: The effect of the events that are new, in the order in which they came. What
            it raises rolls everything back.
        weigh: How much an event counts for, at least 1.
        most: A batch ends once its events weigh as much.
    """

    def __init__(
        self,
        *,
        database: Database,
        subscription: str,
        read: Callable[[Message], E],
        apply: Callable[[Connection, Sequence[E]], Awaitable[None]],
        weigh: Callable[[E], int],
        most: int,
    ) -> None:
        self._database = database
        self._subscription = subscription
        self._read = read
        self._apply = apply
        self._weigh = weigh
        self._most = most
        self._record = Queries("leadwire.outbox.sql")["record_receipts"]
        self._waiting: deque[_Turn[E]] = deque()
        self._at_work = asyncio.Lock()

    async def handle(self, delivery: Delivery) -> Verdict:
        """Handle a delivery, with those of other calls; a handler for `Broker.subscribe`."""
        try:
            turn = _Turn(self._read(delivery.message))
        except UnreadableError as error:
            return Park(shortened(str(error)))
        self._waiting.append(turn)
        try:
            async with self._at_work:
                while not turn.settled:
                    await self._settle_next()
        finally:
            turn.waits = False
        if isinstance(turn.outcome, Exception):
            raise turn.outcome
        return turn.outcome

    async def _settle_next(self) -> None:
        batch = self._next_batch()
        try:
            await self._settle(batch)
        finally:
            # Cancelled: the others are the next one's.
            self._waiting.extendleft(turn for turn in reversed(batch) if not turn.settled)

    def _next_batch(self) -> list[_Turn[E]]:
        batch: list[_Turn[E]] = []
        weight = 0
        while self._waiting and weight < self._most:
            turn = self._waiting.popleft()
            if turn.waits:
                batch.append(turn)
                weight += self._weigh(turn.event)
        return batch

    async def _settle(self, batch: Sequence[_Turn[E]]) -> None:
        outcome: Verdict | Exception = Ack()
        try:
            await self._apply_once([turn.event for turn in batch])
        except Exception as error:  # noqa: BLE001  whoever waits raises it, or has it tried again
            if len(batch) > 1 and not is_transient(error):
                for turn in batch:
                    await self._settle([turn])
                return
            again = Retry(reason=type(error).__name__, excused=True)
            outcome = again if is_transient(error) else error
        for turn in batch:
            turn.outcome, turn.settled = outcome, True

    async def _apply_once(self, events: Sequence[E]) -> None:
        by_key = {(event.source, str(event.id)): event for event in events}
        async with self._database.transaction() as connection:
            rows = await connection.fetch(
                self._record,
                self._subscription,
                [source for source, _ in by_key],
                [event_id for _, event_id in by_key],
            )
            new = {(row["source"], row["event_id"]) for row in rows}
            if new:
                await self._apply(connection, [e for key, e in by_key.items() if key in new])
