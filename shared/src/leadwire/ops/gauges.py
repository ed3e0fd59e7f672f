"""What is parked and what waits, by subscription, for Prometheus.

Measured, not counted along: so the numbers are true after restarts, and the same in every replica.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Gauge

from leadwire.db import is_transient
from leadwire.lifecycle import PeriodicTask
from leadwire.ops.status import StatusDesk

MEASURE_EVERY: Final = 15.0
"""Seconds between two measurements."""


class ParkedGauges:
    """Keeps the gauges true; a component.

    Args:
        status: Measures.
        registry: Where to register them.
        interval: Seconds between two measurements.
    """

    def __init__(
        self, *, status: StatusDesk, registry: CollectorRegistry, interval: float = MEASURE_EVERY
    ) -> None:
        self._status = status
        self._parked = Gauge(
            "leadwire_parked_events",
            "Deliveries that are set aside now; 100001 stands for any number above 100,000.",
            ["subscription"],
            registry=registry,
        )
        self._waiting = Gauge(
            "leadwire_waiting_events",
            "Events that wait to be handled; 100001 stands for any number above 100,000.",
            ["subscription"],
            registry=registry,
        )
        self._task = PeriodicTask(
            name="parked gauges", interval=interval, body=self._measure, passes=_passes
        )

    async def start(self) -> None:
        """Measure, now and at every interval."""
        await self._task.start()

    async def stop(self) -> None:
        """Measure no more."""
        await self._task.stop()

    async def wait(self) -> None:
        """Return once stopped; raise what ended the loop otherwise."""
        await self._task.wait()

    async def _measure(self) -> bool:
        measured = await self._status.subscriptions()
        self._parked.clear()  # of a subscription that is known no more nothing may be left
        for each in measured:
            self._parked.labels(each.name).set(each.parked)
            if each.waiting is not None:  # else what was last known stays
                self._waiting.labels(each.name).set(each.waiting)
        return False


def _passes(error: Exception) -> bool:
    return is_transient(error)
