"""What becomes of a delivery: the one place of the retry and parking policy.

Every transport calls `settle` for each delivery and then only does what it answers:
forget the delivery (`Done`) or deliver it again later (`TryAgain`). So all transports
count, wait, park and log alike.

All of it runs in the trace that the message came with, as one span of it: what handlers, and the
policy here, log and publish bears its id.

A failure that passes by itself, as of a database that is away, or that all who waited for it come
to at once, is hardly the event's fault: it is tried for days, and has all its attempts yet when
that is over. Else an outage of an hour, or the first failure after it, would park what came
meanwhile.

A delivery is parked before it is acknowledged. If parking fails, because the database
is away, the delivery is kept in the broker and tried again: nothing vanishes.

What a handler raised is logged by its type and stack, not by its text, and why a
delivery is parked by a code, not by its reason: either text may quote personal data. It
goes into the parked entry only, and goes from there when the event is erased or redacted.

Delays are exact here. A transport that times each delivery by itself passes them
through `spread`; one with a queue per delay must not, or it would miss its queue.
"""

import asyncio
import random
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from leadwire.broker.port import (
    Ack,
    Delivery,
    Handler,
    Park,
    ParkingLot,
    Retry,
    Subscription,
    Verdict,
)
from leadwire.observability import bind_trace, continue_trace, record_span

log = structlog.get_logger(__name__)

HANDLER_LIMIT = 900.0
"""Seconds after which a handler that hangs counts as failed."""

PARKING_LIMIT = 30.0
"""Seconds after which parking counts as failed."""

EXCUSED_LIMIT = 500
"""Attempts that a delivery has at least whose failures are excused: three days, with the default
delays. Then it is parked all the same, as it may be what its database cannot take."""

MAX_REASON = 1000
"""Most characters of a reason that are kept."""

_JITTER = 0.1
_random = random.SystemRandom()
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Done:
    """The delivery is handled or parked: forget it."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Deliver again, with the next attempt's number.

    Attributes:
        delay: Seconds to wait at least.
        excused: Whether the failure does not count among the attempts that it has.
    """

    delay: float
    excused: bool = False


Settlement = Done | TryAgain


async def settle(
    delivery: Delivery,
    handler: Handler,
    *,
    subscription: Subscription,
    parking: ParkingLot,
) -> Settlement:
    """Have a delivery handled and say what the broker has to do with it.

    Args:
        delivery: One attempt at a message.
        handler: Called once; see `Verdict`. An exception, also a hung handler's
            time-out, counts as a `Retry` with the subscription's next delay.
        subscription: Says how many attempts there are and how long to wait between.
        parking: Where to put what is not to be tried again.

    Returns:
        What to do with the delivery. Nothing but a cancellation of the caller is raised.
    """
    trace = continue_trace(delivery.message.headers.get("traceparent"))
    told: dict[str, str | bool | int | float] = {
        "messaging.destination.name": delivery.subscription,
        "messaging.message.id": delivery.message.id,
        "leadwire.event.type": delivery.message.type,
        "leadwire.attempt": delivery.attempt,
    }
    with bind_trace(trace), record_span("handle event", trace, kind="consumer", attributes=told):
        settlement = await _settled(delivery, handler, subscription=subscription, parking=parking)
        told["leadwire.settlement"] = type(settlement).__name__
        return settlement


async def _settled(
    delivery: Delivery, handler: Handler, *, subscription: Subscription, parking: ParkingLot
) -> Settlement:
    match await _verdict(delivery, handler):
        case Ack():
            return Done()
        case Park(reason=reason):
            parked = await _is_parked(delivery, reason, cause="refused", parking=parking)
        case Retry(reason=reason) as retry if _was_last(delivery, subscription, retry):
            reason = f"gave up after {delivery.attempt} attempts: {reason}"
            parked = await _is_parked(delivery, reason, cause="gave_up", parking=parking)
        case Retry(delay=asked, excused=excused):
            delay = asked if asked is not None else retry_delay(subscription, delivery.attempt)
            log.info("delivery_retried", **_fields(delivery), delay_s=delay)
            return TryAgain(delay, excused)
    return Done() if parked else TryAgain(retry_delay(subscription, delivery.attempt))


def _was_last(delivery: Delivery, subscription: Subscription, retry: Retry) -> bool:
    most = subscription.max_attempts
    if retry.excused:
        return delivery.attempt >= max(most, EXCUSED_LIMIT)
    return delivery.attempt - delivery.excused >= most


def retry_delay(subscription: Subscription, attempt: int) -> float:
    """Return the seconds to wait after the given failed attempt; the last step repeats."""
    steps = subscription.retry_delays
    return steps[min(max(attempt, 1), len(steps)) - 1]


def spread(delay: float) -> float:
    """Return the delay, up to a tenth longer, so that what failed together comes apart."""
    return delay * (1.0 + _random.uniform(0.0, _JITTER))


async def _verdict(delivery: Delivery, handler: Handler) -> Verdict:
    result: object = await _attempt(lambda: handler(delivery), limit=HANDLER_LIMIT)
    if isinstance(result, Ack | Retry | Park):
        return result
    if not isinstance(result, BaseException):
        result = TypeError(f"the handler returned {type(result).__name__}, not a verdict")
    log.warning("handler_failed", **_fields(delivery), **_describe(result))
    return Retry(reason=f"{type(result).__name__}: {result}")


async def _is_parked(delivery: Delivery, reason: str, *, cause: str, parking: ParkingLot) -> bool:
    """Park, and tell whether that succeeded; the log is told the cause, not the reason."""
    error = await _attempt(lambda: parking.park(delivery, reason[:MAX_REASON]), limit=PARKING_LIMIT)
    if error is None:
        log.error("delivery_parked", **_fields(delivery), cause=cause)
        return True
    log.error("parking_failed", **_fields(delivery), **_describe(error))
    return False


async def _attempt(work: Callable[[], Awaitable[_T]], *, limit: float) -> _T | BaseException:
    """Return the result of the work, or what it raised.

    `gather` tells two cancellations apart: the caller's own is raised here, and one that
    leaks out of the work, as of a task that a handler awaited, is returned as a failure.
    """

    async def bounded() -> _T:
        async with asyncio.timeout(limit):
            return await work()

    [result] = await asyncio.gather(bounded(), return_exceptions=True)
    return result


def _fields(delivery: Delivery) -> dict[str, str | int]:
    return {
        "subscription": delivery.subscription,
        "message_id": delivery.message.id,
        "message_type": delivery.message.type,
        "attempt": delivery.attempt,
    }


def _describe(error: BaseException) -> dict[str, str]:
    stack = "".join(traceback.format_tb(error.__traceback__))
    return {"error": type(error).__name__, "stack": stack}
