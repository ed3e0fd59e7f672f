"""What the broker contract does to a NATS server."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

import nats
from nats.js import JetStreamContext
from nats_server import PrivateNats

from leadwire.broker import Broker, Subscription
from leadwire.testing import TcpProxy
from leadwire.testing.broker_harness import PATIENT
from leadwire_nats import NatsBroker
from leadwire_nats._link import Address

ACK_WAIT: Final = 6.0
"""Seconds; few, so that tests see a lease end, and enough for a loaded machine to renew it."""


class _NotingBroker(NatsBroker):
    """A client that remembers what it declared."""

    declared: tuple[Subscription, ...] = ()

    async def declare(self, subscriptions: Sequence[Subscription]) -> None:
        await super().declare(subscriptions)
        self.declared = (*self.declared, *subscriptions)


class NatsHarness:
    """A `BrokerHarness` on a namespace of a server.

    Each client has its own way to the server, a TCP proxy, which a crash cuts and closes.

    Args:
        url: Address of a running server.
        server: The same, if the test may stop and freeze it.

    Attributes:
        ack_wait: Seconds of a lease, for clients that are made from now on.
    """

    def __init__(self, *, url: str, server: PrivateNats | None = None) -> None:
        self.url = url
        self.namespace = f"test_{uuid4().hex[:12]}"
        self.ack_wait = ACK_WAIT
        self._server = server
        self._clients: dict[_NotingBroker, TcpProxy] = {}

    async def client(
        self, name: str = "client", *, publish_within: float = PATIENT
    ) -> _NotingBroker:
        """Return a client that is started, behind a proxy of its own."""
        parts = urlsplit(self.url)
        proxy = TcpProxy(parts.hostname or "127.0.0.1", parts.port or 4222)
        await proxy.__aenter__()
        broker = _NotingBroker(
            address=Address(
                servers=(f"nats://{proxy.host}:{proxy.port}",),
                user=parts.username,
                password=parts.password,
            ),
            name=name,
            namespace=self.namespace,
            publish_timeout=publish_within,
            ack_wait=self.ack_wait,
        )
        self._clients[broker] = proxy
        await broker.start()
        return broker

    def way_of(self, broker: Broker) -> TcpProxy:
        """Return the proxy between a client and the server."""
        return next(proxy for client, proxy in self._clients.items() if client is broker)

    async def close(self) -> None:
        """Stop the clients and delete the namespace."""
        for broker, proxy in self._clients.items():
            await broker.stop()
            await proxy.__aexit__()
        async with await nats.connect(self.url) as connection:
            context = connection.jetstream()
            for stream in await self.streams(context):
                await context.delete_stream(stream)

    async def streams(self, context: JetStreamContext) -> list[str]:
        """Name the streams of the namespace."""
        names = [each.config.name or "" for each in await context.streams_info()]
        return [name for name in names if name.startswith(self.namespace)]

    async def crash(self, broker: Broker) -> None:
        """Cut the client's connections with a reset, and let it have no other."""
        proxy = self.way_of(broker)
        proxy.refuse()
        proxy.cut()
        # As a killed process does: it handles nothing more, either.
        self._own_client(broker).abort()

    async def restart(self) -> None:
        """Stop the server's process and start it again."""
        await self._own().restart()

    async def block(self) -> None:
        """Stop the server's process where it is."""
        self._own().freeze()

    async def unblock(self) -> None:
        """Let it go on."""
        self._own().thaw()

    async def cancel_consumers(self, subscription: str) -> None:
        """Delete the subscription's consumer on the server, and declare it again."""
        declaring = next(
            client
            for client in self._clients
            if subscription in {declared.name for declared in client.declared}
        )
        async with await nats.connect(self.url) as connection:
            stream = f"{self.namespace}-{subscription}"
            await connection.jetstream().delete_consumer(stream, "consumers")
        await declaring.declare([s for s in declaring.declared if s.name == subscription])

    def _own_client(self, broker: Broker) -> NatsBroker:
        return next(client for client in self._clients if client is broker)

    def _own(self) -> PrivateNats:
        if self._server is None:
            raise TypeError("the server is not ours to hurt")
        return self._server
