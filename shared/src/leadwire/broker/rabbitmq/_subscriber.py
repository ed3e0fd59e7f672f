"""What becomes of each delivery of a subscription.

A failed delivery of an unordered subscription goes to a delay queue, from which the
broker itself brings it back; so it holds nobody up. The copy is confirmed before the
original is acknowledged: between the two there may be two of them, never none.

An ordered subscription holds the failed delivery and waits in place; nothing behind it
is delivered. RabbitMQ closes the channel of a consumer that holds a delivery for half an
hour, so after ten minutes it is given back to its place, and comes again at once; what
was tried until then is remembered here. After a crash it is tried anew from the first
attempt, as often as the delivery limit allows.

A consumer that crashes acknowledges nothing, and the same delivery comes again to crash
the next one. Past the delivery limit the broker moves it to the dead-letter queue, which
every consumer of the subscription drains into its parking lot.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from aiormq.abc import DeliveredMessage
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, wait_random_exponential

from leadwire.broker.attempts import Settlement, TryAgain, settle
from leadwire.broker.port import (
    Accepted,
    Delivery,
    Handler,
    Outcome,
    Park,
    ParkingLot,
    Subscription,
    Unknown,
    Unroutable,
    Verdict,
)
from leadwire.broker.rabbitmq import _wire
from leadwire.broker.rabbitmq._consumer import QueueConsumer
from leadwire.broker.rabbitmq._link import Link
from leadwire.broker.rabbitmq._publisher import Publisher
from leadwire.broker.rabbitmq._session import Session
from leadwire.broker.rabbitmq._topology import Names, step_for
from leadwire.broker.rabbitmq._wire import Outgoing

log = structlog.get_logger(__name__)

_HOLD: Final = 600.0
"""Seconds for which a delivery is held between attempts; see the module's docstring."""

_DEAD_PREFETCH: Final = 4


@dataclass(frozen=True, slots=True)
class _Standing:
    """How far an ordered delivery has got: its next attempt, and when that is due."""

    delivery: Delivery
    due: float


