"""What a consumer counts."""

from collections import Counter
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

OTHER = "other"
"""Stands for every event type that is not known here: labels are a closed set."""


class Metrics(Protocol):
    """Takes what a consumer counts; called in its event loop, so be quick."""

    def settled(self, *, event_type: str, outcome: str, seconds: float) -> None:
        """Take what became of a delivery.

        Args:
            event_type: A type of Leadwire's, or `other`.
            outcome: `handled`, `known`, `retried` or `parked`.
            seconds: For which it was being handled.
        """

    def connected(self, *, is_up: bool) -> None:
        """Take whether the queue is being consumed."""


class Counts:
    """Counts in memory.

    Attributes:
        outcomes: By type of event and outcome.
        is_connected: Whether the queue is being consumed.
    """

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.is_connected = False

    def settled(self, *, event_type: str, outcome: str, seconds: float) -> None:  # noqa: ARG002 - see Metrics
        """Take what became of a delivery."""
        self.outcomes[event_type, outcome] += 1

    def connected(self, *, is_up: bool) -> None:
        """Take whether the queue is being consumed."""
        self.is_connected = is_up


class PrometheusMetrics:
    """Counts with prometheus-client, which you install.

    Args:
        queue: Name of the consumer's queue, a label of each metric.
        registry: Where the metrics are registered; None for the process's own.
    """

    def __init__(self, *, queue: str, registry: "CollectorRegistry | None" = None) -> None:
        from prometheus_client import REGISTRY, Counter, Gauge, Histogram  # noqa: PLC0415 - optional

        where = registry or REGISTRY
        self._queue = queue
        self._settled = Counter(
            "leadwire_consumer_deliveries",
            "Deliveries by what became of them: handled, known, retried or parked.",
            ("queue", "type", "outcome"),
            registry=where,
        )
        self._seconds = Histogram(
            "leadwire_consumer_handling_seconds",
            "Time from a delivery to its commit or failure.",
            ("queue",),
            registry=where,
        )
        self._connected = Gauge(
            "leadwire_consumer_connected",
            "1 while the queue is being consumed.",
            ("queue",),
            registry=where,
        )
        self._connected.labels(queue).set(0)

    def settled(self, *, event_type: str, outcome: str, seconds: float) -> None:
        """Take what became of a delivery."""
        self._settled.labels(self._queue, event_type, outcome).inc()
        self._seconds.labels(self._queue).observe(seconds)

    def connected(self, *, is_up: bool) -> None:
        """Take whether the queue is being consumed."""
        self._connected.labels(self._queue).set(int(is_up))
