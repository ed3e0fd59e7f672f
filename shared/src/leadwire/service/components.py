"""Components that make a service wait for, or insist on, what it needs to work."""

import asyncio
from collections.abc import Sequence

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_random_exponential,
)

from leadwire.broker import (
    Broker,
    BrokerUnavailableError,
    Consumer,
    Handler,
    ParkingLot,
    Subscription,
)
from leadwire.db import Database, MigrationSource, pending_migrations

log = structlog.get_logger(__name__)


class NotPreparedError(Exception):
    """Something that an earlier command should have prepared is not there."""


class AppliedMigrations:
    """Refuses to start on a schema that is older than the code.

    Args:
        service: Name of the service, for the message.
        database: Its database, started before.
        sources: What should be applied.
    """

    def __init__(
        self, *, service: str, database: Database, sources: Sequence[MigrationSource]
    ) -> None:
        self._service = service
        self._database = database
        self._sources = sources

    async def start(self) -> None:
        """Compare.

        Raises:
            NotPreparedError: A migration is missing.
        """
        async with self._database.connection() as connection:
            pending = await pending_migrations(
                connection, schema=self._database.schema, sources=self._sources
            )
        if pending:
            raise NotPreparedError(
                f"migrations are not applied: {', '.join(pending)}; run `{self._service} migrate`"
            )

    async def stop(self) -> None:
        """Nothing is held."""


class PatientBroker:
    """Connects to the broker, and waits a while for one that is still starting.

    Args:
        broker: What to connect and disconnect.
        connect_within: Seconds that a start waits for a broker that is not there yet.
    """

    def __init__(self, *, broker: Broker, connect_within: float) -> None:
        self._broker = broker
        self._connect_within = connect_within

    async def start(self) -> None:
        """Connect.

        Raises:
            BrokerUnavailableError: The broker did not answer within `connect_within`.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(BrokerUnavailableError),
            wait=wait_random_exponential(multiplier=0.25, max=5.0),
            before_sleep=_say_that_we_wait,
        )
        try:
            # Around everything, since one attempt of a broker may itself be patient.
            async with asyncio.timeout(self._connect_within):
                await retrying(self._broker.start)
        except TimeoutError:
            raise BrokerUnavailableError(
                f"the broker did not answer within {self._connect_within:g} s"
            ) from None

    async def stop(self) -> None:
        """Disconnect."""
        await self._broker.stop()


class PreparedTopology:
    """Insists on the queues of a service's subscriptions, which `topology` declares.

    A broker that keeps nothing beyond the process cannot have been prepared by an earlier
    command; there they are declared on start.

    Args:
        service: Name of the service, for the message.
        broker: Started before.
        subscriptions: What should be there.
    """

    def __init__(
        self, *, service: str, broker: Broker, subscriptions: Sequence[Subscription]
    ) -> None:
        self._service = service
        self._broker = broker
        self._subscriptions = subscriptions

    async def start(self) -> None:
        """Compare, or declare.

        Raises:
            NotPreparedError: Something is missing.
        """
        if not self._broker.capabilities.durable:
            await self._broker.declare(self._subscriptions)
            return
        missing = await self._broker.missing(self._subscriptions)
        if missing:
            raise NotPreparedError(
                f"the broker has no {', '.join(missing)}; run `{self._service} topology`"
            )

    async def stop(self) -> None:
        """Nothing is held."""


class Consumption:
    """Consumes one subscription from start to stop.

    Args:
        broker: Started before.
        subscription: What to consume.
        handler: Called for each delivery.
        parking: Takes what cannot be handled.
        stop_within: Seconds that running handlers have to finish.
    """

    def __init__(
        self,
        *,
        broker: Broker,
        subscription: Subscription,
        handler: Handler,
        parking: ParkingLot,
        stop_within: float,
    ) -> None:
        self._broker = broker
        self._subscription = subscription
        self._handler = handler
        self._parking = parking
        self._stop_within = stop_within
        self._consumer: Consumer | None = None

    async def start(self) -> None:
        """Subscribe."""
        self._consumer = await self._broker.subscribe(
            self._subscription, self._handler, parking=self._parking
        )
        log.info("consumer_started", subscription=self._subscription.name)

    async def stop(self) -> None:
        """Take nothing more and let running handlers finish."""
        if self._consumer is not None:
            await self._consumer.stop(self._stop_within)

    async def wait(self) -> None:
        """Return once stopped; raise what ended the consumer otherwise."""
        if self._consumer is not None:
            await self._consumer.wait()


def _say_that_we_wait(state: RetryCallState) -> None:
    log.warning("broker_not_there_yet", attempt=state.attempt_number)
