"""The consumer loop of every pulled transport.

One task talks to the server: it settles what handlers have finished, claims as much as
there is room for, and waits to be woken: by the server's notification, by a handler that
ended, or by the poll, which alone is relied on. Each claim is handled in a task of its own.

When the session is lost, running handlers go on, and what they achieve is settled in the
next session, unless another consumer has got the delivery by then. In an ordered
subscription they are cancelled: another consumer may be handling the same message now.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from leadwire.broker.attempts import Done, Settlement, TryAgain, settle, spread
from leadwire.broker.errors import BrokerUnavailableError
from leadwire.broker.port import (
    DELIVERY_LIMIT,
    Delivery,
    Handler,
    Park,
    ParkingLot,
    Subscription,
    Verdict,
)
from leadwire.broker.pull._session import Claim, OpenSession, Postponed, PullSession

log = structlog.get_logger(__name__)

SETTLE_WITHIN = 5.0
"""Seconds that a stop may spend on the last settlements and on cancelled handlers."""

_DUE_TOLERANCE = 0.005


class PullConsumer:
    """A consumer of one subscription; see `leadwire.broker.Consumer`.

    Args:
        subscription: What to consume, and its bounds.
        handler: Called for each delivery.
        parking: Receives what is parked.
        open_session: Opens a session at the server, each time one is needed.
        on_stopped: Called when it was stopped.
        poll_interval: Seconds after which the server is asked without being woken.
    """

    def __init__(
        self,
        *,
        subscription: Subscription,
        handler: Handler,
        parking: ParkingLot,
        open_session: OpenSession,
        on_stopped: Callable[["PullConsumer"], None] | None = None,
        poll_interval: float = 1.0,
    ) -> None:
        self._subscription = subscription
        self._handler = handler
        self._parking = parking
        self._open_session = open_session
        self._on_stopped = on_stopped
        self._poll_interval = poll_interval
        self._capacity = 1 if subscription.ordered else subscription.prefetch
        self._running: set[asyncio.Task[None]] = set()
        self._settled: list[tuple[Claim, Settlement]] = []
        self._woken = asyncio.Event()
        self._more_expected = True
        self._next_poll = 0.0
        self._stopping = asyncio.Event()
        self._aborted = False
        self._loop: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to consume."""
        self._loop = asyncio.create_task(self._run(), name=f"consume {self._subscription.name}")

    async def stop(self, deadline: float = 10.0) -> None:
        """Stop gracefully; see `leadwire.broker.Consumer.stop`."""
        if self._closing is None:
            self._closing = asyncio.create_task(
                self._shut_down(deadline), name=f"stop {self._subscription.name}"
            )
        await asyncio.shield(self._closing)

    async def wait(self) -> None:
        """Return once stopped; raise what ended the consumer otherwise."""
        if self._loop is None:
            return
        await asyncio.wait([self._loop])
        if self._stopping.is_set() or self._aborted:
            return
        self._loop.result()

    def abort(self) -> None:
        """Vanish: cancel everything, settle nothing, cut the connection."""
        self._aborted = True
        if self._loop is not None:
            self._loop.cancel()
        self._cancel_handlers()

    async def _run(self) -> None:
        try:
            while not self._drained():
                try:
                    await self._consume_in(await self._new_session())
                except BrokerUnavailableError as error:
                    await self._recover(error)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("consumer_died", subscription=self._subscription.name)
            raise

    async def _new_session(self) -> PullSession:
        opening = AsyncRetrying(
            retry=retry_if_exception(self._worth_retrying),
            wait=wait_random_exponential(multiplier=0.1, max=5.0),
            sleep=self._pause,
            before_sleep=self._say_waiting,
            reraise=True,
        )
        return await opening(self._open_session, self._wake)

    async def _consume_in(self, session: PullSession) -> None:
        log.info("consumer_connected", subscription=self._subscription.name)
        self._wake()
        try:
            while not self._drained():
                await self._turn(session)
        finally:
            if self._aborted:
                session.abort()
            else:
                await session.close()

    async def _recover(self, error: BrokerUnavailableError) -> None:
        log.warning("consumer_disconnected", subscription=self._subscription.name, error=str(error))
        if self._subscription.ordered:
            self._cancel_handlers()
        # A server that accepts sessions and fails in them must not be run against at once.
        await self._pause(spread(0.1))

    async def _turn(self, session: PullSession) -> None:
        self._woken.clear()
        # First what an earlier session claimed: the sweep would free that.
        await self._settle(session)
        if time.monotonic() >= self._next_poll:
            await session.sweep()
            self._more_expected = True
            self._next_poll = time.monotonic() + self._poll_interval
        await self._claim(session)
        if not (self._settled or self._can_claim() or self._drained()):
            await self._until_woken()

    async def _settle(self, session: PullSession) -> None:
        settled, self._settled = self._settled, []
        try:
            if finished := [claim for claim, what in settled if isinstance(what, Done)]:
                await session.finish(finished)
            postponed = [
                Postponed(claim, claim.delivery.again(is_excused=what.excused), spread(what.delay))
                for claim, what in settled
                if isinstance(what, TryAgain)
            ]
            if postponed:
                await session.postpone(postponed)
        except BaseException:
            # To be settled in the next session; what was finished is finished once more.
            self._settled = settled + self._settled
            raise
        for again in postponed:
            self._wake_when_due(again.delay)

    async def _claim(self, session: PullSession) -> None:
        if not self._can_claim():
            return
        # Cleared before asking: a notification during the question asks again.
        self._more_expected = False
        limit = self._room()
        claims = await session.claim(limit)
        if self._stopping.is_set():
            await session.give_back(claims)
            return
        self._more_expected = self._more_expected or len(claims) == limit
        for claim in claims:
            task = asyncio.create_task(
                self._handle(claim), name=f"handle {claim.delivery.message.id}"
            )
            self._running.add(task)
            task.add_done_callback(self._handled)

    async def _handle(self, claim: Claim) -> None:
        settlement = await settle(
            claim.delivery,
            self._handler if claim.losses < DELIVERY_LIMIT else _parks_suspect(claim),
            subscription=self._subscription,
            parking=self._parking,
        )
        self._settled.append((claim, settlement))

    def _handled(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._woken.set()

    async def _until_woken(self) -> None:
        remaining = self._next_poll - time.monotonic()
        try:
            async with asyncio.timeout(max(remaining, 0.0)):
                await self._woken.wait()
        except TimeoutError:
            return

    def _wake(self) -> None:
        self._more_expected = True
        self._woken.set()

    def _wake_when_due(self, delay: float) -> None:
        if delay < self._poll_interval:  # the poll finds the others
            asyncio.get_running_loop().call_later(delay + _DUE_TOLERANCE, self._wake)

    def _room(self) -> int:
        return self._capacity - len(self._running) - len(self._settled)

    def _can_claim(self) -> bool:
        return self._more_expected and self._room() > 0 and not self._stopping.is_set()

    def _drained(self) -> bool:
        return self._stopping.is_set() and not self._running and not self._settled

    def _cancel_handlers(self) -> None:
        for task in self._running:
            task.cancel()

    async def _shut_down(self, deadline: float) -> None:
        self._stopping.set()
        self._woken.set()
        if self._running:
            await asyncio.wait(self._running, timeout=deadline)
        if self._running:
            log.warning(
                "handlers_cancelled",
                subscription=self._subscription.name,
                count=len(self._running),
            )
            self._cancel_handlers()
            await asyncio.wait(self._running, timeout=SETTLE_WITHIN)
        await self._end_loop()
        if self._on_stopped is not None:
            self._on_stopped(self)

    async def _end_loop(self) -> None:
        if self._loop is None:
            return
        await asyncio.wait([self._loop], timeout=SETTLE_WITHIN)
        if not self._loop.done():
            self._loop.cancel()
            await asyncio.wait([self._loop], timeout=SETTLE_WITHIN)

    async def _pause(self, seconds: float) -> None:
        """Sleep, but not into a stop; while stopping, tries to settle keep their distance."""
        if self._stopping.is_set():
            await asyncio.sleep(seconds)
            return
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    def _worth_retrying(self, error: BaseException) -> bool:
        return isinstance(error, BrokerUnavailableError) and not self._stopping.is_set()

    def _say_waiting(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        log.warning(
            "consumer_waits_for_broker",
            subscription=self._subscription.name,
            attempt=state.attempt_number,
            error=str(error),
        )


def _parks_suspect(claim: Claim) -> Callable[[Delivery], Awaitable[Verdict]]:
    async def park(_: Delivery) -> Verdict:
        return Park(f"{claim.losses} consumers vanished while they held this message")

    return park
