"""The transport itself: what the port promises, made of the parts beside this file."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, Self

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_delay,
    wait_random_exponential,
)
from yarl import URL

from leadwire.broker.errors import (
    BrokerConfigurationError,
    BrokerRefusedError,
    BrokerUnavailableError,
)
from leadwire.broker.port import (
    DELIVERY_LIMIT,
    Capabilities,
    Consumer,
    Handler,
    Message,
    Outcome,
    ParkingLot,
    Rejected,
    Subscription,
    Unknown,
)
from leadwire.broker.rabbitmq._declaration import Declaration, has_exchange, messages_in
from leadwire.broker.rabbitmq._link import Link, close_channel
from leadwire.broker.rabbitmq._management import Management
from leadwire.broker.rabbitmq._publisher import Publisher
from leadwire.broker.rabbitmq._subscriber import SubscriptionConsumer
from leadwire.broker.rabbitmq._topology import Names
from leadwire.broker.rabbitmq._wire import Outgoing, outgoing, refusal

log = structlog.get_logger(__name__)

_NAMESPACE: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")
_FIRST_DELIVERY_WITHIN: Final = 10.0
_DECLARE_WITHIN: Final = 60.0
"""Seconds after which a declaration that is cut short is not begun again."""


class RabbitMQBroker:
    """A client of a RabbitMQ 3.10 or newer.

    Args:
        url: `amqp://` or `amqps://` address with credentials and virtual host.
        name: Name of the connections, as operators see them.
        namespace: First part of all names on the server.
        management_url: Address of the management API; `missing` is exact with it. It may
            have credentials of its own, else those of `url` are used.
        publish_timeout: Seconds that a publication may take before it is `Unknown`.
        delivery_limit: Crashes of consumers after which a message is dead-lettered; part
            of the topology, so the same for all clients.
        renew_after: Seconds of silence after which a consumption is begun again; see
            `_consumer`.

    Raises:
        BrokerConfigurationError: An address or the namespace is malformed.
    """

    def __init__(
        self,
        *,
        url: str,
        name: str,
        namespace: str = "leadwire",
        management_url: str | None = None,
        publish_timeout: float = 10.0,
        delivery_limit: int = DELIVERY_LIMIT,
        renew_after: float = 30.0,
    ) -> None:
        self._url = _parse(url, ("amqp", "amqps"))
        if not _NAMESPACE.fullmatch(namespace):
            raise BrokerConfigurationError(f"{namespace!r} cannot be a namespace on RabbitMQ")
        self._name = name
        self._names = Names(namespace)
        self._delivery_limit = delivery_limit
        self._renew_after = renew_after
        self._management = self._management_api(management_url)
        self._publishing = Link(url=self._url, name=f"{name} (publishing)")
        self._consuming = Link(url=self._url, name=f"{name} (consuming)")
        self._publisher = Publisher(link=self._publishing, timeout=publish_timeout)
        self._consumers: set[SubscriptionConsumer] = set()
        self._counted: dict[str, str] = {}
        self._stopping: asyncio.Task[None] | None = None

    @classmethod
    def from_url(cls, url: str, *, name: str) -> Self:
        """Prepare a client; nothing is connected before `start`.

        Args:
            url: `amqp://` or `amqps://` address. Its query may name a `namespace` and the
                `management` API's (encoded) address; all else there is the client's, as
                `heartbeat` or `cafile`.
            name: Name of the connections, as operators see them.

        Raises:
            BrokerConfigurationError: The URL is malformed.
        """
        parsed = _parse(url, ("amqp", "amqps"))
        _insist_on_files(parsed)
        namespace = parsed.query.get("namespace", "leadwire")
        management = parsed.query.get("management")
        bare = parsed.without_query_params("namespace", "management")
        return cls(url=str(bare), name=name, namespace=namespace, management_url=management)

    @property
    def capabilities(self) -> Capabilities:
        """What this transport can do."""
        return Capabilities(
            durable=True, per_key_order=False, native_delay=True, detects_unroutable=True
        )

    async def start(self) -> None:
        """Connect, in one attempt; after a failed one it may be called again.

        Raises:
            BrokerRefusedError: The server refused the user, or the virtual host.
            BrokerUnavailableError: The server did not answer in time.
        """
        await self._publishing.get()
        await self._consuming.get()

    async def stop(self) -> None:
        """Stop every consumer, let publications end, disconnect. Twice is harmless."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(), name=f"stop {self._name}")
        await asyncio.shield(self._stopping)

    async def declare(self, subscriptions: Sequence[Subscription]) -> None:
        """Create what the subscriptions need; what exists and fits is left alone.

        It is begun again, for a bounded time, while it is cut short: a server that restarts takes
        connections before it can make a queue, and answers INTERNAL_ERROR then.

        Raises:
            TopologyConflictError: Something exists with other properties.
            BrokerUnavailableError: The server does not answer.
        """
        await self._declaring(lambda declaration: declaration.declare(subscriptions))

    async def mark(self, mark: str) -> None:
        """Leave a mark, by which the broker is known; begun again as `declare` is.

        Raises:
            BrokerUnavailableError: The server does not answer.
        """
        await self._declaring(lambda declaration: declaration.mark(mark))

    async def is_marked(self, mark: str) -> bool:
        """Tell whether the broker has a mark; no right is needed to ask.

        Raises:
            BrokerUnavailableError: The server does not answer.
        """
        return await has_exchange(self._consuming, self._names.mark(mark))

    async def _declaring(self, work: Callable[[Declaration], Awaitable[None]]) -> None:
        async def once() -> None:
            link = self._link_for_topology()
            try:
                await work(self._declaration(link))
            finally:
                await link.close()

        retrying = AsyncRetrying(
            retry=retry_if_exception(_may_pass),
            wait=wait_random_exponential(multiplier=0.25, max=5.0),
            stop=stop_after_delay(_DECLARE_WITHIN),
            before_sleep=_say_cut_short,
            reraise=True,
        )
        await retrying(once)

    async def missing(self, subscriptions: Sequence[Subscription]) -> list[str]:
        """Name what the subscriptions need and what is not there; empty if all is.

        Without the management API, a single binding that was removed by hand is not
        noticed; `_declaration` says why, and what is.

        Raises:
            BrokerUnavailableError: The server does not answer.
        """
        link = self._link_for_topology()
        try:
            return await self._declaration(link).missing(subscriptions)
        finally:
            await link.close()

    async def discard(self, subscriptions: Sequence[Subscription]) -> None:
        """Delete the subscriptions' queues, with what is in them, and the exchanges.

        For a namespace that was made to be thrown away: every other subscription in it
        loses its bindings.

        Raises:
            BrokerUnavailableError: The server does not answer.
        """
        link = self._link_for_topology()
        try:
            await self._declaration(link).discard(subscriptions)
        finally:
            await link.close()

    async def publish(
        self, batch: Sequence[Message], *, only: str | None = None
    ) -> Sequence[Outcome]:
        """Publish a batch and wait, for a bounded time, for the broker's answers.

        Args:
            batch: Messages, published in this order.
            only: Name of the one subscription to deliver to; None for all. Another team's
                queue is known by the name under which its owner has bound it to the exchange
                for directed messages.

        Returns:
            One outcome per message, in the batch's order.
        """
        if self._stopping is not None:
            return [Unknown("the client is stopped")] * len(batch)
        refused: dict[int, Outcome] = {}
        accepted: list[Outgoing] = []
        for position, message in enumerate(batch):
            if (reason := refusal(message)) is not None:
                refused[position] = Rejected(reason, permanent=True)
            else:
                accepted.append(self._addressed(message, only))
        answers = iter(await self._publisher.publish(accepted))
        return [refused.get(position) or next(answers) for position in range(len(batch))]

    async def subscribe(
        self, subscription: Subscription, handler: Handler, *, parking: ParkingLot
    ) -> Consumer:
        """Start to consume; the consumer outlives broker restarts.

        It also outlives that its queue is missing: it says so in the log and goes on
        trying, since services may start before `topology` has run.

        Args:
            subscription: A declared subscription.
            handler: Called for each delivery.
            parking: Receives what is parked, before it is acknowledged.

        Raises:
            BrokerUnavailableError: The client is stopped.
        """
        if self._stopping is not None:
            raise BrokerUnavailableError("RabbitMQ: the client is stopped")
        consumer = SubscriptionConsumer(
            names=self._names,
            subscription=subscription,
            handler=handler,
            parking=parking,
            link=self._consuming,
            publisher=self._publisher,
            renew_after=self._renew_after,
            on_stopped=self._consumers.discard,
        )
        self._consumers.add(consumer)
        await consumer.start(within=_FIRST_DELIVERY_WITHIN)
        return consumer

    async def waiting(self, subscription: str, *, up_to: int) -> int:
        """Count the messages that wait; see `leadwire.broker.Broker.waiting`.

        Those that wait for another attempt are in queues of their own, and not counted. A name
        that is no subscription of ours may be that of another team's queue. A queue whose leader
        does not answer its server within a quarter of a second says that it is empty.

        Raises:
            BrokerUnavailableError: The server does not answer.
        """
        ours = self._names.queue(subscription)
        # The one that was there last time comes first: each that is not costs the server an error
        # in its log.
        last = self._counted.get(subscription, ours)
        for queue in dict.fromkeys((last, ours, subscription)):
            if (found := await messages_in(self._consuming, queue)) is not None:
                self._counted[subscription] = queue
                return min(up_to, found)
        return 0

    async def check(self) -> None:
        """Prove that the broker answers now.

        Asked over the connection for consuming: an alarm that stops publications for a
        while makes nobody unready, as the outbox keeps them.

        Raises:
            BrokerUnavailableError: It does not.
        """
        if self._stopping is not None:
            raise BrokerUnavailableError("RabbitMQ: the client is stopped")
        await close_channel(await self._consuming.channel())

    async def _stop(self) -> None:
        await asyncio.gather(*(consumer.stop() for consumer in self._consumers))
        await self._publisher.settle_down()
        await asyncio.gather(self._publishing.close(), self._consuming.close())

    def _addressed(self, message: Message, only: str | None) -> Outgoing:
        if only is None:
            return outgoing(message, exchange=self._names.events, routing_key=message.type)
        # Not to the default exchange: that reaches every queue of the virtual host by its name.
        return outgoing(message, exchange=self._names.directed, routing_key=only)

    def _link_for_topology(self) -> Link:
        return Link(url=self._url, name=f"{self._name} (topology)")

    def _declaration(self, link: Link) -> Declaration:
        return Declaration(
            link=link,
            names=self._names,
            delivery_limit=self._delivery_limit,
            management=self._management,
        )

    def _management_api(self, url: str | None) -> Management | None:
        if url is None:
            return None
        parsed = _parse(url, ("http", "https"))
        if parsed.user is None:
            parsed = parsed.with_user(self._url.user).with_password(self._url.password)
        # As the AMQP client reads it: no path, or "/", is the virtual host "/".
        return Management(url=parsed, vhost=self._url.path[1:] or "/")


def _insist_on_files(url: URL) -> None:
    # The client would find out when it connects, and call it an outage.
    for name in ("cafile", "certfile", "keyfile"):
        if (path := url.query.get(name)) is not None and not Path(path).is_file():
            raise BrokerConfigurationError(f"the file that {name} names is not there")


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, BrokerUnavailableError) and not isinstance(error, BrokerRefusedError)


def _say_cut_short(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning("declaration_cut_short", attempt=state.attempt_number, reason=str(error))


def _parse(url: str, schemes: Sequence[str]) -> URL:
    # No message shows the URL: it may bear a password.
    try:
        parsed = URL(url)
    except ValueError:
        raise BrokerConfigurationError("the address of RabbitMQ is not a URL") from None
    if parsed.scheme not in schemes or not parsed.host:
        raise BrokerConfigurationError(
            f"an address of RabbitMQ must be like {schemes[0]}://user:password@host"
        )
    return parsed
