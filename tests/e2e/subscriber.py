"""A service of another team: plain aio-pika, a durable queue of its own, no Leadwire code."""

import asyncio
import contextlib
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
        traceparents: The header of that name that each of them came with.
    """

    def __init__(self, *, url: str, event_type: str) -> None:
        self.deliveries: Counter[tuple[str, str]] = Counter()
        self.effects: list[dict[str, Any]] = []
        self.traceparents: list[object] = []
        self._url = url
        self._event_type = event_type
        self._subscribed = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self._run())
        async with asyncio.timeout(30):
            await self._subscribed.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def _run(self) -> None:
        """Consume, and begin again after every loss.

        Not by the client's own "robust" connection: its channel can stay closed for good
        when the server accepts connections before it is ready.
        """
        while True:
            with contextlib.suppress(aio_pika.exceptions.AMQPError, OSError):
                async with await aio_pika.connect(self._url, timeout=5) as connection:
                    await self._consume(connection)
            await asyncio.sleep(0.5)

    async def _consume(self, connection: aio_pika.abc.AbstractConnection) -> None:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=50)
        exchange = await channel.get_exchange("leadwire.events", ensure=True)
        queue = await channel.declare_queue(
            f"other-team.{self._event_type}", durable=True, arguments={"x-queue-type": "quorum"}
        )
        await queue.bind(exchange, routing_key=self._event_type)
        async with queue.iterator() as messages:
            self._subscribed.set()
            async for message in messages:
                await self._receive(message)

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
                self.traceparents.append(message.headers.get("traceparent"))
