"""What becomes of a delivery: the one place of the consumer's policy, without a broker.

The consumer on RabbitMQ and the fake for tests call `Dispatcher.settle` for each delivery and
then only do what it answers: acknowledge, deliver again later, or set aside.

Where the consumer's own database does not begin a transaction, the event is hardly at fault: it is
tried for days, however few attempts it may have, and has all of them yet when the database is back.
Else an outage of an hour would set aside all that came meanwhile.
"""

import asyncio
import logging
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar

from leadwire_client.consumer.metrics import OTHER, Metrics
from leadwire_client.consumer.policy import AWAY_LIMIT, Policy
from leadwire_client.consumer.units import Key, Store, Unit
from leadwire_client.errors import LeadwireError, UnreadableEventError
from leadwire_client.events import DATA_TYPES, Event, read_event

log = logging.getLogger("leadwire_client.consumer")

C = TypeVar("C")
Handler: TypeAlias = Callable[[Event, Unit[C]], Awaitable[None]]

CRASH_LIMIT: Final = 20
"""Times that a delivery may come back from a process that died with it, before it is parked."""

MAX_REASON: Final = 1000
"""Most characters of a reason that are kept."""


class RetryError(LeadwireError):
    """Raise it in a handler: not now. What was done in the transaction is undone.

    Args:
        reason: Why.
        delay: Seconds to wait; rounded up to the next of the consumer's `retry_delays`, at most
            the longest. None for the next one after the attempts so far.
    """

    code = "retry"

    def __init__(
        self, reason: str = "the handler asked for a retry", *, delay: float | None = None
    ) -> None:
        super().__init__(reason)
        self.delay = delay


class ParkError(LeadwireError):
    """Raise it in a handler: no further attempt could help. The event is set aside.

    Args:
        reason: Why; kept with the event.
    """

    code = "park"


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why an attempt failed, and whether its transaction had begun."""

    error: BaseException
    has_begun: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt to have an event handled.

    Attributes:
        body: The event as published.
        attempt: From 1; grows with every failure.
        away: Attempts before this one at which the database began no transaction.
        crashes: How often it came back from a process that vanished with it.
    """

    body: bytes
    attempt: int = 1
    away: int = 0
    crashes: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """It is handled, or was before: forget it."""


@dataclass(frozen=True, slots=True)
class Again:
    """Deliver it again, after one of the policy's delays, as the attempt that is given."""

    delay: float
    attempt: int
    away: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """Park it, with the reason."""

    reason: str


Settlement: TypeAlias = Done | Again | SetAside


class Dispatcher(Generic[C]):
    """Has deliveries handled, each in a transaction of its own.

    Args:
        subscription: Name of the consumer's queue.
        handler: Called for each event that is not known yet.
        store: Begins the transactions.
        policy: How often, and after which waits, a delivery is tried.
        metrics: Told what became of each.
    """

    def __init__(
        self,
        *,
        subscription: str,
        handler: Handler[C],
        store: Store[C],
        policy: Policy,
        metrics: Metrics,
    ) -> None:
        self._subscription = subscription
        self._handler = handler
        self._store = store
        self._policy = policy
        self._metrics = metrics

    async def settle(self, delivery: Delivery) -> Settlement:
        """Have a delivery handled, and say what to do with it.

        Nothing but a cancellation of the caller is raised.
        """
        began = time.monotonic()
        event: Event | None = None
        try:
            event = read_event(delivery.body)
        except UnreadableEventError as error:
            settlement, outcome = self._park(f"unreadable: {error}")
        else:
            settlement, outcome = await self._handle(event, delivery)
        self._note(event, delivery, outcome, time.monotonic() - began)
        return settlement

    async def _handle(self, event: Event, delivery: Delivery) -> tuple[Settlement, str]:
        if delivery.crashes >= CRASH_LIMIT:
            return self._park(f"{delivery.crashes} processes vanished while they handled it")
        result = await self._attempt(event)
        if isinstance(result, bool):
            return Done(), "handled" if result else "known"
        error = result.error
        if isinstance(error, ParkError):
            return self._park(str(error))
        if not isinstance(error, RetryError):
            # Its type and stack: the text may quote what is personal.
            stack = "".join(traceback.format_tb(error.__traceback__))
            log.warning("handler_failed %s %s\n%s", event.id, type(error).__name__, stack)
        if self._was_last(delivery, has_begun=result.has_begun):
            why = f"{type(error).__name__}: {error}"
            return self._park(f"gave up after {delivery.attempt} attempts: {why}")
        asked = error.delay if isinstance(error, RetryError) else None
        again = Again(
            delay=self._policy.delay(attempt=delivery.attempt, asked=asked),
            attempt=delivery.attempt + 1,
            away=delivery.away + (not result.has_begun),
        )
        return again, "retried"

    async def _attempt(self, event: Event) -> bool | _Failure:
        """Tell whether the event was new, and is handled now; or return what was raised.

        `gather` tells a cancellation of the caller from one that leaks out of the handler.
        """
        has_begun = False

        async def bounded() -> bool:
            nonlocal has_begun
            key = Key.of(event, subscription=self._subscription)
            async with asyncio.timeout(self._policy.handler_timeout), self._store.once(key) as unit:
                has_begun = True
                if unit is None:
                    return False
                await self._handler(event, unit)
                return True

        [result] = await asyncio.gather(bounded(), return_exceptions=True)
        return result if isinstance(result, bool) else _Failure(result, has_begun)

    def _was_last(self, delivery: Delivery, *, has_begun: bool) -> bool:
        most = self._policy.max_attempts
        if has_begun:
            return delivery.attempt - delivery.away >= most
        return delivery.attempt >= max(most, AWAY_LIMIT)

    def _park(self, reason: str) -> tuple[Settlement, str]:
        # An error may quote half a surrogate pair, which no header could hold.
        storable = reason[:MAX_REASON].encode(errors="replace").decode()
        return SetAside(storable), "parked"

    def _note(self, event: Event | None, delivery: Delivery, outcome: str, seconds: float) -> None:
        known = event is not None and event.type in DATA_TYPES
        event_type = event.type.value if event is not None and known else OTHER
        self._metrics.settled(event_type=event_type, outcome=outcome, seconds=seconds)
        level = logging.ERROR if outcome == "parked" else logging.DEBUG
        # Not the reason: it may quote what is personal. It stands with the parked event.
        log.log(
            level,
            "delivery_%s queue=%s event_id=%s type=%s attempt=%d",
            outcome,
            self._subscription,
            event.id if event is not None else None,
            event_type,
            delivery.attempt,
        )
