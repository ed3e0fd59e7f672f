"""What the broker contract does to a RabbitMQ."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

from yarl import URL

from leadwire.broker import Broker, Subscription
from leadwire.broker.rabbitmq import DELIVERY_LIMIT, RabbitMQBroker
from leadwire.testing.broker_harness import PATIENT
from leadwire.testing.eventually import eventually
from leadwire.testing.proxy import TcpProxy
from leadwire.testing.rabbitmq import RabbitMQServer, Vhost

_NO_MEMORY: Final = "0.0000001"
_MEMORY: Final = "0.4"


class _NotingBroker(RabbitMQBroker):
    """A client that remembers what it declared."""

    declared: tuple[Subscription, ...] = ()

    async def declare(self, subscriptions: Sequence[Subscription]) -> None:
        await super().declare(subscriptions)
        self.declared = (*self.declared, *subscriptions)


class RabbitMQHarness:
    """A `BrokerHarness` on a virtual host of a RabbitMQ that the test may stop and alarm.

    Each client has its own way to the server, a TCP proxy, which a crash cuts and closes.

    Args:
        server: A running server of the test's own.
        delivery_limit: Crashes of consumers after which a message is dead-lettered.
        renew_after: Seconds of silence after which a consumption is begun again; few, so that
            tests see it.
    """

    def __init__(
        self,
        *,
        server: RabbitMQServer,
        delivery_limit: int = DELIVERY_LIMIT,
        renew_after: float = 5.0,
    ) -> None:
        self._server = server
        self._delivery_limit = delivery_limit
        self._renew_after = renew_after
        self._vhost = Vhost(server=server)
        self._clients: dict[_NotingBroker, TcpProxy] = {}
        self._cleanup = AsyncExitStack()

    @property
    def url(self) -> str:
        """Address of the virtual host, past the proxies."""
        return self._vhost.url

    async def __aenter__(self) -> Self:
        """Make the virtual host."""
        await self._vhost.create()
        self._cleanup.push_async_callback(self._vhost.delete)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the clients and remove the virtual host."""
        await self._cleanup.aclose()

    async def client(self, name: str = "client", *, publish_within: float = PATIENT) -> Broker:
        """Return a client that is started, behind a proxy of its own."""
        url = URL(self._vhost.url)
        proxy = TcpProxy(url.host or "127.0.0.1", url.port or 5672)
        await self._cleanup.enter_async_context(proxy)
        broker = _NotingBroker(
            url=str(url.with_host("127.0.0.1").with_port(proxy.port).with_query(None)),
            name=name,
            namespace=url.query.get("namespace", "leadwire"),
            publish_timeout=publish_within,
            delivery_limit=self._delivery_limit,
            renew_after=self._renew_after,
        )
        self._clients[broker] = proxy
        self._cleanup.push_async_callback(broker.stop)
        await broker.start()
        return broker

    def way_of(self, broker: Broker) -> TcpProxy:
        """Return the proxy between a client and the server."""
        return next(proxy for client, proxy in self._clients.items() if client is broker)

    async def crash(self, broker: Broker) -> None:
        """Cut the client's connections with a reset, and let it have no other."""
        proxy = self.way_of(broker)
        proxy.refuse()
        proxy.cut()

    async def restart(self) -> None:
        """Stop the server's process and start it again."""
        await self._server.restart()

    async def block(self) -> None:
        """Set off the memory alarm: the server stops reading from whoever publishes."""
        # Whatever fails before the test ends it: others have the same server.
        self._cleanup.push_async_callback(self.unblock)
        await self._server.ctl("set_vm_memory_high_watermark", _NO_MEMORY)
        await eventually(self._is_alarmed, within=60.0, message="the memory alarm is on")

    async def unblock(self) -> None:
        """End the memory alarm."""
        await self._server.ctl("set_vm_memory_high_watermark", _MEMORY)

    async def cancel_consumers(self, subscription: str) -> None:
        """Delete the queue, which cancels its consumers, and declare it again."""
        declaring = next(
            client
            for client in self._clients
            if subscription in {declared.name for declared in client.declared}
        )
        vhost = URL(self._vhost.url).path[1:]
        await self._server.ctl("delete_queue", "--vhost", vhost, f"leadwire.{subscription}")
        await declaring.declare([s for s in declaring.declared if s.name == subscription])

    async def _is_alarmed(self) -> bool:
        return "memory" in await self._server.ctl("eval", "rabbit_alarm:get_alarms().")
