"""Components that make a service wait for, or insist on, what it needs to work."""

import asyncio
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_delay,
    wait_random_exponential,
)

from leadwire.broker import (
    Broker,
    BrokerRefusedError,
    BrokerUnavailableError,
    Consumer,
    Handler,
    ParkingLot,
    Subscription,
)
from leadwire.db import Database, MigrationSource, again_while_away, pending_migrations
from leadwire.http import HttpServer

log = structlog.get_logger(__name__)

_VARIABLE: Final = "LEADWIRE_BROKER_URL"
_PORTS: Final = {"amqp": 5672, "amqps": 5671, "postgresql": 5432, "postgres": 5432}

# The first word on a broker that is waited for, and each further one, in seconds.
_FIRST_WORD_AFTER: Final = 1.0
_NEXT_WORD_AFTER: Final = 15.0


class NotPreparedError(Exception):
    """Something that an earlier command should have prepared is not there."""


class AppliedMigrations:
    """Refuses to start on a schema that is older than the code.

    Args:
        service: Name of the service, for the message.
        database: Its database, started before; it may have gone away since.
        sources: What should be applied.
        answer_within: Seconds that a start waits for a database that has.
    """

    def __init__(
        self,
        *,
        service: str,
        database: Database,
        sources: Sequence[MigrationSource],
        answer_within: float,
    ) -> None:
        self._service = service
        self._database = database
        self._sources = sources
        self._answer_within = answer_within

    async def start(self) -> None:
        """Compare.

        Raises:
            NotPreparedError: A migration is missing.
            DatabaseUnavailableError: The database did not answer within `answer_within`.
        """
        pending = await again_while_away(self._pending, within=self._answer_within)
        if pending:
            raise NotPreparedError(
                f"migrations are not applied: {', '.join(pending)}; run `{self._service} migrate`"
            )

    async def _pending(self) -> Sequence[str]:
        async with self._database.connection() as connection:
            return await pending_migrations(
                connection, schema=self._database.schema, sources=self._sources
            )

    async def stop(self) -> None:
        """Nothing is held."""


