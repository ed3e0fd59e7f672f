"""A background loop that does the same again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import SystemRandom

import structlog

from leadwire.lifecycle.task import BackgroundTask

log = structlog.get_logger(__name__)

_random = SystemRandom()


class PeriodicTask:
    """Calls a coroutine function at intervals, from `start` to `stop`; a component.

    A call that fails for a reason that passes is logged, and the next one comes at its time.
    Any other failure ends the loop, and with it the process.

    Args:
        name: Name of the loop, for logs and debuggers.
        interval: Seconds between the end of a call and the next one.
        body: What to do; it returns True if there is more to do at once.
        passes: Tells whether an error passes by itself.
        jitter: Share of the interval by which it is made longer or shorter at random, so that
            replicas do not go in step.
    """

    def __init__(
        self,
        *,
        name: str,
        interval: float,
        body: Callable[[], Awaitable[bool]],
        passes: Callable[[Exception], bool],
        jitter: float = 0.1,
    ) -> None:
        self._name = name
        self._interval = interval
        self._body = body
        self._passes = passes
        self._jitter = jitter
        self._wanted = asyncio.Event()
        self._task = BackgroundTask(name=name, body=self._run)

    async def start(self) -> None:
        """Begin; the first call comes at once."""
        await self._task.start()

    def hasten(self) -> None:
        """Let the next call come now, or right after the one that runs."""
        self._wanted.set()

    async def stop(self) -> None:
        """Cancel the call that runs, if one does."""
        await self._task.stop()

    async def wait(self) -> None:
        """Return once stopped; raise what ended the loop otherwise."""
        await self._task.wait()

    async def _run(self) -> None:
        while True:
            self._wanted.clear()
            if not await self._call():
                spread = _random.uniform(1 - self._jitter, 1 + self._jitter)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._interval * spread):
                        await self._wanted.wait()

    async def _call(self) -> bool:
        try:
            return await self._body()
        except Exception as error:
            if not self._passes(error):
                raise
            log.warning("loop_round_failed", loop=self._name, error=type(error).__name__)
            return False
