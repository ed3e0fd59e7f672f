"""What a service tells Prometheus of its pool of database connections."""

from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from leadwire.db import PoolUse


class PoolMetrics(Collector):
    """Reads the numbers when somebody asks for them.

    Args:
        use: Kept true by the pool.
    """

    def __init__(self, use: PoolUse) -> None:
        self._use = use

    def collect(self) -> Iterator[Metric]:
        """Yield them as they are now."""
        use = self._use
        yield GaugeMetricFamily(
            "leadwire_database_connections_max", "Connections that the pool may have.", use.most
        )
        yield GaugeMetricFamily(
            "leadwire_database_connections_lent",
            "Connections of the pool that are worked with now.",
            use.lent,
        )
        yield GaugeMetricFamily(
            "leadwire_database_connections_wanted",
            "Requests, events and loops that wait for a connection of the pool now.",
            use.waiting,
        )
        yield CounterMetricFamily(
            "leadwire_database_connections_refused",
            "Waits for a connection of the pool that were given up.",
            use.refused,
        )
