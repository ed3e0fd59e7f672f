"""The transport itself: what the port promises, made of the parts beside this file."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from leadwire.broker import (
    BrokerConfigurationError,
    BrokerUnavailableError,
    Capabilities,
    Consumer,
    Handler,
    Message,
    Outcome,
    ParkingLot,
    Subscription,
    Unknown,
)
from leadwire.broker.pull import OpenSession, PullConsumer, PullSession
from leadwire_nats._claims import Standing
from leadwire_nats._link import Address, Connection, Link, connect, unavailable
from leadwire_nats._names import Names
from leadwire_nats._publisher import Publisher
from leadwire_nats._session import NatsSession
from leadwire_nats._topology import Topology

ACK_WAIT: Final = 30.0
"""Seconds after which what a vanished consumer held comes to another one."""

_RENEWALS: Final = 4
"""Renewals of a lease that may fail before it ends."""

_CHECK_WITHIN: Final = 2.0
_SCHEMES: Final = ("nats", "nats+tls")
_OPTIONS: Final = frozenset(("namespace", "replicas"))


class NatsBroker:
    """A client of a NATS server 2.9 or newer with JetStream; see `leadwire.broker.Broker`.

    Besides one connection for publishing, each consumer has one of its own.

    Args:
        address: Where the servers are, and who asks.
        name: Name of the connections, as operators see them.
        namespace: First part of all names on the server.
        replicas: Servers of a cluster that keep each stream, when it is created.
        publish_timeout: Seconds within which `publish` answers.
        ack_wait: Seconds after which what a vanished consumer held comes again; part of the
            topology, so the same for all clients.
    """

    def __init__(
        self,
        *,
        address: Address,
        name: str,
        namespace: str = "leadwire",
        replicas: int = 1,
        publish_timeout: float = 10.0,
        ack_wait: float = ACK_WAIT,
    ) -> None:
        self._address = address
        self._name = name
        self._names = Names(namespace)
        self._topology = Topology(names=self._names, ack_wait=ack_wait, replicas=replicas)
        self._renew_every = ack_wait / _RENEWALS
        self._link = Link(address=address, name=f"{name} (publishing)")
        self._publisher = Publisher(link=self._link, names=self._names, timeout=publish_timeout)
        self._consumers: set[PullConsumer] = set()
        self._stopping: asyncio.Task[None] | None = None

    @classmethod
    def from_url(cls, url: str, *, name: str) -> Self:
        """Prepare a client; nothing is connected before `start`.

        Args:
            url: Like `nats://user:password@host:4222`, or `nats+tls://` for TLS only; several
                hosts of a cluster with commas between. Its query may name a `namespace`, and
                `replicas` for the streams that are created.
            name: Name of the connections, as operators see them.

        Raises:
            BrokerConfigurationError: The URL is malformed.
        """
        # No message shows the URL: it may bear a password.
        try:
            parts = urlsplit(url)
            options = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
            replicas = int(options.get("replicas", ["1"])[-1])
            servers = [urlsplit(f"nats://{each}") for each in _places(parts).split(",")]
            complete = all(each.hostname and each.port != 0 for each in servers)
        except ValueError:
            raise BrokerConfigurationError("the address of NATS is not a URL") from None
        if unknown := sorted(set(options) - _OPTIONS):
            raise BrokerConfigurationError(f"an address of NATS has no option {unknown[0]!r}")
        if not 1 <= replicas <= 5:
            raise BrokerConfigurationError("NATS keeps a stream on 1 to 5 servers: see replicas")
        if parts.scheme not in _SCHEMES or not complete or parts.path.strip("/"):
            raise BrokerConfigurationError(
                "an address of NATS must be like nats://user:password@host:4222"
            )
        namespace = options.get("namespace", ["leadwire"])[-1]
        return cls(address=_address(parts), name=name, namespace=namespace, replicas=replicas)

    @property
    def capabilities(self) -> Capabilities:
        """Durable, with delays of its own; order only in ordered subscriptions."""
        return Capabilities(
            durable=True, per_key_order=False, native_delay=True, detects_unroutable=True
        )

    async def start(self) -> None:
        """Connect, in one attempt; after a failed one it may be called again.

        Raises:
            BrokerRefusedError: The server refused the user, or has no JetStream for them.
            BrokerUnavailableError: The server did not answer in time.
        """
        await self.check()

    async def stop(self) -> None:
        """Stop every consumer, let publications end, disconnect. Twice is harmless."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(), name=f"stop {self._name}")
        await asyncio.shield(self._stopping)

    def abort(self) -> None:
        """Vanish: cut every connection without a goodbye, as a killed process does."""
        for consumer in self._consumers:
            consumer.abort()
        self._link.abort()

    async def declare(self, subscriptions: Sequence[Subscription]) -> None:
        """Create what the subscriptions need; what exists and fits is left alone.

        Raises:
            TopologyConflictError: Something exists with other properties.
            BrokerUnavailableError: The server does not answer.
        """
        async with self._administering() as connection:
            await self._topology.declare(connection, subscriptions)

    async def missing(self, subscriptions: Sequence[Subscription]) -> list[str]:
        """Name the streams, subjects and consumers that are not there.

        Raises:
            BrokerUnavailableError: The server does not answer.
        """
        async with self._administering() as connection:
            return await self._topology.missing(connection, subscriptions)

    async def mark(self, mark: str) -> None:
        """Leave a mark, by which the broker is known; see `leadwire.broker.Broker.mark`."""
        async with self._administering() as connection:
            await self._topology.mark(connection, mark)

    async def is_marked(self, mark: str) -> bool:
        """Tell whether the broker has a mark."""
        async with unavailable():
            return await self._topology.is_marked(await self._link.get(), mark)

    async def discard(self, subscriptions: Sequence[Subscription]) -> None:
        """Delete the subscriptions with what waits for them: for a namespace to be thrown away.

        Raises:
            BrokerUnavailableError: The server does not answer.
        """
        async with self._administering() as connection:
            await self._topology.discard(connection, subscriptions)

    async def publish(
        self, batch: Sequence[Message], *, only: str | None = None
    ) -> Sequence[Outcome]:
        """Publish a batch; see `leadwire.broker.Broker.publish`."""
        if self._stopping is not None:
            return [Unknown("the client is stopped")] * len(batch)
        return await self._publisher.publish(batch, only=only)

    async def subscribe(
        self, subscription: Subscription, handler: Handler, *, parking: ParkingLot
    ) -> Consumer:
        """Start to consume; the consumer outlives restarts, and that its stream is not there yet.

        Raises:
            BrokerUnavailableError: The client is stopped.
        """
        if self._stopping is not None:
            raise BrokerUnavailableError("NATS: the client is stopped")
        consumer = PullConsumer(
            subscription=subscription,
            handler=handler,
            parking=parking,
            open_session=self._opener(subscription),
            on_stopped=self._consumers.discard,
        )
        self._consumers.add(consumer)
        consumer.start()
        return consumer

    async def waiting(self, subscription: str, *, up_to: int) -> int:
        """Count the messages that wait; those that wait for another attempt are not counted."""
        async with unavailable():
            return min(up_to, await self._topology.waiting(await self._link.get(), subscription))

    async def check(self) -> None:
        """Prove that JetStream answers now.

        Raises:
            BrokerUnavailableError: It does not.
        """
        connection = await self._link.get()
        async with unavailable(), asyncio.timeout(_CHECK_WITHIN):
            await connection.js.account_info()

    async def _stop(self) -> None:
        await asyncio.gather(*(consumer.stop() for consumer in self._consumers))
        await self._publisher.settle_down()
        await self._link.close()

    @asynccontextmanager
    async def _administering(self) -> AsyncIterator[Connection]:
        connection = await connect(self._address, name=f"{self._name} (topology)")
        try:
            async with unavailable():
                yield connection
        finally:
            await connection.leave()

    def _opener(self, subscription: Subscription) -> OpenSession:
        standing = Standing()

        async def open_session(wake: Callable[[], None]) -> PullSession:
            return await NatsSession.open(
                address=self._address,
                name=f"{self._name}:{subscription.name}",
                names=self._names,
                subscription=subscription,
                renew_every=self._renew_every,
                standing=standing,
                wake=wake,
            )

        return open_session


def _places(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _address(parts: SplitResult) -> Address:
    login = parts.netloc.rpartition("@")[0]
    user, given, password = login.partition(":")
    return Address(
        servers=tuple(f"nats://{place}" for place in _places(parts).split(",")),
        user=unquote(user) if given else None,
        password=unquote(password) if given else None,
        token=unquote(user) if user and not given else None,
        secure=parts.scheme == "nats+tls",
    )
