"""Publish an event that nobody can read: each consumer has to set it aside, and go on."""

from typing import Final

import aio_pika
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

CONSUMERS: Final = ("manager_svc", "notifier_svc", "stream_svc")
"""Who receives it, and so has to set it aside."""

_TYPE: Final = "lead_updated"
_BODY: Final = b"{not JSON"


@retry(
    retry=retry_if_exception_type((aio_pika.exceptions.AMQPError, OSError)),
    stop=stop_after_delay(60),
    wait=wait_fixed(0.5),
    reraise=True,
)
async def publish_poison(url: str, event_id: str) -> None:
    """Publish it, again until the broker has taken it."""
    async with await aio_pika.connect(url, timeout=5) as connection:
        exchange = await (await connection.channel()).get_exchange("leadwire.events")
        message = aio_pika.Message(
            _BODY,
            message_id=event_id,
            type=_TYPE,
            content_type="application/cloudevents+json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        await exchange.publish(message, routing_key=_TYPE, timeout=10)
