"""What the relay tells Prometheus."""

from collections import Counter as Tally
from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from leadwire.broker import Outcome

_OUTCOMES: Final = ("accepted", "unroutable", "rejected", "unknown")
_CONFIRM_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class RelayMetrics:
    """Gauges, counters and a histogram of one service's relay.

    Every replica has them; backlog, age and parked are measured by the leader alone, and
    are 0 elsewhere, so that the maximum over the replicas is the truth.

    Args:
        registry: Where to register them.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.leader = Gauge(
            "leadwire_outbox_leader", "1 where the relay publishes.", registry=registry
        )
        self.backlog = Gauge(
            "leadwire_outbox_backlog_events",
            "Events not accepted yet; 100001 stands for any number above 100,000.",
            registry=registry,
        )
        self.oldest_pending = Gauge(
            "leadwire_outbox_oldest_pending_seconds",
            "Age of the event that is next to be accepted.",
            registry=registry,
        )
        self.parked = Gauge(
            "leadwire_outbox_parked_events",
            "Events that the broker will never take; 100001 stands for any number above 100,000.",
            registry=registry,
        )
        self._outcomes = Counter(
            "leadwire_outbox_outcomes",
            "Answers of the broker to publications.",
            ["outcome"],
            registry=registry,
        )
        for outcome in _OUTCOMES:
            # From the start: an alert that nothing is accepted needs the nothing.
            self._outcomes.labels(outcome)
        self._confirm = Histogram(
            "leadwire_outbox_confirm_seconds",
            "Time from the publication of a batch to the last answer.",
            buckets=_CONFIRM_BUCKETS,
            registry=registry,
        )

    def published(self, outcomes: Sequence[Outcome], *, seconds: float) -> None:
        """Count the answers to one batch and the time that they took."""
        self._confirm.observe(seconds)
        for name, count in Tally(type(outcome).__name__.lower() for outcome in outcomes).items():
            self._outcomes.labels(name).inc(count)

    def measured(self, *, pending: int, parked: int, oldest_pending: float) -> None:
        """Take over what the leader measured."""
        self.backlog.set(pending)
        self.parked.set(parked)
        self.oldest_pending.set(oldest_pending)

    def stood_down(self) -> None:
        """Forget what only the leader may say."""
        self.leader.set(0)
        self.measured(pending=0, parked=0, oldest_pending=0.0)
