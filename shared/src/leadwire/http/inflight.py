"""What is being handled now, so that a stopping process can wait for it."""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import TypeVar

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

    async def to_its_end(self, change: Awaitable[_Result]) -> _Result:
        """Await a change that goes on if the request that asked for it is cancelled."""

        async def run() -> _Result:
            return await change

        task = asyncio.create_task(run())
        self._changes.add(task)
        self._idle.clear()
        task.add_done_callback(self._change_ended)
        return await asyncio.shield(task)

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


IN_FLIGHT = web.AppKey("in_flight", InFlight)
