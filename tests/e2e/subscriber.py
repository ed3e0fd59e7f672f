"""A service of another team: plain aio-pika, a durable queue of its own, no Leadwire code."""

import json
from collections import Counter
from typing import Any, Self

import aio_pika
from aio_pika.abc import AbstractIncomingMessage


class Subscriber:
    """Counts what arrives, and does its effect once per event.

    Attributes:
        deliveries: How often each event came, by (source, id).
        effects: The events, each once, in the order of first arrival.
    """

    def __init__(self, *, url: str, event_type: str) -> None:
        self.deliveries: Counter[tuple[str, str]] = Counter()
        self.effects: list[dict[str, Any]] = []
        self._url = url
        self._event_type = event_type
        self._connection: aio_pika.abc.AbstractRobustConnection | None = None

    async def __aenter__(self) -> Self:
        self._connection = await aio_pika.connect_robust(self._url, reconnect_interval=0.5)
        channel = await self._connection.channel()
        await channel.set_qos(prefetch_count=50)
        exchange = await channel.get_exchange("leadwire.events", ensure=True)
        queue = await channel.declare_queue(
            f"other-team.{self._event_type}", durable=True, arguments={"x-queue-type": "quorum"}
        )
        await queue.bind(exchange, routing_key=self._event_type)
        await queue.consume(self._receive)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._connection is not None:
            await self._connection.close()

    def leads(self) -> list[str]:
        """Return the ids of the leads that the effects are about."""
        return [event["data"]["lead"]["id"] for event in self.effects]

    async def _receive(self, message: AbstractIncomingMessage) -> None:
        async with message.process():
            event = json.loads(message.body)
            key = (event["source"], event["id"])
            self.deliveries[key] += 1
            if self.deliveries[key] == 1:
                self.effects.append(event)
