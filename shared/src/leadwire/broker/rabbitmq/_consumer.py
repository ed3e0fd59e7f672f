"""Consume a queue for as long as the process wants, whatever the server does meanwhile.

A server does not always say that a consumption is over. When a queue is deleted and made
again, RabbitMQ 3.10 may keep the consumer without telling it, and forget it; or let the
new queue deliver to it and take what it delivers for repetitions, since its messages are
counted from 1 again: then they stay unacknowledged for ever, while the server counts the
consumer as present. No question that a client can ask tells such a consumption from one
that has nothing to do. So one that has been silent for a while is ended and begun again on
a new channel, which costs a few milliseconds, and what was stuck comes again.
"""

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
        renew_after: Seconds of silence after which a consumption is begun again.
        cancel_last: See `Session`.
    """

    def __init__(
        self,
        *,
        link: Link,
        queue: str,
        prefetch: int,
        work: Work,
        renew_after: float,
        cancel_last: bool = False,
    ) -> None:
        self._link = link
        self._queue = queue
        self._prefetch = prefetch
        self._work = work
        self._renew_after = renew_after
        self._cancel_last = cancel_last
        self._loop = BackgroundTask(name=f"consume {queue}", body=self._run)
        self._session: Session | None = None
        self._is_well = False  # what an operator knows: renewals that succeed are not news
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
            if not self._is_well:
                self._is_well = True
                log.info("consumer_started", queue=self._queue)
            interrupted = await self._is_interrupted(session)
            if interrupted:
                self._is_well = False
                log.warning("consumer_interrupted", queue=self._queue)
            await session.close(_DRAIN_WITHIN)
            if interrupted:
                # A server that cancels each consumption at once is not asked without a
                # pause, nor by all consumers at the same time.
                await asyncio.sleep(_random.uniform(*_PAUSE))

    async def _is_interrupted(self, session: Session) -> bool:
        """Return True once the session has ended; False once it has been silent for long."""
        while (left := self._renew_after - session.silence) > 0:
            if not await session.pause(left):
                return True
        return False

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
        self._is_well = False
        if error is not None:
            log.warning(
                "consumer_not_started",
                queue=self._queue,
                reason=describe(error),
                attempt=state.attempt_number,
            )
