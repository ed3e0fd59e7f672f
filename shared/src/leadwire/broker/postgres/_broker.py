"""The client of the Postgres broker."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import asyncpg
import structlog

from leadwire.broker.errors import BrokerConfigurationError, BrokerUnavailableError
from leadwire.broker.port import (
    Capabilities,
    Consumer,
    Handler,
    Message,
    Outcome,
    ParkingLot,
    Subscription,
    Unknown,
)
from leadwire.broker.postgres import _topology as topology
from leadwire.broker.postgres._connections import (
    connect,
    lend,
    publisher_settings,
    unavailable,
)
from leadwire.broker.postgres._ordered import OrderedSession, Standing
from leadwire.broker.postgres._publishing import Publisher
from leadwire.broker.postgres._session import PostgresSession
from leadwire.broker.pull import OpenSession, PullConsumer, PullSession
from leadwire.db import Connection, DatabaseAddressError, check_address
from leadwire.db.session import CONNECT_WITHIN

if TYPE_CHECKING:
    from asyncpg.pool import Pool

log = structlog.get_logger(__name__)

POOL_SIZE = 4
CHECK_WITHIN = 2.0
CLOSE_WITHIN = 5.0

SESSION_STATEMENT_WITHIN = 10.0
"""Seconds for one statement of a consumer."""

DECLARE_STATEMENT_WITHIN = 120.0
"""Seconds for one statement of a declaration; it may wait for another one."""


class PostgresBroker:
    """A broker on Postgres; see `leadwire.broker.Broker` and this package's docstring.

    Besides a small pool for publishing, each consumer has a connection of its own.

    Args:
        url: Address with a role that owns the schema `broker`, or may create it.
        name: Name of the connections, as the database's operators see it.
        publish_timeout: Seconds within which `publish` answers.
    """

    def __init__(
        self,
        *,
        url: str,
        name: str,
        publish_timeout: float = 5.0,
    ) -> None:
        self._url = url
        self._name = name
        self._publish_timeout = publish_timeout
        self._pool: Pool[asyncpg.Record] | None = None
        self._consumers: set[PullConsumer] = set()

    @classmethod
    def from_url(cls, url: str, *, name: str) -> Self:
        """Prepare a client of the database that the URL names.

        Raises:
            BrokerConfigurationError: No database can be reached by it.
        """
        try:
            check_address(url)
        except DatabaseAddressError as error:
            raise BrokerConfigurationError(str(error)) from None
        parts = urlsplit(url)
        if parts.scheme != "postgresql" or not parts.path.strip("/"):
            raise BrokerConfigurationError(
                "a Postgres broker's URL looks like postgresql://role:password@host:5432/database"
            )
        return cls(url=url, name=name)

    @property
    def capabilities(self) -> Capabilities:
        """Durable, with delays of its own; order only in ordered subscriptions."""
        return Capabilities(
            durable=True, per_key_order=False, native_delay=True, detects_unroutable=True
        )

    async def start(self) -> None:
        """Connect, in one attempt; after a failed one it may be called again.

        Raises:
            BrokerRefusedError: The database refused the role, or what the address asks for.
            BrokerUnavailableError: The database did not answer in time.
        """
        if self._pool is not None:
            return
        self._pool = await self._new_pool()
        try:
            await self._prove_answering(within=CONNECT_WITHIN)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop every consumer, let publications end, disconnect; twice is harmless."""
        await asyncio.gather(*(consumer.stop() for consumer in self._consumers))
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(CLOSE_WITHIN):
                await pool.close()
        except TimeoutError:
            log.warning("broker_connections_cut", name=self._name)
            pool.terminate()

    def abort(self) -> None:
        """Vanish: cut every connection without a goodbye, as a killed process does."""
        for consumer in self._consumers:
            consumer.abort()
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.terminate()

    async def declare(self, subscriptions: Sequence[Subscription]) -> None:
        """Create the tables and the subscriptions, as far as they are not there.

        Raises:
            TopologyConflictError: A subscription is ordered, or not, other than wanted.
            BrokerUnavailableError: The database did not answer.
        """
        async with self._declaring() as connection:
            await topology.declare(connection, subscriptions)

    async def mark(self, mark: str) -> None:
        """Leave a mark, by which the broker is known; see `leadwire.broker.Broker.mark`."""
        async with self._declaring() as connection:
            await topology.mark(connection, mark)

    async def is_marked(self, mark: str) -> bool:
        """Tell whether the broker has a mark."""
        async with self._connection(within=self._publish_timeout) as connection:
            return await topology.is_marked(connection, mark)

    async def missing(self, subscriptions: Sequence[Subscription]) -> list[str]:
        """Name the subscriptions, and types of theirs, that are not there.

        Raises:
            BrokerUnavailableError: The database did not answer.
        """
        async with self._connection(within=self._publish_timeout) as connection:
            return await topology.missing(connection, subscriptions)

    async def publish(
        self, batch: Sequence[Message], *, only: str | None = None
    ) -> Sequence[Outcome]:
        """Publish a batch; see `leadwire.broker.Broker.publish`."""
        if self._pool is None:
            return [Unknown(f"the client {self._name} is not started")] * len(batch)
        publisher = Publisher(pool=self._pool, timeout=self._publish_timeout)
        return await publisher.publish(batch, only=only)

    async def subscribe(
        self, subscription: Subscription, handler: Handler, *, parking: ParkingLot
    ) -> Consumer:
        """Start to consume; see `leadwire.broker.Broker.subscribe`.

        Raises:
            BrokerConfigurationError: The subscription is not declared as wanted. If the
                database does not answer just now, the consumer waits for it.
            BrokerUnavailableError: The client is not started.
        """
        self._started()
        try:
            missing = await self.missing([subscription])
        except BrokerUnavailableError as error:
            log.warning("subscription_not_verified", name=subscription.name, error=str(error))
            missing = []
        if missing:
            raise BrokerConfigurationError(f"declare first: {', '.join(missing)}")
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
        """Count the messages that wait; see `leadwire.broker.Broker.waiting`."""
        async with self._connection(within=self._publish_timeout) as connection:
            return await topology.waiting(connection, subscription, up_to=up_to)

    async def check(self) -> None:
        """Prove that the database answers now.

        Raises:
            BrokerUnavailableError: It does not, within two seconds.
        """
        await self._prove_answering(within=CHECK_WITHIN)

    async def _prove_answering(self, *, within: float) -> None:
        async with self._connection(within=within) as connection:
            await connection.execute("SELECT 1")

    @contextlib.asynccontextmanager
    async def _connection(self, *, within: float) -> AsyncGenerator[Connection]:
        pool = self._started()
        with unavailable(self._url):
            async with asyncio.timeout(within), lend(pool) as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def _declaring(self) -> AsyncGenerator[Connection]:
        settings = publisher_settings(name=self._name, statement_within=DECLARE_STATEMENT_WITHIN)
        connection = await connect(
            self._url, settings=settings, statement_within=DECLARE_STATEMENT_WITHIN
        )
        try:
            with unavailable(self._url):
                yield connection
                await connection.close(timeout=CLOSE_WITHIN)
        finally:
            connection.terminate()

    def _started(self) -> "Pool[asyncpg.Record]":
        if self._pool is None:
            raise BrokerUnavailableError(f"the client {self._name} is not started")
        return self._pool

    def _opener(self, subscription: Subscription) -> OpenSession:
        standing = Standing()

        async def open_session(wake: Callable[[], None]) -> PullSession:
            session = await PostgresSession.open(
                url=self._url,
                name=f"{self._name}:{subscription.name}",
                subscription=subscription,
                statement_within=SESSION_STATEMENT_WITHIN,
                wake=wake,
            )
            return OrderedSession(session, standing) if subscription.ordered else session

        return open_session

    async def _new_pool(self) -> "Pool[asyncpg.Record]":
        # With min_size=0 nothing is connected here.
        return await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=POOL_SIZE,
            timeout=CONNECT_WITHIN,
            command_timeout=self._publish_timeout + 1.0,
            server_settings=publisher_settings(
                name=self._name, statement_within=self._publish_timeout
            ),
        )
