"""One consumption of one queue: from `basic.consume` until it is lost or stopped.

The client runs a consumer's callback as a task of its channel, and closing the channel,
or the connection, cancels it in the middle. So handlers run as tasks of the session, and
the end goes in steps: cancel the consumption, let the handlers finish and acknowledge
for as long as there is time, then close the channel; what is not acknowledged then, the
broker delivers again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import aio_pika
import structlog
from aiormq.abc import AbstractChannel, DeliveredMessage
from pamqp.base import Frame

from leadwire.broker.errors import BrokerUnavailableError
from leadwire.broker.rabbitmq._link import GONE, REFUSED, call, close_channel, describe

log = structlog.get_logger(__name__)

_CANCEL_WITHIN: Final = 5.0

Work = Callable[[DeliveredMessage, "Session"], Awaitable[None]]


class Session:
    """A consumption on a channel of its own.

    Args:
        channel: An open channel that nobody else uses.
        queue: Name of the queue.
        prefetch: Most deliveries held unfinished.
        work: Called for each delivery; acknowledges it, or leaves it to come again.
        cancel_last: Whether the consumption is kept while handlers finish. With a single
            active consumer the next one starts when this one cancels: order asks that it
            does so only when nothing is being handled here any more.
    """

    def __init__(
        self,
        *,
        channel: aio_pika.abc.AbstractChannel,
        queue: str,
        prefetch: int,
        work: Work,
        cancel_last: bool,
    ) -> None:
        self.ended = asyncio.Event()
        """Set when the consumption is over, whoever ended it."""
        self._channel = channel
        self._queue = queue
        self._prefetch = prefetch
        self._work = work
        self._cancel_last = cancel_last
        self._tag: str | None = None
        self._underlay: AbstractChannel | None = None
        self._handlers: set[asyncio.Task[None]] = set()
        self._last_busy = time.monotonic()
        self._closing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to consume.

        Raises:
            BrokerUnavailableError: The server does not answer.
            aiormq.exceptions.AMQPChannelError: The queue is missing or not accessible.
        """
        underlay = await self._channel.get_underlay_channel()
        self._underlay = underlay
        underlay.closing.add_done_callback(lambda _: self.ended.set())
        underlay.on_consumer_cancel_callbacks.add(self._cancelled_by_server)
        # Always a bound: without one the server sends the whole queue.
        await call(underlay.basic_qos(prefetch_count=self._prefetch))
        consumed = await call(underlay.basic_consume(self._queue, self._receive))
        self._tag = consumed.consumer_tag

    @property
    def silence(self) -> float:
        """Seconds for which nothing has been delivered or handled."""
        return 0.0 if self._handlers else time.monotonic() - self._last_busy

    async def ack(self, delivered: DeliveredMessage) -> None:
        """Acknowledge; if the channel is gone the delivery simply comes again."""
        if self._closing is not None and self._cancel_last:
            # The broker would send the next message in answer to this one's ack.
            await self._cancel()
        await self._answer(delivered, requeue=False)

    async def requeue(self, delivered: DeliveredMessage) -> None:
        """Give the delivery back to its place in the queue."""
        await self._answer(delivered, requeue=True)

    async def pause(self, seconds: float) -> bool:
        """Wait, but only while the session lasts; return whether it still does."""
        try:
            async with asyncio.timeout(max(seconds, 0.0)):
                await self.ended.wait()
        except TimeoutError:
            return True
        return False

    async def close(self, deadline: float) -> None:
        """End it as the module's docstring says. Twice, also at once, is harmless.

        Args:
            deadline: Seconds that handlers get to finish; then they are cancelled.
        """
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(deadline), name=f"end {self._queue}")
        await asyncio.shield(self._closing)

    async def _close(self, deadline: float) -> None:
        self.ended.set()
        if not self._cancel_last:
            await self._cancel()
        if self._handlers:
            _, late = await asyncio.wait(self._handlers, timeout=deadline)
            for handler in late:
                log.warning("handler_cancelled", queue=self._queue)
                handler.cancel()
            if late:
                await asyncio.wait(late, timeout=_CANCEL_WITHIN)
        await close_channel(self._channel)

    async def _cancel(self) -> None:
        tag, self._tag = self._tag, None
        if tag is None or self._underlay is None or self._channel.is_closed:
            return
        try:
            await call(self._underlay.basic_cancel(tag), within=_CANCEL_WITHIN)
        except (BrokerUnavailableError, *REFUSED) as error:
            log.debug("cancel_failed", queue=self._queue, reason=describe(error))

    async def _receive(self, delivered: DeliveredMessage) -> None:
        # What arrives after the end is left alone: closing the channel returns it.
        if not self.ended.is_set():
            task = asyncio.create_task(self._handle(delivered), name=f"handle {self._queue}")
            self._handlers.add(task)
            task.add_done_callback(self._handled)

    def _handled(self, task: asyncio.Task[None]) -> None:
        self._handlers.discard(task)
        self._last_busy = time.monotonic()

    async def _handle(self, delivered: DeliveredMessage) -> None:
        try:
            await self._work(delivered, self)
        except Exception:
            # Not the handler's: its failures are settled. The delivery comes again.
            log.exception("delivery_failed", queue=self._queue)
            self.ended.set()

    async def _answer(self, delivered: DeliveredMessage, *, requeue: bool) -> None:
        tag = delivered.delivery_tag
        if self._underlay is None or tag is None:
            return
        answer = (
            self._underlay.basic_nack(tag, requeue=True, wait=False)
            if requeue
            else self._underlay.basic_ack(tag, wait=False)
        )
        try:
            # Not waiting for the socket: the channel's close comes after it in any case.
            await answer
        except GONE as error:
            log.info("acknowledgement_lost", queue=self._queue, reason=describe(error))

    async def _cancelled_by_server(self, _: Frame) -> None:
        self._tag = None
        self.ended.set()
