"""What operators see of the projection and its streams."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_LAG_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)


class StreamMetrics:
    """Numbers of one process.

    Args:
        registry: Where they are shown.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.streams = Gauge(
            "leadwire_streams_open", "Streams that are being served.", registry=registry
        )
        self.stream_lag = Histogram(
            "leadwire_stream_lag_seconds",
            "Age of the newest change that a follower is told of, for one who holds all else.",
            buckets=_LAG_BUCKETS,
            registry=registry,
        )
        self.stream_bytes = Counter(
            "leadwire_stream_bytes", "Bytes written to streams.", registry=registry
        )
        self.cut_streams = Counter(
            "leadwire_streams_cut",
            "Streams cut because their reader took nothing in time.",
            registry=registry,
        )
        self.waiting = Gauge(
            "leadwire_reads_waiting",
            "Streams, and reads of single leads, that wait for the projection to move on.",
            registry=registry,
        )
        self.projection_lag = Histogram(
            "leadwire_projection_lag_seconds",
            "From an event's time to its effect on the projection.",
            buckets=_LAG_BUCKETS,
            registry=registry,
        )
