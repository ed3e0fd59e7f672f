"""Make on the server what `queues` describes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import aiormq
from aiormq.abc import AbstractChannel

from leadwire_client.consumer._link import REFUSED, Link, LostError, call, close_channel
from leadwire_client.consumer.queues import DIRECTED, EVENTS, Arguments, Limits, Names, queues
from leadwire_client.errors import ConsumerError

Request = Callable[[AbstractChannel], Awaitable[object]]


class Declaration:
    """Declares what a consumer needs; what exists and fits is left alone.

    Args:
        link: The connection for consuming.
        names: Names of everything.
        types: Types of events, as routing keys.
        limits: See there.
        delays: Of the queues for retries, in seconds.
    """

    def __init__(
        self,
        *,
        link: Link,
        names: Names,
        types: Sequence[str],
        limits: Limits,
        delays: Sequence[float],
    ) -> None:
        self._link = link
        self._names = names
        self._types = types
        self._queues: Mapping[str, Arguments] = queues(names, limits=limits, delays=delays)

    async def was_queue_deleted(self) -> bool:
        """Tell whether the queue is gone, by its expiry or by hand: what is parked never expires.

        Raises:
            ConsumerError: The server refuses to say.
            LostError: The server does not answer.
        """
        return not await self._exists(self._names.queue) and await self._exists(self._names.parked)

    async def declare(self) -> None:
        """Make what is not there.

        Raises:
            ConsumerError: Something exists with other arguments, or may not be made.
            LostError: The server does not answer, or Leadwire's exchange is not there yet.
        """
        try:
            await self._ask(self._make)
        except aiormq.exceptions.ChannelPreconditionFailed as error:
            raise ConsumerError(
                f"a queue exists with other arguments, which never change: {error}. Take another "
                "name for the queue, or the arguments that it has"
            ) from error
        except aiormq.exceptions.ChannelNotFoundEntity as error:
            raise LostError(f"Leadwire is not set up in this virtual host yet: {error}") from error
        except REFUSED as error:
            raise ConsumerError(f"RabbitMQ refused to make {self._names.queue}: {error}") from error

    async def _exists(self, queue: str) -> bool:
        try:
            await self._ask(lambda channel: channel.queue_declare(queue, passive=True))
        except aiormq.exceptions.ChannelNotFoundEntity:
            return False
        except REFUSED as error:
            raise ConsumerError(f"RabbitMQ refused to look for {queue}: {error}") from error
        return True

    async def _make(self, channel: AbstractChannel) -> None:
        names = self._names
        await channel.exchange_declare(names.returns, exchange_type="direct", durable=True)
        for queue, arguments in self._queues.items():
            await channel.queue_declare(queue, durable=True, arguments=dict(arguments))
            await channel.queue_bind(queue, names.returns, routing_key=queue)
        for event_type in self._types:
            await channel.queue_bind(names.queue, EVENTS, routing_key=event_type)
        await channel.queue_bind(names.queue, DIRECTED, routing_key=names.queue)

    async def _ask(self, request: Request) -> None:
        """Send requests on a channel of their own: a refused one costs the channel."""
        channel = await self._link.channel()
        try:
            underlay = await channel.get_underlay_channel()

            async def answered() -> None:
                await request(underlay)

            await call(answered())
        finally:
            await close_channel(channel)
