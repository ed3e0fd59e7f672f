"""What was set aside: look at it, have it handled again, or drop it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

import aiormq
from aiormq.abc import AbstractChannel, DeliveredMessage

from leadwire_client.consumer._link import REFUSED, Link, LostError, awaited, call, close_channel
from leadwire_client.consumer._returns import PARKED_AT, REASON, Returns, number
from leadwire_client.consumer.queues import Names
from leadwire_client.errors import ConsumerError, UnreadableEventError
from leadwire_client.events import Event, read_event

_ALL: Final = 0
"""As a delivery tag: whatever was delivered and not acknowledged."""

_TOO_LONG: Final = "the queue was too long, or a process vanished with it too often"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEvent:
    """An event that was set aside.

    Attributes:
        message_id: The event's id, if it has one.
        event: None if it cannot be read.
        parked_at: None if the server itself set it aside.
        body: As published: it may hold personal data.
    """

    message_id: str
    event: Event | None
    reason: str
    parked_at: datetime | None
    body: bytes


Choose = Callable[[ParkedEvent], bool]
Leaves = Callable[[ParkedEvent, DeliveredMessage], Awaitable[bool]]


class ParkedEvents:
    """The parked events of a consumer; used as an async context manager.

    Args:
        url: Address of RabbitMQ, as the consumer has it.
        queue: Name of the consumer's queue.
    """

    def __init__(self, url: str, *, queue: str) -> None:
        self._names = Names(queue)
        self._link = Link(url=url, name=f"{queue} (parked)")
        self._returns = Returns(link=self._link, names=self._names)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._returns.close()
        await self._link.close()

    async def show(self, *, limit: int = 100) -> list[ParkedEvent]:
        """Give what is parked, oldest first, and leave it there.

        Raises:
            ConsumerError: RabbitMQ is away, or the consumer has never run.
        """
        shown: list[ParkedEvent] = []

        async def look(parked: ParkedEvent, _: DeliveredMessage) -> bool:
            shown.append(parked)
            return False

        await self._walk(look, limit=limit)
        return shown

    async def requeue(self, choose: Choose = lambda _: True) -> int:
        """Have events handled again, from the first attempt; give how many.

        Raises:
            ConsumerError: RabbitMQ is away, or the consumer has never run. What was not moved
                yet is still parked.
        """

        async def move(parked: ParkedEvent, delivered: DeliveredMessage) -> bool:
            if not choose(parked):
                return False
            if not await self._returns.send(delivered, to=self._names.queue, headers={}):
                raise ConsumerError(f"the queue {self._names.queue} did not take an event")
            return True

        return await self._walk(move)

    async def discard(self, choose: Choose) -> int:
        """Drop events; give how many.

        Raises:
            ConsumerError: RabbitMQ is away, or the consumer has never run.
        """

        async def drop(parked: ParkedEvent, _: DeliveredMessage) -> bool:
            return choose(parked)

        return await self._walk(drop)

    async def _walk(self, leaves: Leaves, *, limit: int | None = None) -> int:
        """Take out each message that is there now and is to leave; return how many.

        The others are held until the end, so that none comes twice.
        """
        try:
            channel = await self._link.channel()
            try:
                return await self._walk_on(await channel.get_underlay_channel(), leaves, limit)
            finally:
                await close_channel(channel)
        except aiormq.exceptions.ChannelNotFoundEntity as error:
            raise ConsumerError(f"there is no queue {self._names.parked}") from error
        except (LostError, *REFUSED) as error:
            raise ConsumerError(f"RabbitMQ: {error}") from error

    async def _walk_on(self, channel: AbstractChannel, leaves: Leaves, limit: int | None) -> int:
        taken = left = 0
        there = 1
        while taken < there and taken != limit:
            answer = await call(channel.basic_get(self._names.parked))
            if answer.delivery_tag is None:
                break  # there is none, or somebody else took it
            if taken == 0:
                # Not by declaring the queue: that does not count what was given back just now.
                there += answer.message_count or 0
            taken += 1
            if await leaves(_read(answer), answer):
                await call(awaited(channel.basic_ack(answer.delivery_tag)))
                left += 1
        # By a word, which goes before whatever is asked next. The server gives back what a closed
        # channel held as well, but only later.
        await call(awaited(channel.basic_nack(_ALL, multiple=True)))
        return left


def _read(delivered: DeliveredMessage) -> ParkedEvent:
    properties = delivered.header.properties
    try:
        event = read_event(delivered.body)
    except UnreadableEventError:
        event = None
    reason = (properties.headers or {}).get(REASON)
    at = number(delivered, PARKED_AT)
    return ParkedEvent(
        message_id=event.id if event is not None else properties.message_id or "",
        event=event,
        reason=reason if isinstance(reason, str) else _TOO_LONG,
        parked_at=datetime.fromtimestamp(at / 1000, UTC) if at else None,
        body=delivered.body,
    )
