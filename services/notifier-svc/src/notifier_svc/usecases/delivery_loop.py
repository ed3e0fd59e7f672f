"""Work the deliveries off, as long as the process runs."""

import asyncio

import structlog

from leadwire.db import is_transient
from leadwire.lifecycle import BackgroundTask
from notifier_svc.usecases.deliver_due import Deliverer

log = structlog.get_logger(__name__)


class DeliveryLoop:
    """Looks for due deliveries; every replica may, as each takes what the others have not.

    Args:
        deliverer: Tries them.
        interval: Seconds between two looks when there is nothing to do.
    """

    def __init__(self, *, deliverer: Deliverer, interval: float = 0.5) -> None:
        self._deliverer = deliverer
        self._interval = interval
        self._task = BackgroundTask(name="email deliveries", body=self._run)

    async def start(self) -> None:
        """Begin to deliver."""
        await self._task.start()

    async def stop(self) -> None:
        """Stop; an email that is under way is tried again by the next process."""
        await self._task.stop()

    async def wait(self) -> None:
        """Return once stopped; raise what ended the loop otherwise."""
        await self._task.wait()

    async def _run(self) -> None:
        while True:
            if not await self._look():
                await asyncio.sleep(self._interval)

    async def _look(self) -> bool:
        try:
            return await self._deliverer.deliver_due()
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("deliveries_not_tried", error=type(error).__name__)
            return False