class PatientBroker:
    """Connects to the broker, and waits a while for one that is still starting.

    A service that is rolled out together with its broker may come before its user or its role,
    so it waits also for a broker that refuses them, and says what was refused.

    Args:
        broker: What to connect and disconnect.
        url: Its address, of which messages name host and port.
        connect_within: Seconds that a start waits for a broker that is not there yet.
        until_admitted: Whether it waits for one that refuses us, too.
    """

    def __init__(
        self, *, broker: Broker, url: str, connect_within: float, until_admitted: bool = True
    ) -> None:
        self._broker = broker
        self._until_admitted = until_admitted
        self._failure: BrokerUnavailableError | None = None
        self._where = _host_and_port(url)
        self._connect_within = connect_within

    async def start(self) -> None:
        """Connect.

        Raises:
            BrokerRefusedError: The broker refused us, until the end if it was waited for.
            BrokerUnavailableError: The broker did not answer, or admitted nobody, within
                `connect_within`.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception(self._worth_waiting),
            wait=wait_random_exponential(multiplier=0.25, max=5.0),
        )
        telling = asyncio.create_task(self._tell(), name="tell of the wait for the broker")
        try:
            # Around everything, since one attempt may itself take long.
            async with asyncio.timeout(self._connect_within):
                await retrying(self._attempt)
        except TimeoutError:
            raise self._given_up() from None
        finally:
            telling.cancel()
            await asyncio.wait([telling])

    async def _attempt(self) -> None:
        try:
            await self._broker.start()
        except BrokerRefusedError as error:
            self._failure = BrokerRefusedError(f"{error}; mend that there, or correct {_VARIABLE}")
            raise self._failure from error
        except BrokerUnavailableError as error:
            self._failure = error
            raise

    def _given_up(self) -> BrokerUnavailableError:
        if isinstance(self._failure, BrokerRefusedError):
            return self._failure
        last = f" (it was last: {self._failure})" if self._failure else ""
        return BrokerUnavailableError(
            f"the broker at {self._where} did not answer within {self._connect_within:g} s: "
            f"start it, or correct {_VARIABLE}{last}"
        )

    def _worth_waiting(self, error: BaseException) -> bool:
        if isinstance(error, BrokerRefusedError):
            return self._until_admitted
        return isinstance(error, BrokerUnavailableError)

    async def _tell(self) -> None:
        """Say now and then that the broker is waited for."""
        waited, pause = 0.0, _FIRST_WORD_AFTER
        while waited + pause < self._connect_within:
            await asyncio.sleep(pause)
            waited += pause
            self._say(waiting_for_another_s=round(self._connect_within - waited, 1))
            pause = _NEXT_WORD_AFTER

    def _say(self, *, waiting_for_another_s: float) -> None:
        known = {
            "broker": self._where,
            "variable": _VARIABLE,
            "waiting_for_another_s": waiting_for_another_s,
        }
        refused = isinstance(self._failure, BrokerRefusedError)
        reason = str(self._failure) if self._failure else None
        log.warning("broker_refuses" if refused else "broker_not_there_yet", **known, reason=reason)

    async def stop(self) -> None:
        """Disconnect."""
        await self._broker.stop()


class CannotListenError(Exception):
    """HTTP cannot be served where the settings say."""


class ConfiguredServer:
    """Serves HTTP where the settings say, and names them if that cannot be done.

    Args:
        server: What to start and stop.
        host: Where it is to listen.
        port: Where it is to listen.
    """

    def __init__(self, *, server: HttpServer, host: str, port: int) -> None:
        self._server = server
        self._host = host
        self._port = port

    async def start(self) -> None:
        """Listen.

        Raises:
            CannotListenError: The host is none of this machine, or the port cannot be had.
        """
        try:
            await self._server.start()
        except OSError as error:
            reason = str(error.strerror or error).rpartition("): ")[2]
            raise CannotListenError(
                f"cannot listen on {self._host} port {self._port} ({reason}): "
                "correct LEADWIRE_HTTP_HOST or LEADWIRE_HTTP_PORT, or stop what uses the port"
            ) from error

    async def stop(self) -> None:
        """Drain, then close."""
        await self._server.stop()


class PreparedTopology:
    """Insists on the queues of a service's subscriptions, which `topology` declares.

    A broker that keeps nothing beyond the process cannot have been prepared by an earlier
    command; there they are declared on start.

    Args:
        service: Name of the service, for the message.
        broker: Started before; it may have gone away since.
        subscriptions: What should be there.
        answer_within: Seconds that a start waits for a broker that has.
    """

    def __init__(
        self,
        *,
        service: str,
        broker: Broker,
        subscriptions: Sequence[Subscription],
        answer_within: float,
    ) -> None:
        self._service = service
        self._broker = broker
        self._subscriptions = subscriptions
        self._answer_within = answer_within

    async def start(self) -> None:
        """Compare, or declare.

        Raises:
            NotPreparedError: Something is missing.
            BrokerUnavailableError: The broker did not answer within `answer_within`.
        """
        if not self._broker.capabilities.durable:
            await self._broker.declare(self._subscriptions)
            return
        retrying = AsyncRetrying(
            retry=retry_if_exception(_is_away),
            wait=wait_random_exponential(multiplier=0.25, max=5.0),
            stop=stop_after_delay(self._answer_within),
            before_sleep=_say_away,
            reraise=True,
        )
        missing: Sequence[str] = await retrying(self._broker.missing, self._subscriptions)
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


def _is_away(error: BaseException) -> bool:
    return isinstance(error, BrokerUnavailableError) and not isinstance(error, BrokerRefusedError)


def _say_away(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning("topology_not_checked_yet", attempt=state.attempt_number, reason=str(error))


def _host_and_port(url: str) -> str:
    """Return where a broker is, without its credentials."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "an unknown place"
    host = parts.hostname or "localhost"
    return host if port is None else f"{host}:{port}"
