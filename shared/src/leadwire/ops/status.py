"""How a service stands: what waits to be published, to be handled, and for a decision."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

import structlog

from leadwire.broker import Broker, Subscription
from leadwire.outbox import Measurement, OutboxStore, ParkedStore

log = structlog.get_logger(__name__)

_T = TypeVar("_T")

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
        waiting = await self._waiting()
        return Status(
            service=self._service,
            at=datetime.now(UTC),
            outbox=await self._outbox.measure(),
            subscriptions=await self._joined(waiting),
            missing=None if waiting is None else await self._missing(),
        )

    async def subscriptions(self) -> Sequence[SubscriptionStatus]:
        """Measure what waits and what is parked; also of a subscription that is known no more."""
        return await self._joined(await self._waiting())

    async def _joined(self, waiting: Mapping[str, int] | None) -> Sequence[SubscriptionStatus]:
        at_the_broker, parked = waiting or {}, await self._parked.count()
        names = dict.fromkeys([*(each.name for each in self._subscriptions), *sorted(parked)])
        return [
            SubscriptionStatus(
                name=name, waiting=at_the_broker.get(name), parked=parked.get(name, 0)
            )
            for name in names
        ]

    async def _waiting(self) -> Mapping[str, int] | None:
        async def count() -> Mapping[str, int]:
            return {
                each.name: await self._broker.waiting(each.name, up_to=MOST_COUNTED)
                for each in self._subscriptions
            }

        return await _answered(count())

    async def _missing(self) -> Sequence[str] | None:
        return await _answered(self._broker.missing(self._subscriptions))


async def _answered(question: Awaitable[_T]) -> _T | None:
    """Give what the broker says; None if it does not, for whatever reason.

    Nothing hangs on it here: whether the service can go on is for its consumers to find out.
    """
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            return await question
    except Exception as error:  # noqa: BLE001  see above
        log.warning("broker_not_measured", error=type(error).__name__)
        return None
