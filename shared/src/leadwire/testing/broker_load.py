"""A publisher that does not give up: load for tests that hurt a broker meanwhile."""

import asyncio
from types import TracebackType
from typing import Self
from uuid import uuid4

from leadwire.broker import Accepted, Broker, Message, Outcome, Unknown
from leadwire.testing import eventually

_BATCH = 20
_PACE = 0.01


class Load:
    """Publishes batches, one after the other, from `async with` on until `finish`.

    What was `Unknown` is published again with the next batch, under the same id.

    Args:
        broker: A client that is started.
        event_type: Type of the messages.

    Attributes:
        accepted: Ids of the messages that the broker accepted.
        repeated: How many times a message had to be published again.
        refused: Every outcome that was neither `Accepted` nor `Unknown`.
    """

    def __init__(self, *, broker: Broker, event_type: str) -> None:
        self.accepted: set[str] = set()
        self.repeated = 0
        self.refused: list[Outcome] = []
        self._broker = broker
        self._type = event_type
        self._open: list[Message] = []
        self._finishing = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to publish."""
        self._task = asyncio.create_task(self._run(), name="load")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop publishing, also when the test has failed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def more_accepted(self, count: int, *, within: float) -> None:
        """Wait until so many more messages than now are accepted."""
        goal = len(self.accepted) + count
        await eventually(
            lambda: self._still_running() and len(self.accepted) >= goal,
            within=within,
            message=f"{goal} messages are accepted",
        )

    async def finish(self, *, within: float) -> None:
        """Publish nothing new, and wait until nothing is `Unknown` any more."""
        self._finishing = True
        if self._task is None:
            raise RuntimeError("the load was not begun")
        async with asyncio.timeout(within):
            await self._task

    def _still_running(self) -> bool:
        if self._task is not None and self._task.done():
            self._task.result()
            raise RuntimeError("the load has ended by itself")
        return True

    async def _run(self) -> None:
        while not self._finishing or self._open:
            fresh = 0 if self._finishing else _BATCH
            batch = [*self._open, *(self._message() for _ in range(fresh))]
            self._open = []
            outcomes = await self._broker.publish(batch)
            for message, outcome in zip(batch, outcomes, strict=True):
                self._note(message, outcome)
            # A pace, so that the consumer beside us gets its share of a small machine.
            await asyncio.sleep(_PACE)

    def _note(self, message: Message, outcome: Outcome) -> None:
        match outcome:
            case Accepted():
                self.accepted.add(message.id)
            case Unknown():
                self.repeated += 1
                self._open.append(message)
            case _:
                self.refused.append(outcome)

    def _message(self) -> Message:
        return Message(id=str(uuid4()), type=self._type, body=b"{}")
