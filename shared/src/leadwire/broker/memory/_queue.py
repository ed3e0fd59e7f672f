"""What waits in one subscription of the memory broker."""

import heapq
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leadwire.broker.port import Delivery, Message, Subscription
from leadwire.broker.pull import Claim, Postponed


@dataclass(slots=True, kw_only=True)
class _Entry:
    delivery: Delivery
    due: float = 0.0
    holder: int | None = None


class MemoryQueue:
    """The deliveries of one subscription, by number.

    An ordered queue gives its first entry only, to its one active session. Another one
    gives whatever is due, the oldest first.

    Args:
        subscription: Whose deliveries these are.
    """

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self._entries: dict[int, _Entry] = {}
        self._ready: list[int] = []
        self._delayed: list[tuple[float, int]] = []
        self._active: int | None = None

    def takes(self, message: Message, only: str | None) -> bool:
        """Tell whether a publication goes to this queue."""
        if only is not None:
            return only == self.subscription.name
        return self.subscription.wants(message.type)

    def add(self, number: int, message: Message) -> None:
        """Put a message at the end; numbers grow."""
        first = Delivery(message=message, subscription=self.subscription.name, attempt=1)
        self._entries[number] = _Entry(delivery=first)
        self._make_ready(number)

    def waiting(self) -> int:
        """Count the entries that no session holds."""
        return sum(entry.holder is None for entry in self._entries.values())

    def claim(self, limit: int, *, session: int) -> Sequence[Claim]:
        """Give up to `limit` entries to the session."""
        numbers = self._first(session) if self.subscription.ordered else self._due(limit)
        claims = []
        for number in numbers:
            entry = self._entries[number]
            entry.holder = session
            claims.append(Claim(number=number, session=session, delivery=entry.delivery, losses=0))
        return claims

    def finish(self, claim: Claim) -> None:
        """Forget an entry, unless another session holds it by now."""
        if self._held(claim) is not None:
            del self._entries[claim.number]

    def postpone(self, postponed: Postponed) -> None:
        """Have an entry come again."""
        claim = postponed.claim
        if (entry := self._held(claim)) is not None:
            entry.delivery = postponed.delivery
            entry.due = time.monotonic() + postponed.delay
            entry.holder = None
            if not self.subscription.ordered:
                heapq.heappush(self._delayed, (entry.due, claim.number))

    def give_back(self, claim: Claim) -> None:
        """Free an entry as if it had not been claimed."""
        if (entry := self._held(claim)) is not None:
            entry.holder = None
            self._make_ready(claim.number)

    def release(self, session: int) -> None:
        """Free all that an ended session held."""
        if self._active == session:
            self._active = None
        for number, entry in self._entries.items():
            if entry.holder == session:
                entry.holder = None
                self._make_ready(number)

    def _held(self, claim: Claim) -> _Entry | None:
        entry = self._entries.get(claim.number)
        return entry if entry is not None and entry.holder == claim.session else None

    def _make_ready(self, number: int) -> None:
        if not self.subscription.ordered:
            heapq.heappush(self._ready, number)

    def _first(self, session: int) -> list[int]:
        if self._active is None:
            self._active = session
        number = next(iter(self._entries), None)
        if self._active != session or number is None:
            return []
        entry = self._entries[number]
        return [number] if entry.holder is None and entry.due <= time.monotonic() else []

    def _due(self, limit: int) -> Iterator[int]:
        now = time.monotonic()
        while self._delayed and self._delayed[0][0] <= now:
            heapq.heappush(self._ready, heapq.heappop(self._delayed)[1])
        for _ in range(limit):
            if not self._ready:
                return
            yield heapq.heappop(self._ready)
