"""Create the topology, and find out what of it is missing.

AMQP can declare bindings but neither list them nor ask for one. A probe message would
have to be routed, and then it lies in the queue of every subscriber of its type, other
teams' included. So `missing` knows of bindings in one of two ways:

1. With the management API (its URL set): it lists the bindings and compares. Exact.
2. Without: by binding markers. After a subscription's bindings are made, `declare` leaves two
   exchanges whose names contain a digest of the types that were bound. They delete
   themselves (auto-delete: with their last binding) together with the queue and with
   the exchange of events, which are the two ways in which bindings get lost as a side
   effect. So a passive check finds: a queue that was deleted and made anew by hand, an
   exchange of events that was deleted and made anew by another service, and a type that
   was added to a subscription without running `topology`. What it cannot find is a single
   binding that an operator removed with intent; only the first way can, and `missing`
   logs which way it went.
"""

from collections.abc import Awaitable, Callable, Sequence

import aio_pika
import aiormq
import structlog
from aiormq.abc import AbstractChannel
from pamqp.common import FieldTable

from leadwire.broker.errors import BrokerError, TopologyConflictError
from leadwire.broker.port import Subscription
from leadwire.broker.rabbitmq._link import REFUSED, Link, call, close_channel
from leadwire.broker.rabbitmq._management import Management
from leadwire.broker.rabbitmq._topology import Names, Queue, queues

log = structlog.get_logger(__name__)

Request = Callable[[AbstractChannel], Awaitable[object]]


class Declaration:
    """Declares and checks over a link of its own, which a refusal hurts nobody on.

    Args:
        link: A connection that nobody else uses.
        names: Names of everything.
        delivery_limit: See `leadwire.broker.port.DELIVERY_LIMIT`.
        management: The management API, if its URL is known.
    """

    def __init__(
        self, *, link: Link, names: Names, delivery_limit: int, management: Management | None
    ) -> None:
        self._link = link
        self._names = names
        self._delivery_limit = delivery_limit
        self._management = management
        self._channel: aio_pika.abc.AbstractChannel | None = None

    async def declare(self, subscriptions: Sequence[Subscription]) -> None:
        """Create what is not there.

        Raises:
            TopologyConflictError: Something exists with other properties.
            BrokerUnavailableError: The server does not answer.
        """
        events = self._names.events
        await self._require(
            events,
            lambda channel: channel.exchange_declare(events, exchange_type="topic", durable=True),
        )
        for subscription in subscriptions:
            for queue in self._queues(subscription):
                await self._require(queue.name, _declare_queue(queue))
            await self._bind(subscription)

    async def missing(self, subscriptions: Sequence[Subscription]) -> list[str]:
        """Name what is not there; see the module's docstring on bindings.

        Raises:
            BrokerUnavailableError: The server or its management API does not answer.
        """
        events = self._names.events
        found = [] if await self._has_exchange(events) else [f"exchange {events}"]
        for subscription in subscriptions:
            absent = [
                f"queue {queue.name}"
                for queue in self._queues(subscription)
                if not await self._has_queue(queue.name)
            ]
            found += [*absent, *await self._missing_bindings(subscription)]
        return found

    async def discard(self, subscriptions: Sequence[Subscription]) -> None:
        """Delete the subscriptions' queues and the exchange of events; markers go with them.

        Raises:
            BrokerUnavailableError: The server does not answer.
        """
        for subscription in subscriptions:
            for queue in self._queues(subscription):
                await self._require(queue.name, _delete_queue(queue.name))
        events = self._names.events
        await self._require(events, lambda channel: channel.exchange_delete(events))

    def _queues(self, subscription: Subscription) -> Sequence[Queue]:
        return queues(self._names, subscription, delivery_limit=self._delivery_limit)

    async def _bind(self, subscription: Subscription) -> None:
        events, queue = self._names.events, self._names.queue(subscription.name)
        for event_type in subscription.types:
            await self._require(queue, _bind_queue(queue, events, event_type))
        # The markers come last: they say that all bindings were made.
        lost_with_queue = self._names.queue_marker(subscription)
        await self._require(lost_with_queue, _declare_marker(lost_with_queue))
        await self._require(lost_with_queue, _bind_queue(queue, lost_with_queue, ""))
        lost_with_events = self._names.events_marker(subscription)
        await self._require(lost_with_events, _declare_marker(lost_with_events))
        await self._require(
            lost_with_events,
            lambda channel: channel.exchange_bind(destination=events, source=lost_with_events),
        )

    async def _missing_bindings(self, subscription: Subscription) -> list[str]:
        queue = self._names.queue(subscription.name)
        if self._management is not None:
            there = await self._management.binding_keys(exchange=self._names.events, queue=queue)
            log.debug("bindings_checked", queue=queue, by="management")
            return [f"binding {key} of {queue}" for key in subscription.types if key not in there]
        markers = (
            self._names.queue_marker(subscription),
            self._names.events_marker(subscription),
        )
        complete = all([await self._has_exchange(marker) for marker in markers])
        log.debug("bindings_checked", queue=queue, by="markers")
        return [] if complete else [f"bindings {', '.join(subscription.types)} of {queue}"]

    async def _has_exchange(self, name: str) -> bool:
        return await self._has(lambda channel: channel.exchange_declare(name, passive=True))

    async def _has_queue(self, name: str) -> bool:
        return await self._has(lambda channel: channel.queue_declare(name, passive=True))

    async def _has(self, request: Request) -> bool:
        try:
            await self._ask(request)
        except aiormq.exceptions.ChannelNotFoundEntity:
            return False
        except REFUSED as error:
            raise BrokerError(f"RabbitMQ refused to say what exists: {error}") from error
        return True

    async def _require(self, name: str, request: Request) -> None:
        try:
            await self._ask(request)
        except aiormq.exceptions.ChannelPreconditionFailed as error:
            raise TopologyConflictError(f"{name} exists with other properties: {error}") from error
        except REFUSED as error:
            raise BrokerError(f"RabbitMQ refused to change {name}: {error}") from error

    async def _ask(self, request: Request) -> None:
        """Send a request over the current channel; a refused one costs the channel."""
        if self._channel is None or self._channel.is_closed:
            self._channel = await self._link.channel()
        underlay = await self._channel.get_underlay_channel()

        async def answered() -> None:
            await request(underlay)

        try:
            await call(answered())
        except BaseException:
            channel, self._channel = self._channel, None
            await close_channel(channel)
            raise


async def messages_in(link: Link, queue: str) -> int:
    """Return how many messages of a queue no consumer holds; 0 if there is no such queue.

    Raises:
        BrokerUnavailableError: The server does not answer.
    """
    channel = await link.channel()
    try:
        underlay = await channel.get_underlay_channel()
        answer = await call(underlay.queue_declare(queue, passive=True))
    except aiormq.exceptions.ChannelNotFoundEntity:
        return 0
    finally:
        await close_channel(channel)
    return answer.message_count or 0


def _declare_queue(queue: Queue) -> Request:
    arguments: FieldTable = dict(queue.arguments)
    return lambda channel: channel.queue_declare(queue.name, durable=True, arguments=arguments)


def _delete_queue(name: str) -> Request:
    return lambda channel: channel.queue_delete(name)


def _bind_queue(queue: str, exchange: str, key: str) -> Request:
    return lambda channel: channel.queue_bind(queue, exchange, routing_key=key)


def _declare_marker(name: str) -> Request:
    # Internal: nobody can publish to it, so what is bound to it never gets anything.
    return lambda channel: channel.exchange_declare(
        name, exchange_type="fanout", durable=True, auto_delete=True, internal=True
    )
