"""Confirmed publishing, pipelined.

A batch is written as fast as the connection takes it, and then its confirms are awaited
together. The whole call has one deadline: what has no answer by then is `Unknown`, and
its connection is not used again, since a late answer could be taken for that of the same
message's next publication.

A lane is a channel that one call has for itself while it publishes. The client matches a
returned message to its publication by `message_id` alone, so no id may be in flight twice
on a channel: calls do not share lanes, and a batch that names an id twice is cut in two.

After a window that was not wholly taken the rest of the batch is not sent, or it would
overtake. A message that is unroutable, or refused for ever, holds nothing up: nobody gets
it. Inside a window what was in flight already may still overtake a message that failed.
"""

import asyncio
import struct
from collections.abc import Iterator, Sequence
from typing import Final, cast

import aio_pika
import aiormq
import structlog
from pamqp.commands import Basic

from leadwire.broker.errors import BrokerUnavailableError
from leadwire.broker.port import Accepted, Outcome, Rejected, Unknown, Unroutable
from leadwire.broker.rabbitmq._link import REFUSED, Link, LinkConnection, call, describe, is_loss
from leadwire.broker.rabbitmq._wire import Outgoing

log = structlog.get_logger(__name__)

_LANES: Final = 8
_WINDOW: Final = 1000
"""Most publications in flight on a lane: they wait in memory."""


_UNENCODABLE: Final = (TypeError, ValueError, OverflowError, struct.error)
"""What the client raises for a message that AMQP cannot carry."""

_NOT_SENT: Final = Unknown("not sent: an earlier message of the batch was not taken")


class _SuspectError(Exception):
    """The server closed the channel because of some message that was in flight on it."""


_Answer = Outcome | _SuspectError
_Lane = tuple[LinkConnection, aio_pika.abc.AbstractChannel, aiormq.Channel]


