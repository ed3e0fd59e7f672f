"""Keep a queue being consumed, whatever the server does meanwhile.

A server does not always say that a consumption is over. When a queue is deleted and made again,
RabbitMQ 3.10 may keep the consumer and forget to deliver to it. No question that a client can ask
tells such a consumption from one that has nothing to do; so one that has been silent for a while
is ended and begun again, which costs a few milliseconds.
"""

import asyncio
import logging
from typing import Final, Generic, TypeVar

from aiormq.abc import DeliveredMessage
from pamqp.common import FieldTable

from leadwire_client._core.retries import Backoff
from leadwire_client.consumer._declaration import Declaration
from leadwire_client.consumer._link import REFUSED, Link, LostError, close_channel
from leadwire_client.consumer._returns import ATTEMPT, AWAY, Returns, number, parked_now
from leadwire_client.consumer._session import Session
from leadwire_client.consumer.dispatch import Again, Delivery, Dispatcher, Done, SetAside
from leadwire_client.consumer.metrics import Metrics
from leadwire_client.consumer.queues import Names
from leadwire_client.errors import ConsumerError

log = logging.getLogger("leadwire_client.consumer")

C = TypeVar("C")

_DRAIN_WITHIN: Final = 10.0
"""Seconds that handlers get when their channel was lost, before consumption begins again: so no
more than the prefetch is ever handled at a time."""


class Consumption(Generic[C]):
    """Opens a session on the queue, and the next one when it has ended.

    Args:
        link: The connection for consuming.
        names: Names of everything.
        declaration: Makes what is missing, before each session.
        dispatcher: Says what becomes of each delivery.
        returns: Sends deliveries to the other queues.
        prefetch: Most deliveries held unfinished.
        backoff: Waits between attempts.
        renew_after: Seconds of silence after which a session is begun again.
        metrics: Told whether there is a session.

    Attributes:
        started: Set once the first session is open.
    """

    def __init__(  # noqa: PLR0913 - it wires, and each has one purpose
        self,
        *,
        link: Link,
        names: Names,
        declaration: Declaration,
        dispatcher: Dispatcher[C],
        returns: Returns,
        prefetch: int,
        backoff: Backoff,
        renew_after: float,
        metrics: Metrics,
    ) -> None:
        self.started = asyncio.Event()
        self._link = link
        self._names = names
        self._declaration = declaration
        self._dispatcher = dispatcher
        self._returns = returns
        self._prefetch = prefetch
        self._backoff = backoff
        self._renew_after = renew_after
        self._metrics = metrics
        self._session: Session | None = None

    async def close(self, deadline: float) -> None:
        """Take nothing more and let handlers finish; `run` has been cancelled before.

        Args:
            deadline: Seconds that handlers get; then they are cancelled.
        """
        if self._session is not None:
            await self._session.close(deadline)
        self._metrics.connected(is_up=False)

    async def run(self) -> None:
        """Consume until cancelled.

        Raises:
            ConsumerError: Before the first session: the server refuses what is asked.
        """
        while True:
            session = await self._open()
            self._session = session
            self.started.set()
            while (left := self._renew_after - session.silence) > 0:
                if not await session.pause(left):
                    log.warning("consumer_interrupted queue=%s", self._names.queue)
                    self._metrics.connected(is_up=False)
                    break
            await session.close(_DRAIN_WITHIN)
            await asyncio.sleep(self._backoff.delay(1) / 4)

    async def _open(self) -> Session:
        failures = 0
        while True:
            try:
                session = await self._begin()
            except (LostError, ConsumerError, *REFUSED) as error:
                if isinstance(error, ConsumerError) and not self.started.is_set():
                    raise  # as it is set up; later, somebody may be mending the server
                failures += 1
                log.warning("consumer_waits queue=%s %s", self._names.queue, error)
                await asyncio.sleep(self._backoff.delay(failures))
            else:
                self._metrics.connected(is_up=True)
                return session

    async def _begin(self) -> Session:
        if await self._declaration.was_queue_deleted():
            # Whoever deleted it took what it held, and nobody kept what came since.
            log.error("queue_was_deleted queue=%s: replay what was missed", self._names.queue)
        await self._declaration.declare()
        channel = await self._link.channel()
        session = Session(
            channel=channel, queue=self._names.queue, prefetch=self._prefetch, work=self._handle
        )
        try:
            await session.open()
        except BaseException:
            await close_channel(channel)
            raise
        return session

    async def _handle(self, delivered: DeliveredMessage, session: Session) -> None:
        delivery = Delivery(
            body=delivered.body,
            attempt=max(number(delivered, ATTEMPT), 1),
            away=number(delivered, AWAY),
            crashes=number(delivered, "x-delivery-count"),
        )
        match await self._dispatcher.settle(delivery):
            case Done():
                await session.ack(delivered)
            case Again(delay=delay, attempt=attempt, away=away):
                headers: FieldTable = {ATTEMPT: attempt, AWAY: away}
                await self._move(delivered, session, to=self._names.retry(delay), headers=headers)
            case SetAside(reason=reason):
                headers = parked_now(reason)
                await self._move(delivered, session, to=self._names.parked, headers=headers)

    async def _move(
        self, delivered: DeliveredMessage, session: Session, *, to: str, headers: FieldTable
    ) -> None:
        """Acknowledge once another queue has a copy: between the two are two of them, never none.

        Until it has, the original is held; so no more than the prefetch waits here.
        """
        failures = 0
        while not await self._returns.send(delivered, to=to, headers=headers):
            failures += 1
            log.warning("copy_not_taken queue=%s to=%s", self._names.queue, to)
            if not await session.pause(self._backoff.delay(failures)):
                return
            await self._mend()
        await session.ack(delivered)

    async def _mend(self) -> None:
        """Make again what somebody may have deleted."""
        try:
            await self._declaration.declare()
        except (LostError, ConsumerError) as error:
            log.warning("queues_not_made queue=%s %s", self._names.queue, error)
