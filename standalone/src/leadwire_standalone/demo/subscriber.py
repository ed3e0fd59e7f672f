"""Another team's service: its own connection, its own subscription, events only."""

import json
from typing import Any, Self

from leadwire.broker import Ack, Broker, Delivery, Subscription, Verdict, broker_from_url

SUBSCRIPTION = Subscription(name="demo-subscriber", types=("lead_interested_created",))


class Subscriber:
    """Collects the events that it receives, each once.

    Attributes:
        events: Events by their id, in the order of arrival.
        deliveries: How many deliveries there were, repeated ones included.
    """

    def __init__(self, *, broker_url: str) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.deliveries = 0
        self._broker: Broker = broker_from_url(broker_url, name=SUBSCRIPTION.name)

    async def __aenter__(self) -> Self:
        """Connect and subscribe."""
        await self._broker.start()
        await self._broker.declare([SUBSCRIPTION])
        await self._broker.subscribe(SUBSCRIPTION, self._receive, parking=self)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Disconnect."""
        await self._broker.stop()

    async def park(self, delivery: Delivery, reason: str) -> None:
        """Refuse: the demo has no place to park, and nothing that it should."""
        raise RuntimeError(f"the demo could not read event {delivery.message.id}: {reason}")

    async def _receive(self, delivery: Delivery) -> Verdict:
        event = json.loads(delivery.message.body)
        self.deliveries += 1
        self.events.setdefault(f"{event['source']} {event['id']}", event)
        return Ack()
