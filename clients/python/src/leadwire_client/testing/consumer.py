"""A queue in memory for the tests of your handlers: what a `Consumer` does, without RabbitMQ.

```python
from leadwire_client.testing import events
from leadwire_client.testing.consumer import FakeQueue

queue = FakeQueue(handle, store=SqliteStore(":memory:"))
await queue.deliver(events.lead_interested_created(email="ada@example.com"))
assert queue.parked == []
```

It reads, handles, counts and parks by the same code as the consumer. Nothing waits: a delivery
that failed stands in `waiting` until the test lets it come again.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from leadwire_client.consumer.dispatch import (
    Again,
    Delivery,
    Dispatcher,
    Done,
    Handler,
    SetAside,
)
from leadwire_client.consumer.metrics import Counts
from leadwire_client.consumer.policy import Policy
from leadwire_client.consumer.units import Store
from leadwire_client.events import Event, write_event

C = TypeVar("C")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A delivery that will be tried again.

    Attributes:
        event: As given to `deliver`.
        attempt: Number of the next attempt.
        away: Attempts before that at which the database began no transaction.
        delay: Seconds after which it would come.
    """

    event: Event | bytes
    attempt: int
    away: int
    delay: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A delivery that was set aside.

    Attributes:
        event: As given to `deliver`.
    """

    event: Event | bytes
    reason: str


class FakeQueue(Generic[C]):
    """Delivers to a handler.

    Args:
        handler: As for a `Consumer`.
        store: As for a `Consumer`: your own, on a test's database.
        policy: As for a `Consumer`.
        queue: Name of the queue.

    Attributes:
        acknowledged: What was handled, or known already, in its order.
        waiting: What failed and will be tried again.
        parked: What was set aside.
        counts: What the consumer's metrics would be told.
    """

    def __init__(
        self,
        handler: Handler[C],
        *,
        store: Store[C],
        policy: Policy | None = None,
        queue: str = "test.queue",
    ) -> None:
        self.acknowledged: list[Event | bytes] = []
        self.waiting: list[Waiting] = []
        self.parked: list[Parked] = []
        self.counts = Counts()
        self._store = store
        self._is_prepared = False
        self._dispatcher = Dispatcher(
            subscription=queue,
            handler=handler,
            store=store,
            policy=policy or Policy(),
            metrics=self.counts,
        )

    async def deliver(self, *events: Event | bytes) -> None:
        """Deliver events, one after the other; bytes as they are, to try what is no event."""
        for event in events:
            await self._attempt(event)

    async def redeliver(self, event: Event | bytes, *, crashes: int = 1) -> None:
        """Deliver what comes back from a process that died with it so often."""
        await self._attempt(event, crashes=crashes)

    async def pass_time(self) -> None:
        """Let everything that waits come again, once."""
        due, self.waiting = self.waiting, []
        for each in due:
            await self._attempt(each.event, attempt=each.attempt, away=each.away)

    async def requeue(self) -> None:
        """Have what is parked handled again, from the first attempt."""
        due, self.parked = self.parked, []
        await self.deliver(*(each.event for each in due))

    async def _attempt(
        self, event: Event | bytes, *, attempt: int = 1, away: int = 0, crashes: int = 0
    ) -> None:
        if not self._is_prepared:
            await self._store.prepare()
            self._is_prepared = True
        body = event if isinstance(event, bytes) else write_event(event)
        delivery = Delivery(body=body, attempt=attempt, away=away, crashes=crashes)
        match await self._dispatcher.settle(delivery):
            case Done():
                self.acknowledged.append(event)
            case Again(delay=delay, attempt=attempt, away=away):
                self.waiting.append(Waiting(event=event, attempt=attempt, away=away, delay=delay))
            case SetAside(reason=reason):
                self.parked.append(Parked(event=event, reason=reason))
