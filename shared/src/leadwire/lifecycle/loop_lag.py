"""How late the event loop comes to what is due."""

import asyncio
from typing import Final

from prometheus_client import CollectorRegistry, Histogram

from leadwire.lifecycle.task import BackgroundTask

LOOK_EVERY: Final = 0.5
"""Seconds between two looks."""

_BUCKETS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class EventLoopLag:
    """Sleeps, and notes how much later than asked for it is woken; a component.

    What keeps the loop from its work, keeps it from everything: requests, heartbeats, leases.

    Args:
        registry: Where the histogram is registered.
        interval: Seconds between two looks.
    """

    def __init__(self, *, registry: CollectorRegistry, interval: float = LOOK_EVERY) -> None:
        self._interval = interval
        self._lag = Histogram(
            "leadwire_event_loop_lag_seconds",
            "How much later than due the event loop came to a timer.",
            buckets=_BUCKETS,
            registry=registry,
        )
        self._task = BackgroundTask(name="event loop lag", body=self._run)

    async def start(self) -> None:
        """Begin to look."""
        await self._task.start()

    async def stop(self) -> None:
        """Look no more."""
        await self._task.stop()

    async def wait(self) -> None:
        """Return once stopped; raise what ended the loop otherwise."""
        await self._task.wait()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self._interval
            await asyncio.sleep(self._interval)
            self._lag.observe(max(0.0, loop.time() - due))
