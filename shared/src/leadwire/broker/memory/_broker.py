"""The client of a hub."""

import asyncio
from collections.abc import Sequence
from typing import Self
from urllib.parse import urlsplit

from leadwire.broker.errors import BrokerConfigurationError, BrokerUnavailableError
from leadwire.broker.memory._hub import MemoryHub
from leadwire.broker.port import (
    Accepted,
    Capabilities,
    Consumer,
    Handler,
    Message,
    Outcome,
    ParkingLot,
    Subscription,
    Unknown,
    Unroutable,
)
from leadwire.broker.pull import PullConsumer


class MemoryBroker:
    """A client of a `MemoryHub`; see `leadwire.broker.Broker`.

    Args:
        hub: What the client is connected to.
        name: Name of the client.
        publish_timeout: Seconds that `publish` waits for a hub that is blocked.
    """

    def __init__(self, *, hub: MemoryHub, name: str, publish_timeout: float = 1.0) -> None:
        self._hub = hub
        self._name = name
        self._publish_timeout = publish_timeout
        self._is_open = False
        self._consumers: set[PullConsumer] = set()

    @classmethod
    def from_url(cls, url: str, *, name: str) -> Self:
        """Prepare a client of the hub that the URL names, which is made if need be."""
        parts = urlsplit(url)
        if parts.scheme != "memory" or not parts.netloc:
            raise BrokerConfigurationError("a memory broker's URL looks like memory://name")
        return cls(hub=MemoryHub.named(parts.netloc), name=name)

    @property
    def capabilities(self) -> Capabilities:
        """Nothing outlives the process; the rest is as with the real brokers."""
        return Capabilities(
            durable=False, per_key_order=False, native_delay=True, detects_unroutable=True
        )

    async def start(self) -> None:
        """Connect.

        Raises:
            BrokerUnavailableError: The hub is down.
        """
        self._hub.answer()
        self._is_open = True

    async def stop(self) -> None:
        """Stop every consumer and disconnect; twice is harmless."""
        await asyncio.gather(*(consumer.stop() for consumer in self._consumers))
        self._is_open = False

    def abort(self) -> None:
        """Vanish without a goodbye, as a process that is killed does."""
        self._is_open = False
        for consumer in self._consumers:
            consumer.abort()

    async def declare(self, subscriptions: Sequence[Subscription]) -> None:
        """Create or update the subscriptions.

        Raises:
            TopologyConflictError: One exists and is ordered, or not, other than wanted.
        """
        await self.check()
        self._hub.declare(subscriptions)

    async def missing(self, subscriptions: Sequence[Subscription]) -> list[str]:
        """Name the subscriptions that are not there as wanted."""
        await self.check()
        return self._hub.missing(subscriptions)

    async def mark(self, mark: str) -> None:
        """Leave a mark at the hub."""
        await self.check()
        self._hub.marks.add(mark)

    async def is_marked(self, mark: str) -> bool:
        """Tell whether the hub has a mark."""
        await self.check()
        return mark in self._hub.marks

    async def publish(
        self, batch: Sequence[Message], *, only: str | None = None
    ) -> Sequence[Outcome]:
        """Publish a batch; see `leadwire.broker.Broker.publish`."""
        await asyncio.sleep(0)  # a real broker lets others run meanwhile, too
        try:
            epoch = self._checked().epoch
            routed = self._hub.store(batch, only=only)
            await self._confirmed(epoch)
        except (BrokerUnavailableError, TimeoutError) as error:
            return [Unknown(str(error) or "the hub did not confirm in time")] * len(batch)
        return [Accepted() if is_routed else Unroutable() for is_routed in routed]

    async def subscribe(
        self, subscription: Subscription, handler: Handler, *, parking: ParkingLot
    ) -> Consumer:
        """Start to consume; see `leadwire.broker.Broker.subscribe`.

        Raises:
            BrokerConfigurationError: The subscription was not declared.
        """
        if missing := await self.missing([subscription]):
            raise BrokerConfigurationError(f"declare first: {', '.join(missing)}")
        consumer = PullConsumer(
            subscription=subscription,
            handler=handler,
            parking=parking,
            open_session=self._hub.opener(subscription),
            on_stopped=self._consumers.discard,
        )
        self._consumers.add(consumer)
        consumer.start()
        return consumer

    async def waiting(self, subscription: str, *, up_to: int) -> int:
        """Count the messages that wait; see `leadwire.broker.Broker.waiting`."""
        await self.check()
        return min(up_to, self._hub.waiting(subscription))

    async def check(self) -> None:
        """Prove that the hub answers now.

        Raises:
            BrokerUnavailableError: It does not, or the client is not started.
        """
        await asyncio.sleep(0)
        self._checked().answer()

    def _checked(self) -> MemoryHub:
        if not self._is_open:
            raise BrokerUnavailableError(f"the client {self._name} is not started")
        return self._hub

    async def _confirmed(self, epoch: int) -> None:
        """Wait for the confirmation, which a blocked hub holds back."""
        async with asyncio.timeout(self._publish_timeout):
            with self._hub.watched() as changed:
                while self._hub.is_blocked:
                    await changed.wait()
                    changed.clear()
        if self._hub.epoch != epoch:
            raise BrokerUnavailableError("the hub went down before it confirmed")
