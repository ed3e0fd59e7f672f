"""Handlers and a parking lot that remember, for tests of brokers and consumers."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from leadwire.broker import Ack, Delivery, Verdict


@dataclass(frozen=True, slots=True)
class Received:
    """A delivery and when it came, in seconds of the monotonic clock."""

    delivery: Delivery
    at: float


class Recorder:
    """A handler that notes what it gets, waits at its gate, and answers.

    Args:
        answer: Says what to answer to a delivery, or raises; acknowledges if not given.
        is_open: Whether the gate is open at first.

    Attributes:
        received: Every delivery, in the order the handlers were called.
        finished: Ids of messages, in the order their handlers answered with `Ack`.
        most_at_once: The highest number of handlers that ran at the same time.
    """

    def __init__(
        self, answer: Callable[[Delivery], Verdict] | None = None, *, is_open: bool = True
    ) -> None:
        self.received: list[Received] = []
        self.finished: list[str] = []
        self.most_at_once = 0
        self._answer = answer
        self._running = 0
        self._gate = asyncio.Event()
        if is_open:
            self._gate.set()

    async def __call__(self, delivery: Delivery) -> Verdict:
        """Handle a delivery."""
        self.received.append(Received(delivery, time.monotonic()))
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)
        try:
            await self._gate.wait()
            verdict = Ack() if self._answer is None else self._answer(delivery)
        finally:
            self._running -= 1
        if isinstance(verdict, Ack):
            self.finished.append(delivery.message.id)
        return verdict

    def open(self) -> None:
        """Let the handlers that wait at the gate, and all later ones, go on."""
        self._gate.set()

    @property
    def ids(self) -> list[str]:
        """Ids of all messages received, repeated ones too, in order."""
        return [received.delivery.message.id for received in self.received]


@dataclass(frozen=True, slots=True)
class Parked:
    """A delivery set aside, with the reason."""

    delivery: Delivery
    reason: str


class ParkingList:
    """A parking lot in memory.

    Args:
        failures: How many calls fail first, as when the database is away.

    Attributes:
        parked: The entries by subscription and message id.
        refused: How many calls have failed.
    """

    def __init__(self, *, failures: int = 0) -> None:
        self.parked: dict[tuple[str, str], Parked] = {}
        self.refused = 0
        self._failures = failures

    async def park(self, delivery: Delivery, reason: str) -> None:
        """Store the delivery once; see `leadwire.broker.ParkingLot`."""
        if self.refused < self._failures:
            self.refused += 1
            raise ConnectionError("the parking lot is closed")
        key = (delivery.subscription, delivery.message.id)
        self.parked.setdefault(key, Parked(delivery, reason))

    @property
    def reasons(self) -> dict[str, str]:
        """The reason by message id."""
        return {message_id: entry.reason for (_, message_id), entry in self.parked.items()}