class Publisher:
    """Publishes batches over one link.

    Args:
        link: The connection for publishing, and for nothing else.
        timeout: Seconds that a batch may take.
    """

    def __init__(self, *, link: Link, timeout: float) -> None:
        self._link = link
        self._timeout = timeout
        self._free = asyncio.Semaphore(_LANES)
        self._idle: list[_Lane] = []
        self._spoiled: LinkConnection | None = None

    async def publish(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        """Publish in this order and return one outcome for each.

        Whatever server and network do is an outcome, and raises nothing.
        """
        deadline = asyncio.get_running_loop().time() + self._timeout
        outcomes: list[Outcome] = []
        for window in _windows(batch):
            answered = await self._publish_window(window, deadline)
            outcomes += answered
            if any(_holds_up(outcome) for outcome in answered):
                break
        return outcomes + [_NOT_SENT] * (len(batch) - len(outcomes))

    async def settle_down(self) -> None:
        """Return when nothing is being published any more, after the time-out at most."""
        try:
            async with asyncio.timeout(self._timeout):
                for _ in range(_LANES):
                    await self._free.acquire()
        except TimeoutError:
            log.warning("publications_unfinished")

    async def _publish_window(self, window: Sequence[Outgoing], deadline: float) -> list[Outcome]:
        answers = await self._answers(window, deadline)
        suspected = any(isinstance(answer, _SuspectError) for answer in answers)
        if len(window) == 1 or not suspected:
            return [_outcome(answer) for answer in answers]
        # One of those in flight was too much for the server. Alone, each shows its worth.
        outcomes: list[Outcome] = []
        held_up = False
        for message, answer in zip(window, answers, strict=True):
            outcome = _outcome(answer)
            if isinstance(answer, _SuspectError | Unknown):
                again = [_NOT_SENT] if held_up else await self._answers([message], deadline)
                outcome = _outcome(again[0])
            held_up = held_up or _holds_up(outcome)
            outcomes.append(outcome)
        return outcomes

    async def _answers(self, window: Sequence[Outgoing], deadline: float) -> list[_Answer]:
        try:
            async with asyncio.timeout_at(deadline):
                await self._free.acquire()
        except TimeoutError:
            return [Unknown("not sent in time: every channel was busy")] * len(window)
        try:
            return await self._send(window, deadline)
        finally:
            self._free.release()

    async def _send(self, window: Sequence[Outgoing], deadline: float) -> list[_Answer]:
        try:
            async with asyncio.timeout_at(deadline):
                connection, channel, underlay = await call(self._lane(), within=self._timeout)
        except TimeoutError:
            return [Unknown("not sent in time: the broker is blocked or away")] * len(window)
        except (BrokerUnavailableError, *REFUSED) as error:
            return [Unknown(f"not sent: {error}")] * len(window)
        tasks = [asyncio.create_task(_publish(underlay, message)) for message in window]
        left = deadline - asyncio.get_running_loop().time()
        try:
            _, late = await asyncio.wait(tasks, timeout=max(left, 0.0))
        except asyncio.CancelledError:
            await _cancel(tasks)
            self._link.discard(connection)
            raise
        if late:
            log.warning("confirms_missing", count=len(late), of=len(window))
            await _cancel(late)
        if late or channel.is_closed:
            # Also after the server closed the channel: what we were still writing to it
            # then may be taken for an error of the whole connection, a moment later.
            self._spoiled = connection
        else:
            self._idle.append((connection, channel, underlay))
        return [_answer(task) for task in tasks]

    async def _lane(self) -> _Lane:
        connection = await self._link.get()
        # A blocked connection is waited for, not replaced: a new one would take one
        # message more into a server that is short of memory before it is blocked too.
        await connection.unblocked()
        if connection is self._spoiled:
            self._link.discard(connection)
            connection = await self._link.get()
        while self._idle:
            lane = self._idle.pop()
            if lane[0] is connection and not lane[1].is_closed:
                return lane
        channel = await self._link.channel(connection=connection)
        # The interface says less than the class: `wait` is missing there.
        return connection, channel, cast("aiormq.Channel", await channel.get_underlay_channel())


async def _publish(channel: aiormq.Channel, message: Outgoing) -> object:
    # Past aio-pika's exchange object: it waits until each message is in the socket, which
    # costs a quarter of the rate.
    return await channel.basic_publish(
        message.body,
        exchange=message.exchange,
        routing_key=message.routing_key,
        properties=message.properties,
        mandatory=True,
        wait=False,
    )


async def _cancel(tasks: Sequence[asyncio.Task[object]] | set[asyncio.Task[object]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def _answer(task: asyncio.Task[object]) -> _Answer:
    if task.cancelled():
        return Unknown("no confirm in time, or the connection was lost")
    if (error := task.exception()) is not None:
        return _failure(error)
    # Anything but an ack is no confirm, whatever the client makes of it.
    confirmed = isinstance(task.result(), Basic.Ack)
    return Accepted() if confirmed else Unknown(f"unexpected answer {task.result()!r}")


def _failure(error: BaseException) -> _Answer:
    match error:
        case aiormq.exceptions.PublishError():
            return Unroutable()
        case aiormq.exceptions.DeliveryError():
            return Rejected("refused by the broker: a queue is full or failed")
        case aiormq.exceptions.ChannelNotFoundEntity():
            log.error("exchange_missing", reason=str(error))
            return Unroutable()
        case aiormq.exceptions.ChannelPreconditionFailed():
            return _SuspectError(describe(error))
    if is_loss(error):
        return Unknown(describe(error))
    if isinstance(error, _UNENCODABLE):
        # In spite of the check before: it will never be.
        return Rejected(describe(error), permanent=True)
    raise error  # which says nothing of the message


def _outcome(answer: _Answer) -> Outcome:
    if isinstance(answer, _SuspectError):
        return Rejected(str(answer), permanent=True)
    return answer


def _holds_up(outcome: Outcome) -> bool:
    """Tell whether the message will be published again, before what comes after it."""
    if isinstance(outcome, Rejected):
        return not outcome.permanent
    return isinstance(outcome, Unknown)


def _windows(batch: Sequence[Outgoing]) -> Iterator[Sequence[Outgoing]]:
    """Cut a batch where a window is full or an id comes a second time."""
    window: list[Outgoing] = []
    ids: set[str | None] = set()
    for message in batch:
        if len(window) == _WINDOW or message.properties.message_id in ids:
            yield window
            window, ids = [], set()
        window.append(message)
        ids.add(message.properties.message_id)
    if window:
        yield window
