"""Consume a queue for as long as the process wants, whatever the server does meanwhile."""

import asyncio
import random
from typing import Final

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_never,
    wait_random_exponential,
)

from leadwire.broker.errors import BrokerUnavailableError
from leadwire.broker.rabbitmq._link import REFUSED, Link, call, close_channel, describe
from leadwire.broker.rabbitmq._session import Session, Work
from leadwire.lifecycle import BackgroundTask

log = structlog.get_logger(__name__)

_DRAIN_WITHIN: Final = 10.0
"""Seconds that handlers get to finish when their channel was lost or cancelled, before
consumption begins again: so the prefetch bound and the order hold across a loss."""

_OPEN_WITHIN: Final = 60.0
_ASK_EVERY: Final = 10.0
_ENOUGH: Final = 2
_PAUSE: Final = (0.05, 0.25)
_random = random.SystemRandom()


class QueueConsumer:
    """Keeps one session on a queue: opens it, and opens the next when it has ended.

    It comes back after a lost connection, a restarted server, a consumption that the
    server cancelled, and a queue that was deleted and made again.

    Args:
        link: The connection for consuming.
        queue: Name of the queue.
        prefetch: Most deliveries held unfinished.
        work: Called for each delivery.
        cancel_last: See `Session`.
    """

    def __init__(
        self, *, link: Link, queue: str, prefetch: int, work: Work, cancel_last: bool = False
    ) -> None:
        self._link = link
        self._queue = queue
        self._prefetch = prefetch
        self._work = work
        self._cancel_last = cancel_last
        self._loop = BackgroundTask(name=f"consume {queue}", body=self._run)
        self._session: Session | None = None
        self._stopping: asyncio.Task[None] | None = None
        self.consuming = asyncio.Event()
        """Set once the first session is open."""

    async def start(self) -> None:
        """Begin, in the background."""
        await self._loop.start()

    async def stop(self, deadline: float) -> None:
        """Take nothing more, let handlers finish. Twice, also at once, is harmless."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(deadline), name=f"stop {self._queue}")
        await asyncio.shield(self._stopping)

    async def wait(self) -> None:
        """Return once stopped; raise what ended the loop otherwise."""
        await self._loop.wait()
        if self._stopping is not None:
            await asyncio.shield(self._stopping)

    async def _stop(self, deadline: float) -> None:
        await self._loop.stop()
        if self._session is not None:
            await self._session.close(deadline)

    async def _run(self) -> None:
        while True:
            session = await self._open()
            self._session = session
            self.consuming.set()
            log.info("consumer_started", queue=self._queue)
            await self._watch(session)
            log.warning("consumer_interrupted", queue=self._queue)
            await session.close(_DRAIN_WITHIN)
            # A server that cancels each consumption at once is not asked without a pause,
            # nor by all consumers at the same time.
            await asyncio.sleep(_random.uniform(*_PAUSE))

    async def _watch(self, session: Session) -> None:
        """Return when the session is over, also if the server did not say so.

        A consumption that begins while its queue is being deleted can stay without
        deliveries and without a cancellation: so the server is asked from time to time.
        Twice, since a queue without a leader at the moment counts no consumer either.
        """
        unknown = 0
        while unknown < _ENOUGH and await session.pause(_ASK_EVERY):
            try:
                unknown = 0 if await session.is_known() else unknown + 1
            except (BrokerUnavailableError, *REFUSED) as error:
                log.info("consumer_not_confirmed", queue=self._queue, reason=describe(error))
                return

    async def _open(self) -> Session:
        return await AsyncRetrying(
            retry=retry_if_exception_type((BrokerUnavailableError, *REFUSED)),
            stop=stop_never,
            wait=wait_random_exponential(multiplier=0.2, max=5.0),
            before_sleep=self._log_failure,
        )(self._try_open)

    async def _try_open(self) -> Session:
        return await call(self._begin(), within=_OPEN_WITHIN)

    async def _begin(self) -> Session:
        channel = await self._link.channel()
        session = Session(
            channel=channel,
            queue=self._queue,
            prefetch=self._prefetch,
            work=self._work,
            cancel_last=self._cancel_last,
        )
        try:
            await session.open()
        except BaseException:
            await close_channel(channel)
            raise
        return session

    def _log_failure(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        if error is not None:
            log.warning(
                "consumer_not_started",
                queue=self._queue,
                reason=describe(error),
                attempt=state.attempt_number,
            )
