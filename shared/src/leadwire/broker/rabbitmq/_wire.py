"""Messages as AMQP properties and back.

What the broker and this transport add to a message's headers is taken off again before
a handler sees it, so headers arrive exactly as they were published. A message that the
server would answer by closing the channel, or even the connection, is refused here: it
would take every other message in flight with it.

What others publish may lack what is asked of our own messages, and bear headers that look like
ours. It is read so that it can be sent again, to be retried, requeued or replayed; and what
our headers say counts only where they came back from a queue of ours.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic
from pamqp.common import FieldTable

from leadwire.broker.port import Delivery, Message

ATTEMPT: Final = "x-leadwire-attempt"
EXCUSED: Final = "x-leadwire-excused"
"""Header of our own with the attempt's number: the broker's `x-delivery-count` starts
anew with every message that goes through a delay queue."""

DUE: Final = "x-leadwire-due"
"""Header of our own: not to be handled before this time, milliseconds since the epoch."""

_PERSISTENT: Final = 2
_OWN_PREFIX: Final = "x-leadwire-"
_BROKERS: Final = frozenset(
    (
        "x-death",
        "x-first-death-exchange",
        "x-first-death-queue",
        "x-first-death-reason",
        "x-last-death-exchange",
        "x-last-death-queue",
        "x-last-death-reason",
        "x-delivery-count",
        "x-acquired-count",
        # Routing instructions to RabbitMQ: BCC would be removed, CC delivered elsewhere.
        "CC",
        "BCC",
    )
)

_DEAD_LETTERED: Final = ""
"""The exchange by which delay and dead-letter queues are given what they hold, and give it back."""

_MOST_ATTEMPTS: Final = 1_000_000
"""A number that everybody who keeps it has room for."""

_UNTOLD_TYPE: Final = "unknown"
_UNTOLD_CONTENT: Final = "application/octet-stream"

_MAX_SHORT: Final = 255
_MAX_HEADER_NAME: Final = 128
# All properties travel in one frame, of at most 128 KiB by RabbitMQ's default.
_MAX_HEADERS: Final = 100 * 1024


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message with its way: what is handed to the channel."""

    exchange: str
    routing_key: str
    body: bytes
    properties: Basic.Properties


def refusal(message: Message) -> str | None:
    """Say why the message can never be sent, or None if it can."""
    try:
        for what, text in (
            ("id", message.id),
            ("type", message.type),
            ("content type", message.content_type),
        ):
            if not 0 < len(text.encode()) <= _MAX_SHORT:
                return f"the {what} must have 1 to {_MAX_SHORT} bytes"
        return _headers_refusal(message)
    except UnicodeEncodeError:
        return "a text cannot be encoded as UTF-8"


def _headers_refusal(message: Message) -> str | None:
    size = 0
    for name, value in message.headers.items():
        length = len(name.encode())
        if not 0 < length <= _MAX_HEADER_NAME:
            return f"a header's name must have 1 to {_MAX_HEADER_NAME} bytes"
        if name in _BROKERS or name.startswith(_OWN_PREFIX):
            return f"the header {name!r} is reserved"
        size += length + len(value.encode()) + 6
    return None if size <= _MAX_HEADERS else f"the headers exceed {_MAX_HEADERS} bytes"


def outgoing(message: Message, *, exchange: str, routing_key: str) -> Outgoing:
    """Return the message as it is sent; `refusal` has nothing against it."""
    return Outgoing(
        exchange,
        routing_key,
        message.body,
        Basic.Properties(
            message_id=message.id,
            message_type=message.type,
            content_type=message.content_type,
            delivery_mode=_PERSISTENT,
            headers=dict(message.headers),
        ),
    )


def again(delivery: Delivery, *, returns: str, queue: str, due: float | None) -> Outgoing:
    """Return the delivery's message as it is sent to a delay queue.

    Args:
        delivery: As it is to come after the delay.
        returns: The subscription's own exchange.
        queue: The delay queue.
        due: Seconds since the epoch before which it is not to be handled, or None if
            the delay queue takes care of that alone.
    """
    # Of the old headers only the message's own: with the broker's `x-death` from the
    # round before, RabbitMQ could take the next round for a cycle and drop the message.
    sent = outgoing(delivery.message, exchange=returns, routing_key=queue)
    counts: FieldTable = {ATTEMPT: delivery.attempt, EXCUSED: delivery.excused}
    headers: FieldTable = {**delivery.message.headers, **counts}
    if due is not None:
        headers[DUE] = round(due * 1000)
    sent.properties.headers = headers
    return sent


def read(delivered: DeliveredMessage, *, subscription: str, returns: str) -> Delivery:
    """Return what was delivered, also if somebody else published it without our care.

    Args:
        delivered: As it came.
        subscription: Whose it is.
        returns: The subscription's own exchange.
    """
    properties = delivered.header.properties
    headers = properties.headers or {}
    message = Message(
        id=properties.message_id or _made_up_id(delivered.body),
        # The routing key is the type only on the first way; later it names a queue.
        type=properties.message_type or delivered.routing_key or _UNTOLD_TYPE,
        body=delivered.body,
        headers={
            name: value
            for name, value in headers.items()
            if isinstance(value, str) and _is_publishers(name)
        },
        content_type=properties.content_type or _UNTOLD_CONTENT,
    )
    # Not with the broker's `x-delivery-count`: it counts lost consumers, not failed attempts.
    attempt = min(max(_own_number(delivered, ATTEMPT, returns), 1), _MOST_ATTEMPTS)
    excused = min(max(_own_number(delivered, EXCUSED, returns), 0), attempt - 1)
    return Delivery(message=message, subscription=subscription, attempt=attempt, excused=excused)


def due_at(delivered: DeliveredMessage, *, returns: str) -> float:
    """Return the time before which it is not to be handled, in seconds since the epoch."""
    return _own_number(delivered, DUE, returns) / 1000


def _own_number(delivered: DeliveredMessage, header: str, returns: str) -> int:
    if delivered.exchange not in (_DEAD_LETTERED, returns):
        return 0  # a publisher's: it would be parked at its first failure, or never be due
    value = (delivered.header.properties.headers or {}).get(header)
    return value if isinstance(value, int) else 0


def _is_publishers(name: str) -> bool:
    """Tell whether a header is the publisher's, and can be sent again."""
    return (
        0 < len(name.encode()) <= _MAX_HEADER_NAME
        and name not in _BROKERS
        and not name.startswith(_OWN_PREFIX)
    )


def _made_up_id(body: bytes) -> str:
    # The same for every delivery of the message, so that an inbox still works.
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
