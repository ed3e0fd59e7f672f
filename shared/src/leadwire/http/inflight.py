"""What is being handled now, so that a stopping process can wait for it."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from aiohttp import web

_Result = TypeVar("_Result")


class InFlight:
    """Requests being answered, and changes whose client may have gone meanwhile."""

    def __init__(self) -> None:
        self._requests = 0
        self._changes: set[asyncio.Task[object]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request for the duration of the block."""
        self._requests += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._requests -= 1
            self._settle()

    async def to_its_end(
        self, change: Coroutine[Any, Any, _Result], *, on_failure: Callable[[Exception], None]
    ) -> _Result:
        """Await a change that goes on if the request that asked for it is cancelled.

        Args:
            change: What to do.
            on_failure: Told what the change raised, if nobody awaits it any more.
        """
        task = asyncio.create_task(change)
        self._changes.add(task)
        self._idle.clear()
        task.add_done_callback(self._change_ended)
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.add_done_callback(lambda ended: _tell(ended, on_failure))
            raise
        return task.result()

    async def wait_idle(self) -> None:
        """Return when nothing is being handled."""
        await self._idle.wait()

    async def cancel_changes(self) -> int:
        """Cancel the changes that are still going on; return how many there were."""
        left = list(self._changes)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
        return len(left)

    def _change_ended(self, task: asyncio.Task[object]) -> None:
        self._changes.discard(task)
        self._settle()

    def _settle(self) -> None:
        if not self._requests and not self._changes:
            self._idle.set()


def _tell(ended: asyncio.Task[Any], on_failure: Callable[[Exception], None]) -> None:
    if not ended.cancelled() and isinstance(error := ended.exception(), Exception):
        on_failure(error)


IN_FLIGHT = web.AppKey("in_flight", InFlight)