class SubscriptionConsumer:
    """A running consumer of one subscription and of its dead-letter queue.

    Args:
        names: Names of everything.
        subscription: A declared subscription.
        handler: Called for each delivery.
        parking: Where deliveries are set aside.
        link: The connection for consuming.
        publisher: Sends failed deliveries to their delay queue.
        renew_after: Seconds of silence after which a consumption is begun again.
        on_stopped: Called when it was stopped.
    """

    def __init__(
        self,
        *,
        names: Names,
        subscription: Subscription,
        handler: Handler,
        parking: ParkingLot,
        link: Link,
        publisher: Publisher,
        renew_after: float,
        on_stopped: Callable[["SubscriptionConsumer"], None],
    ) -> None:
        self._names = names
        self._subscription = subscription
        self._handler = handler
        self._parking = parking
        self._publisher = publisher
        self._returns = names.returns(subscription.name)
        self._on_stopped = on_stopped
        self._standing: _Standing | None = None
        ordered = subscription.ordered
        self._main = QueueConsumer(
            link=link,
            queue=names.queue(subscription.name),
            prefetch=1 if ordered else subscription.prefetch,
            work=self._handle_in_place if ordered else self._handle,
            renew_after=renew_after,
            cancel_last=ordered,
        )
        self._dead = QueueConsumer(
            link=link,
            queue=names.dead(subscription.name),
            prefetch=_DEAD_PREFETCH,
            work=self._park,
            renew_after=renew_after,
        )

    async def start(self, *, within: float) -> None:
        """Begin to consume; return when it runs, or after a while also if it does not yet.

        Args:
            within: Seconds to wait for the first delivery to be possible.
        """
        await self._main.start()
        await self._dead.start()
        try:
            async with asyncio.timeout(within):
                await self._main.consuming.wait()
        except TimeoutError:
            log.error("consumer_waits", subscription=self._subscription.name)

    async def stop(self, deadline: float = 10.0) -> None:
        """Take no further delivery and let running handlers finish; see the port."""
        await asyncio.gather(self._main.stop(deadline), self._dead.stop(deadline))
        self._on_stopped(self)

    async def wait(self) -> None:
        """Return once stopped; raise what ended the consumer otherwise."""
        await asyncio.gather(self._main.wait(), self._dead.wait())

    async def _handle(self, delivered: DeliveredMessage, session: Session) -> None:
        delivery = self._read(delivered)
        due = _wire.due_at(delivered, returns=self._returns)
        if (early := due - time.time()) > 0:
            # Its delay is longer than the longest step: round again, uncounted.
            await self._delay(delivered, session, delivery, delay=early)
            return
        settlement = await self._settle(delivery)
        if isinstance(settlement, TryAgain):
            later = delivery.again(is_excused=settlement.excused)
            await self._delay(delivered, session, later, delay=settlement.delay)
        else:
            await session.ack(delivered)

    async def _delay(
        self, delivered: DeliveredMessage, session: Session, later: Delivery, *, delay: float
    ) -> None:
        """Send a copy to the delay queue, and acknowledge once it is confirmed.

        If there is no such queue the copy waits here, and goes back to the end of its queue. If
        not even that can be reached, the delivery goes back to its place, uncounted.
        """
        step = step_for(self._subscription, delay)
        queue = self._names.delay(self._subscription.name, step)
        due = time.time() + delay if delay > step / 1000 else None
        again = partial(_wire.again, later, returns=self._returns, due=due)
        outcome = await self._publish(again(queue=queue), session)
        if isinstance(outcome, Unroutable):
            log.error("delay_queue_missing", queue=queue)
            if not await session.pause(min(delay, _HOLD)):
                return
            main = self._names.queue(self._subscription.name)
            outcome = await self._publish(again(queue=main), session)
        if isinstance(outcome, Accepted):
            await session.ack(delivered)
        elif isinstance(outcome, Unroutable):
            await session.requeue(delivered)

    async def _publish(self, copy: Outgoing, session: Session) -> Outcome:
        """Publish until the broker has answered, or the session is over.

        While the broker is blocked or away, the original is held unacknowledged; so no
        more than the prefetch bound waits here.
        """

        async def attempt() -> Outcome:
            [outcome] = await self._publisher.publish([copy])
            return outcome

        async def pause(seconds: float) -> None:
            await session.pause(seconds)

        return await AsyncRetrying(
            retry=retry_if_result(lambda outcome: not isinstance(outcome, Accepted | Unroutable)),
            stop=lambda _: session.ended.is_set(),
            wait=wait_random_exponential(multiplier=0.5, max=10.0),
            sleep=pause,
            retry_error_callback=_last_outcome,
        )(attempt)

    async def _handle_in_place(self, delivered: DeliveredMessage, session: Session) -> None:
        delivery = self._read(delivered)
        now = time.monotonic()
        standing = self._standing_of(delivery, now)
        give_back_at = now + _HOLD
        while True:
            # Remembered from here on: a lost channel does not lose the count.
            self._standing = standing
            if not await session.pause(min(standing.due, give_back_at) - time.monotonic()):
                return
            if standing.due > give_back_at:
                await session.requeue(delivered)
                return
            settlement = await self._settle(standing.delivery)
            if not isinstance(settlement, TryAgain):
                self._standing = None
                await session.ack(delivered)
                return
            later = standing.delivery.again(is_excused=settlement.excused)
            standing = _Standing(later, time.monotonic() + settlement.delay)

    def _standing_of(self, delivery: Delivery, now: float) -> _Standing:
        known = self._standing
        if known is not None and known.delivery.message.id == delivery.message.id:
            return known
        return _Standing(delivery, now)

    async def _park(self, delivered: DeliveredMessage, session: Session) -> None:
        delivery = self._read(delivered)
        reason = "consumers crashed while they handled it, until the delivery limit was reached"

        async def hopeless(_: Delivery) -> Verdict:
            return Park(reason)

        while True:
            settlement = await settle(
                delivery, hopeless, subscription=self._subscription, parking=self._parking
            )
            if not isinstance(settlement, TryAgain):
                await session.ack(delivered)
                return
            if not await session.pause(min(settlement.delay, _HOLD)):
                return

    async def _settle(self, delivery: Delivery) -> Settlement:
        return await settle(
            delivery, self._handler, subscription=self._subscription, parking=self._parking
        )

    def _read(self, delivered: DeliveredMessage) -> Delivery:
        return _wire.read(delivered, subscription=self._subscription.name, returns=self._returns)


def _last_outcome(state: RetryCallState) -> Outcome:
    if state.outcome is None:
        return Unknown("not published")
    outcome: Outcome = state.outcome.result()
    return outcome
