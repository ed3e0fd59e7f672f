"""What manager-svc tells Prometheus."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, Histogram

_WAIT_BUCKETS: Final = (
    0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 4 * 3600.0, 12 * 3600.0,
    86_400.0, 3 * 86_400.0, 7 * 86_400.0, 30 * 86_400.0,
)  # fmt: skip


class ManagerMetrics:
    """Numbers of one process.

    Args:
        registry: Where they are shown.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._waited = Histogram(
            "leadwire_assignment_wait_seconds",
            "From a lead's creation to the first time that a manager got it.",
            buckets=_WAIT_BUCKETS,
            registry=registry,
        )
        self.waiting = Gauge(
            "leadwire_waiting_leads",
            "Leads without a manager and a decision; 100001 stands for any number above 100,000.",
            registry=registry,
        )
        self.oldest_waiting = Gauge(
            "leadwire_oldest_waiting_lead_seconds",
            "Age of the oldest waiting lead, since its creation; 0 if there is none.",
            registry=registry,
        )
        self.free_places = Gauge(
            "leadwire_free_places",
            "Leads that managers could take at once; 100001 stands for any number above 100,000.",
            registry=registry,
        )

    def assigned(self, waits: Iterable[timedelta]) -> None:
        """Count leads that a manager got for the first time, by how long they waited."""
        for wait in waits:
            self._waited.observe(max(0.0, wait.total_seconds()))
