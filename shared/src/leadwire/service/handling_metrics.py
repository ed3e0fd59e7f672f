"""Count the events that a service handles, and the time that it takes."""

import time
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from leadwire.broker import Ack, Delivery, Handler, Park, Retry, Subscription, Verdict

_VERDICTS: Final = {Ack: "done", Retry: "retry", Park: "park"}
FAILED: Final = "failed"
"""The handler raised: it is tried again, or parked after the last attempt."""

_BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class HandlingMetrics:
    """What became of the deliveries of a service.

    Args:
        registry: Where the metrics are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._handled = Counter(
            "leadwire_events_handled",
            "Deliveries that a handler ended, by what it said of them.",
            ["subscription", "verdict"],
            registry=registry,
        )
        self._seconds = Histogram(
            "leadwire_event_handling_seconds",
            "Time that a handler took for a delivery.",
            ["subscription"],
            buckets=_BUCKETS,
            registry=registry,
        )

    def counting(self, subscription: Subscription, handler: Handler) -> Handler:
        """Return the handler, each of whose deliveries is counted."""
        name = subscription.name
        counts = {
            verdict: self._handled.labels(name, verdict)
            for verdict in (*_VERDICTS.values(), FAILED)
        }
        seconds = self._seconds.labels(name)

        async def counted(delivery: Delivery) -> Verdict:
            began, said = time.perf_counter(), FAILED
            try:
                verdict = await handler(delivery)
                said = _VERDICTS[type(verdict)]
                return verdict
            finally:
                counts[said].inc()
                seconds.observe(time.perf_counter() - began)

        return counted
