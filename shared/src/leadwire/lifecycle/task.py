"""One background loop: a named task that runs until it is stopped."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)


class LoopEndedError(Exception):
    """A loop that should run until stopped returned by itself."""


class BackgroundTask:
    """Run a coroutine function as a named task, from `start` to `stop`.

    Args:
        name: Name of the task, for logs and debuggers.
        body: Called once by `start`; expected to run until it is cancelled.
    """

    def __init__(self, *, name: str, body: Callable[[], Awaitable[None]]) -> None:
        self.name = name
        self._body = body
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Start the task, also again after it ended; it must not be running.

        Raises:
            RuntimeError: It is.
        """
        if self._task is not None and not self._task.done():
            raise RuntimeError(f"{self.name} is running already")
        self._stopping = False
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """Cancel the task and wait for its end. Without start, or twice, is harmless."""
        self._stopping = True
        if self._task is None or self._task.done():
            return
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled() and (error := self._task.exception()) is not None:
            # Nobody else looks at a loop that is being stopped.
            log.error("loop_failed_while_stopping", loop=self.name, exc_info=error)

    async def wait(self) -> None:
        """Return once the task was stopped; raise what ended it otherwise.

        Raises:
            LoopEndedError: The loop returned by itself.
            Exception: Whatever the loop raised.
        """
        if self._task is None:
            return
        await asyncio.wait([self._task])
        if self._stopping:
            return
        if self._task.cancelled():
            raise LoopEndedError(f"{self.name} was cancelled from outside")
        error = self._task.exception()
        raise error if error is not None else LoopEndedError(f"{self.name} ended by itself")

    async def _run(self) -> None:
        try:
            await self._body()
        except asyncio.CancelledError:
            raise
        except Exception:
            if not self._stopping:
                log.exception("loop_died", loop=self.name)
            raise
