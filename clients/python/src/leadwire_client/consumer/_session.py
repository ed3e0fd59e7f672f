"""One consumption of the queue: from `basic.consume` until it is lost or stopped.

aio-pika runs a consumer's callback as a task of its channel, and closing the channel, or the
connection, cancels it in the middle. So handlers run as tasks of the session, and the end goes in
steps: cancel the consumption, let handlers finish and acknowledge for as long as there is time,
then close the channel; what is not acknowledged then is delivered again.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from aio_pika.abc import AbstractChannel
from aiormq import abc as aiormq_abc
from aiormq.abc import DeliveredMessage
from pamqp.base import Frame

from leadwire_client.consumer._link import GONE, REFUSED, LostError, call, close_channel

log = logging.getLogger("leadwire_client.consumer")

_CANCEL_WITHIN: Final = 5.0

Work = Callable[[DeliveredMessage, "Session"], Awaitable[None]]


class Session:
    """A consumption on a channel of its own.

    Args:
        channel: An open channel that nobody else uses.
        queue: Name of the queue.
        prefetch: Most deliveries held unfinished.
        work: Called for each delivery; acknowledges it, or leaves it to come again.

    Attributes:
        ended: Set when the consumption is over, whoever ended it.
    """

    def __init__(self, *, channel: AbstractChannel, queue: str, prefetch: int, work: Work) -> None:
        self.ended = asyncio.Event()
        self._channel = channel
        self._queue = queue
        self._prefetch = prefetch
        self._work = work
        self._tag: str | None = None
        self._underlay: aiormq_abc.AbstractChannel | None = None
        self._handlers: set[asyncio.Task[None]] = set()
        self._last_busy = time.monotonic()

    async def open(self) -> None:
        """Begin to consume.

        Raises:
            LostError: The server does not answer.
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

    async def pause(self, seconds: float) -> bool:
        """Wait, but only while the session lasts; return whether it still does."""
        try:
            async with asyncio.timeout(max(seconds, 0.0)):
                await self.ended.wait()
        except TimeoutError:
            return True
        return False

    async def ack(self, delivered: DeliveredMessage) -> None:
        """Acknowledge; if the channel is gone the delivery simply comes again."""
        if self._underlay is None or delivered.delivery_tag is None:
            return
        try:
            await self._underlay.basic_ack(delivered.delivery_tag, wait=False)
        except GONE:
            log.info("acknowledgement_lost queue=%s", self._queue)

    async def close(self, deadline: float) -> None:
        """End it as the module's docstring says.

        Args:
            deadline: Seconds that handlers get to finish; then they are cancelled.
        """
        self.ended.set()
        await self._cancel()
        if self._handlers:
            _, late = await asyncio.wait(self._handlers, timeout=deadline)
            for handler in late:
                log.warning("handler_cancelled queue=%s", self._queue)
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
        except (LostError, *REFUSED):
            log.debug("cancel_failed queue=%s", self._queue)

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
            log.exception("delivery_failed queue=%s", self._queue)
            self.ended.set()

    async def _cancelled_by_server(self, _: Frame) -> None:
        self._tag = None
        self.ended.set()
