"""Create the topology, and find out what of it is missing.

AMQP can declare bindings but neither list them nor ask for one. A probe message would
have to be routed, and then it lies in the queue of every subscriber of its type, other
teams' included. So `missing` knows of bindings in one of two ways:

1. With the management API (its URL set): it lists the bindings and compares. Exact.
2. Without: by binding markers. After a subscription's bindings are made, `declare` leaves
   exchanges whose names contain a digest of the types that were bound. They delete
   themselves (auto-delete: with their last binding) together with the queue and with each
   of the two exchanges that it is bound to, which are the ways in which bindings get lost
   as a side effect. So a passive check finds: a queue that was deleted and made anew by hand,
   an exchange that was deleted and made anew by another service, and a type that
   was added to a subscription without running `topology`. What it cannot find is a single
   binding that an operator removed with intent; only the first way can, and `missing`
   logs which way it went.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import aio_pika
import aiormq
import structlog
from aiormq.abc import AbstractChannel
from pamqp.common import FieldTable

from leadwire.broker.errors import BrokerError, TopologyConflictError
from leadwire.broker.port import Subscription
from leadwire.broker.rabbitmq._link import REFUSED, Link, call, close_channel
from leadwire.broker.rabbitmq._management import Management
from leadwire.broker.rabbitmq._topology import Names, Queue, queues, returned_to

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
        await self._require(self._names.events, _declare_exchange(self._names.events, "topic"))
        await self._require(self._names.directed, _declare_exchange(self._names.directed, "topic"))
        for subscription in subscriptions:
            for queue in self._queues(subscription):
                await self._require(queue.name, _declare_queue(queue))
            await self._bind(subscription)

    async def mark(self, mark: str) -> None:
        """Leave a mark, which vanishes with the exchange of all events, as binding markers do.

        Raises:
            BrokerUnavailableError: The server does not answer.
        """
        name, events = self._names.mark(mark), self._names.events
        await self._require(events, _declare_exchange(events, "topic"))
        await self._require(name, _declare_marker(name))
        await self._require(name, _bind_exchange(events, name))

    async def missing(self, subscriptions: Sequence[Subscription]) -> list[str]:
        """Name what is not there; see the module's docstring on bindings.

        Raises:
            BrokerUnavailableError: The server or its management API does not answer.
        """
        found = await self._missing_exchanges([self._names.events, self._names.directed])
        for subscription in subscriptions:
            found += [
                f"queue {queue.name}"
                for queue in self._queues(subscription)
                if not await self._has_queue(queue.name)
            ]
            found += await self._missing_exchanges(self._own_exchanges(subscription))
            found += await self._missing_bindings(subscription)
        return found

    async def discard(self, subscriptions: Sequence[Subscription]) -> None:
        """Delete the subscriptions' queues and the exchanges; markers go with them.

        Raises:
            BrokerUnavailableError: The server does not answer.
        """
        for subscription in subscriptions:
            for queue in self._queues(subscription):
                await self._require(queue.name, _delete_queue(queue.name))
            for exchange in self._own_exchanges(subscription):
                await self._require(exchange, _delete_exchange(exchange))
        for exchange in (self._names.events, self._names.directed):
            await self._require(exchange, _delete_exchange(exchange))

    def _queues(self, subscription: Subscription) -> Sequence[Queue]:
        return queues(self._names, subscription, delivery_limit=self._delivery_limit)

    async def _bind(self, subscription: Subscription) -> None:
        await self._bind_returns(subscription)
        queue = self._names.queue(subscription.name)
        for exchange, keys in self._bindings(subscription).items():
            for key in keys:
                await self._require(queue, _bind_queue(queue, exchange, key))
        # The markers come last: they say that all bindings were made.
        lost_with_queue = self._names.queue_marker(subscription)
        await self._require(lost_with_queue, _declare_marker(lost_with_queue))
        await self._require(lost_with_queue, _bind_queue(queue, lost_with_queue, ""))
        for exchange, marker in self._names.exchange_markers(subscription).items():
            await self._require(marker, _declare_marker(marker))
            await self._require(marker, _bind_exchange(exchange, marker))

    async def _bind_returns(self, subscription: Subscription) -> None:
        for returns in self._own_exchanges(subscription):
            await self._require(returns, _declare_exchange(returns, "direct"))
            for queue in returned_to(self._names, subscription):
                await self._require(queue, _bind_queue(queue, returns, queue))

    def _own_exchanges(self, subscription: Subscription) -> Sequence[str]:
        """Return what a subscription has beside the two of all: nothing if it is ordered."""
        return [] if subscription.ordered else [self._names.returns(subscription.name)]

    def _bindings(self, subscription: Subscription) -> Mapping[str, Sequence[str]]:
        """Return the keys by which a subscription's queue is bound to each exchange."""
        return {
            self._names.events: subscription.types,
            self._names.directed: [subscription.name],
        }

    async def _missing_bindings(self, subscription: Subscription) -> list[str]:
        queue = self._names.queue(subscription.name)
        if self._management is not None:
            log.debug("bindings_checked", queue=queue, by="management")
            return [
                f"binding {key} of {queue}"
                for exchange, keys in self._bindings(subscription).items()
                for there in [await self._management.binding_keys(exchange=exchange, queue=queue)]
                for key in keys
                if key not in there
            ]
        markers = (
            self._names.queue_marker(subscription),
            *self._names.exchange_markers(subscription).values(),
        )
        complete = all([await self._has_exchange(marker) for marker in markers])
        log.debug("bindings_checked", queue=queue, by="markers")
        return [] if complete else [f"bindings {', '.join(subscription.types)} of {queue}"]

    async def _missing_exchanges(self, names: Sequence[str]) -> list[str]:
        return [f"exchange {name}" for name in names if not await self._has_exchange(name)]

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


