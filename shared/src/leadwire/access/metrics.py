"""What is counted of access."""

from collections.abc import Sequence

from prometheus_client import Counter, Gauge
from prometheus_client.registry import Collector


class AccessMetrics:
    """Counts refusals, and files that cannot be used; to be registered by the process.

    Attributes:
        refusals: By the code of the refusal.
        broken_files: How many files cannot be used as they are now.
    """

    def __init__(self) -> None:
        self.refusals = Counter(
            "leadwire_access_refusals_total",
            "Requests refused for who sent them, or for what he may not, by the problem's code.",
            ("code",),
            registry=None,
        )
        self.broken_files = Gauge(
            "leadwire_access_files_broken",
            "Files of users or token keys that have changed and cannot be used as they are; the "
            "last good state of them counts.",
            registry=None,
        )

    @property
    def collectors(self) -> Sequence[Collector]:
        """What to register."""
        return (self.refusals, self.broken_files)
