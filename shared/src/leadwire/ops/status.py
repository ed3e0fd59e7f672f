"""How a service stands: what waits to be published, to be handled, and for a decision."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from leadwire.broker import Broker, BrokerError, Subscription
from leadwire.outbox import Measurement, OutboxStore, ParkedStore

log = structlog.get_logger(__name__)

MOST_COUNTED: Final = 100_001
"""Most events that are counted of anything: it stands for that many or more."""

ANSWER_WITHIN: Final = 5.0
"""Seconds that the broker has; without it the rest is told all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionStatus:
    """How a subscription stands.

    Attributes:
        waiting: Events that no consumer holds yet; None if the broker does not answer, or the
            service knows the subscription no more.
        parked: Deliveries that are set aside.
    """

    name: str
    waiting: int | None
    parked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a service stands.

    Attributes:
        missing: What its subscriptions need and the broker lacks; None if that does not answer.
    """

    service: str
    at: datetime
    outbox: Measurement
    subscriptions: Sequence[SubscriptionStatus]
    missing: Sequence[str] | None


class StatusDesk:
    """Measures one service.

    Args:
        service: Its name.
        subscriptions: What it consumes.
        broker: Where events wait for it.
        outbox: Where its own wait.
        parked: What is set aside.
    """

    def __init__(
        self,
        *,
        service: str,
        subscriptions: Sequence[Subscription],
        broker: Broker,
        outbox: OutboxStore,
        parked: ParkedStore,
    ) -> None:
        self._service = service
        self._subscriptions = subscriptions
        self._broker = broker
        self._outbox = outbox
        self._parked = parked

    async def now(self) -> Status:
        """Measure all of it; the broker may be away."""
        waiting, missing = await self._at_the_broker()
        return Status(
            service=self._service,
            at=datetime.now(UTC),
            outbox=await self._outbox.measure(),
            subscriptions=await self.subscriptions(waiting),
            missing=missing,
        )

    async def waiting(self) -> dict[str, int]:
        """Count, by subscription, what waits to be handled.

        Raises:
            BrokerError: The broker does not answer.
            TimeoutError: Not in time.
        """
        async with asyncio.timeout(ANSWER_WITHIN):
            return {
                each.name: await self._broker.waiting(each.name, up_to=MOST_COUNTED)
                for each in self._subscriptions
            }

    async def subscriptions(self, waiting: dict[str, int]) -> Sequence[SubscriptionStatus]:
        """Join what waits with what is parked; also of a subscription that is known no more."""
        parked = await self._parked.count()
        names = dict.fromkeys([*(each.name for each in self._subscriptions), *sorted(parked)])
        return [
            SubscriptionStatus(name=name, waiting=waiting.get(name), parked=parked.get(name, 0))
            for name in names
        ]

    async def _at_the_broker(self) -> tuple[dict[str, int], Sequence[str] | None]:
        try:
            waiting = await self.waiting()
            async with asyncio.timeout(ANSWER_WITHIN):
                return waiting, await self._broker.missing(self._subscriptions)
        except (BrokerError, OSError) as error:
            log.warning("broker_not_measured", error=type(error).__name__)
            return {}, None