async def messages_in(link: Link, queue: str) -> int | None:
    """Return how many messages of a queue no consumer holds; None if there is no such queue.

    Nor is there one that another connection has for itself alone.

    Raises:
        BrokerUnavailableError: The server does not answer.
    """
    channel = await link.channel()
    try:
        underlay = await channel.get_underlay_channel()
        answer = await call(underlay.queue_declare(queue, passive=True))
    except (aiormq.exceptions.ChannelNotFoundEntity, aiormq.exceptions.ChannelLockedResource):
        return None
    finally:
        await close_channel(channel)
    return answer.message_count or 0


async def has_exchange(link: Link, name: str) -> bool:
    """Tell whether there is an exchange.

    Raises:
        BrokerUnavailableError: The server does not answer.
    """
    channel = await link.channel()
    try:
        underlay = await channel.get_underlay_channel()
        await call(underlay.exchange_declare(name, passive=True))
    except aiormq.exceptions.ChannelNotFoundEntity:
        return False
    finally:
        await close_channel(channel)
    return True


def _declare_queue(queue: Queue) -> Request:
    arguments: FieldTable = dict(queue.arguments)
    return lambda channel: channel.queue_declare(queue.name, durable=True, arguments=arguments)


def _declare_exchange(name: str, exchange_type: str) -> Request:
    return lambda channel: channel.exchange_declare(name, exchange_type=exchange_type, durable=True)


def _delete_exchange(name: str) -> Request:
    return lambda channel: channel.exchange_delete(name)


def _delete_queue(name: str) -> Request:
    return lambda channel: channel.queue_delete(name)


def _bind_queue(queue: str, exchange: str, key: str) -> Request:
    return lambda channel: channel.queue_bind(queue, exchange, routing_key=key)


def _bind_exchange(exchange: str, source: str) -> Request:
    return lambda channel: channel.exchange_bind(destination=exchange, source=source)


def _declare_marker(name: str) -> Request:
    # Internal: nobody can publish to it, so what is bound to it never gets anything.
    return lambda channel: channel.exchange_declare(
        name, exchange_type="fanout", durable=True, auto_delete=True, internal=True
    )
