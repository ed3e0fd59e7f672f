"""Deliver events to webhooks, as long as the process runs."""

from typing import Final

from leadwire.db import is_transient
from leadwire.lifecycle import PeriodicTask
from notifier_svc.usecases.deliver_events import EventDeliverer

_FINISH_WITHIN: Final = 10.0


class WebhookLoop(PeriodicTask):
    """Works when something ended or was planned here, and otherwise looks now and then.

    Args:
        deliverer: Delivers.
        interval: Seconds between two looks, for what other processes planned and what is tried
            again.
    """

    def __init__(self, *, deliverer: EventDeliverer, interval: float = 0.5) -> None:
        self._deliverer = deliverer
        super().__init__(
            name="webhook deliveries", interval=interval, body=self._round, passes=is_transient
        )

    async def stop(self) -> None:
        """Start nothing more, and let what is under way end."""
        await super().stop()
        await self._deliverer.finish(within=_FINISH_WITHIN)

    async def _round(self) -> bool:
        await self._deliverer.work(on_end=self.hasten)
        return False
