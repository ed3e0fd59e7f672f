"""Tell Prometheus how many endpoints are down and what is parked.

Measured, not counted along: so the numbers are true after restarts, and the same in every replica.
"""

from typing import Final

from leadwire.db import Database, is_transient
from leadwire.lifecycle import PeriodicTask
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.storage.deliveries import DeliveryStore
from notifier_svc.storage.webhook_deliveries import WebhookDeliveryStore

_MOST_COUNTED: Final = 100_001


class DeliveryGauges(PeriodicTask):
    """Keeps the gauges true.

    Args:
        database: Of the service.
        metrics: The gauges.
        interval: Seconds between two measurements.
    """

    def __init__(
        self, *, database: Database, metrics: NotifierMetrics, interval: float = 5.0
    ) -> None:
        self._database = database
        self._metrics = metrics
        super().__init__(
            name="delivery gauges", interval=interval, body=self.measure, passes=is_transient
        )

    async def measure(self) -> bool:
        """Measure once."""
        async with self._database.connection() as connection:
            down = await WebhookDeliveryStore(connection=connection).count_down()
            parked = await DeliveryStore(connection=connection).count_parked(up_to=_MOST_COUNTED)
        self._metrics.down(down)
        self._metrics.parked(parked)
        return False
