"""The server of the memory broker: subscriptions, queues, sessions.

All state is plain data of this process; nothing here waits, so nothing is locked. Besides
what clients use there is what befalls a server: `restart`, `block`, `cancel`.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from leadwire.broker.errors import BrokerUnavailableError, TopologyConflictError
from leadwire.broker.memory._queue import MemoryQueue
from leadwire.broker.port import Message, Subscription
from leadwire.broker.pull import Claim, OpenSession, Postponed, PullSession


class MemoryHub:
    """What clients of the same name share."""

    _hubs: ClassVar[dict[str, "MemoryHub"]] = {}

    def __init__(self) -> None:
        self.is_up = True
        self.is_blocked = False
        self.epoch = 0
        self._queues: dict[str, MemoryQueue] = {}
        self._sessions: dict[int, _Session] = {}
        self._watchers: set[Callable[[], None]] = set()
        self.marks: set[str] = set()
        self._messages = 0
        self._opened = 0

    @classmethod
    def named(cls, name: str) -> "MemoryHub":
        """Return the hub of that name; there is one for each."""
        return cls._hubs.setdefault(name, cls())

    def answer(self) -> None:
        """Do nothing, if up.

        Raises:
            BrokerUnavailableError: The hub is down.
        """
        if not self.is_up:
            raise BrokerUnavailableError("the hub is down")

    def declare(self, subscriptions: Sequence[Subscription]) -> None:
        """Create the subscriptions, or have them take the types that are wanted now.

        Raises:
            TopologyConflictError: One exists and is ordered, or not, other than wanted.
        """
        for wanted in subscriptions:
            queue = self._queues.setdefault(wanted.name, MemoryQueue(wanted))
            if queue.subscription.ordered != wanted.ordered:
                raise TopologyConflictError(
                    f"subscription {wanted.name} exists with ordered={not wanted.ordered}"
                )
            queue.subscription = wanted

    def missing(self, subscriptions: Sequence[Subscription]) -> list[str]:
        """Name what is not there as wanted."""
        return [f"subscription {wanted.name}" for wanted in subscriptions if not self._has(wanted)]

    def store(self, batch: Sequence[Message], *, only: str | None) -> list[bool]:
        """Store each message for all that want it; tell which ones anybody does.

        Raises:
            BrokerUnavailableError: The hub is down.
        """
        self.answer()
        routed = [self._store(message, only) for message in batch]
        self._notify()
        return routed

    def waiting(self, subscription: str) -> int:
        """Count the messages that wait for a subscription, if there is one."""
        queue = self._queues.get(subscription)
        return 0 if queue is None else queue.waiting()

    def opener(self, subscription: Subscription) -> OpenSession:
        """Return what opens sessions for consumers of the subscription."""

        async def open_session(wake: Callable[[], None]) -> PullSession:
            self.answer()
            self._opened += 1
            queue = self._queues[subscription.name]
            session = _Session(number=self._opened, hub=self, queue=queue, wake=wake)
            self._sessions[session.number] = session
            self._watchers.add(wake)
            return session

        return open_session

    @contextlib.contextmanager
    def watched(self) -> Iterator[asyncio.Event]:
        """Give an event that is set at every change."""
        changed = asyncio.Event()
        self._watchers.add(changed.set)
        try:
            yield changed
        finally:
            self._watchers.discard(changed.set)

    def go_down(self) -> None:
        """End every session and refuse everything, until `come_up`; messages are kept."""
        self.is_up = False
        self.epoch += 1
        for session in list(self._sessions.values()):
            session.end()
        self._notify()

    def come_up(self) -> None:
        """Accept connections again."""
        self.is_up = True

    def block(self) -> None:
        """Store publications from now on, but do not confirm them."""
        self.is_blocked = True

    def unblock(self) -> None:
        """Confirm publications again, also those that wait."""
        self.is_blocked = False
        self._notify()

    def cancel(self, subscription: str) -> None:
        """End the sessions of all consumers of the subscription."""
        for session in list(self._sessions.values()):
            if session.queue.subscription.name == subscription:
                session.end()

    def forget_session(self, number: int, wake: Callable[[], None]) -> None:
        """Remove a session that has ended, and have the others look."""
        self._sessions.pop(number, None)
        self._watchers.discard(wake)
        self._notify()

    def _store(self, message: Message, only: str | None) -> bool:
        self._messages += 1
        queues = [queue for queue in self._queues.values() if queue.takes(message, only)]
        for queue in queues:
            queue.add(self._messages, message)
        return bool(queues)

    def _has(self, wanted: Subscription) -> bool:
        queue = self._queues.get(wanted.name)
        if queue is None or queue.subscription.ordered != wanted.ordered:
            return False
        return set(wanted.types) <= set(queue.subscription.types)

    def _notify(self) -> None:
        for wake in list(self._watchers):
            wake()


class _Session:
    """A consumer's session; see `leadwire.broker.pull.PullSession`."""

    def __init__(
        self, *, number: int, hub: MemoryHub, queue: MemoryQueue, wake: Callable[[], None]
    ) -> None:
        self.number = number
        self.queue = queue
        self._hub = hub
        self._wake = wake
        self._has_ended = False

    async def claim(self, limit: int) -> Sequence[Claim]:
        self._check()
        return self.queue.claim(limit, session=self.number)

    async def finish(self, claims: Sequence[Claim]) -> None:
        self._check()
        for claim in claims:
            self.queue.finish(claim)

    async def postpone(self, postponed: Sequence[Postponed]) -> None:
        self._check()
        for each in postponed:
            self.queue.postpone(each)

    async def give_back(self, claims: Sequence[Claim]) -> None:
        self._check()
        for claim in claims:
            self.queue.give_back(claim)

    async def sweep(self) -> None:
        self._check()

    async def close(self) -> None:
        self.end()

    def abort(self) -> None:
        self.end()

    def end(self) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        self.queue.release(self.number)
        self._hub.forget_session(self.number, self._wake)
        self._wake()

    def _check(self) -> None:
        if self._has_ended:
            raise BrokerUnavailableError("the session was ended by the hub")
