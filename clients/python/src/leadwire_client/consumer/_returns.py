"""Send a delivery on to another of the consumer's queues, and know that it is there."""

import asyncio
import time
from typing import Final

import aiormq
from aio_pika.abc import AbstractChannel
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic
from pamqp.common import FieldTable

from leadwire_client.consumer._link import REFUSED, Link, LostError, call, close_channel
from leadwire_client.consumer.queues import Names

ATTEMPT: Final = "x-leadwire-attempt"
"""Number of the attempt: the server's `x-delivery-count` starts anew with every copy."""

AWAY: Final = "x-leadwire-away"
"""How many attempts there were before it at which the consumer's database was away."""

REASON: Final = "x-leadwire-parked-reason"
PARKED_AT: Final = "x-leadwire-parked-at"
"""Milliseconds since the epoch."""

_PASSED_ON: Final = ("ce-source", "traceparent", "tracestate")
_PERSISTENT: Final = 2


class Returns:
    """Publishes confirmed copies, one at a time, to the consumer's own exchange.

    Args:
        link: The connection for publishing.
        names: Names of everything.
    """

    def __init__(self, *, link: Link, names: Names) -> None:
        self._link = link
        self._names = names
        self._channel: AbstractChannel | None = None
        # aio-pika knows a returned message by its id alone, so no two are in flight at once.
        self._sending = asyncio.Lock()

    async def send(self, delivered: DeliveredMessage, *, to: str, headers: FieldTable) -> bool:
        """Publish a copy; return whether a queue holds it.

        False also if the server is away or refuses: the caller still has the original.
        """
        async with self._sending:
            try:
                await self._link.unblocked()
            except LostError:
                return False
            try:
                if self._channel is None or self._channel.is_closed:
                    self._channel = await self._link.channel()
                underlay = await self._channel.get_underlay_channel()
                answer = await call(
                    underlay.basic_publish(
                        delivered.body,
                        exchange=self._names.returns,
                        routing_key=to,
                        properties=_properties(delivered, headers),
                        mandatory=True,
                    )
                )
            except (LostError, *REFUSED):
                # A late answer could be taken for that of the next message.
                self._channel = None
                self._link.discard()
                return False
            except (aiormq.exceptions.PublishError, aiormq.exceptions.DeliveryError):
                return False
        return isinstance(answer, Basic.Ack)

    async def close(self) -> None:
        """Close the channel."""
        if self._channel is not None:
            await close_channel(self._channel)


def text_headers(delivered: DeliveredMessage) -> FieldTable:
    """Give the headers that a message was published with.

    Without the server's own: with an `x-death` of the round before, RabbitMQ could take the next
    round for a cycle and drop the message.
    """
    headers = delivered.header.properties.headers or {}
    return {name: headers[name] for name in _PASSED_ON if isinstance(headers.get(name), str)}


def number(delivered: DeliveredMessage, header: str) -> int:
    """Give a number that a header holds; 0 if there is none."""
    value = (delivered.header.properties.headers or {}).get(header)
    return value if isinstance(value, int) else 0


def parked_now(reason: str) -> FieldTable:
    """Give the headers that say why an event was set aside, and when."""
    return {REASON: reason, PARKED_AT: round(time.time() * 1000)}


def _properties(delivered: DeliveredMessage, headers: FieldTable) -> Basic.Properties:
    published = delivered.header.properties
    return Basic.Properties(
        message_id=published.message_id,
        message_type=published.message_type,
        content_type=published.content_type,
        delivery_mode=_PERSISTENT,
        headers={**text_headers(delivered), **headers},
    )
