"""What notifier-svc tells Prometheus."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge

from notifier_svc.domain.deliveries import DeliveryKind, DeliveryStatus


class NotifierMetrics:
    """Counters of one process.

    Args:
        registry: Where to register them.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._journaled = Counter(
            "leadwire_notifier_journal_entries",
            "Events written into the journal.",
            registry=registry,
        )
        self._attempts = Counter(
            "leadwire_notifier_email_attempts",
            "Attempts to send an email.",
            ["kind", "outcome"],
            registry=registry,
        )
        for kind in (DeliveryKind.ACKNOWLEDGEMENT, DeliveryKind.ALERT):
            for outcome in ("delivered", "failed", "parked"):
                # From the start: else the first that is parked is no increase, and no alert.
                self._attempts.labels(kind, outcome)
        self._sent = Counter(
            "leadwire_notifier_webhook_attempts",
            "Attempts to send an event to a webhook, by where the delivery stands after it.",
            ["status"],
            registry=registry,
        )
        self._down = Gauge(
            "leadwire_notifier_webhooks_down",
            "Webhooks whose endpoints failed so often that they are left alone for a time.",
            registry=registry,
        )
        self._parked = Gauge(
            "leadwire_notifier_parked_deliveries",
            "Deliveries that are parked now; 100001 in all stands for any number above 100,000.",
            ["kind"],
            registry=registry,
        )
        self._replayed = Counter(
            "leadwire_notifier_replayed_events",
            "Events of the journal that were sent once more.",
            ["to"],
            registry=registry,
        )

    def replayed(self, events: int, *, to: str) -> None:
        """Count events sent once more, to a `subscription` or a `webhook`."""
        self._replayed.labels(to).inc(events)

    def journaled(self) -> None:
        """Count an event."""
        self._journaled.inc()

    def delivered(self, kind: DeliveryKind) -> None:
        """Count an email that is in other hands."""
        self._attempts.labels(kind, "delivered").inc()

    def failed(self, kind: DeliveryKind, *, parked: bool) -> None:
        """Count a failure, and whether it was the last."""
        self._attempts.labels(kind, "parked" if parked else "failed").inc()

    def sent(self, status: DeliveryStatus, *, times: int = 1) -> None:
        """Count attempts to send events; `pending` is one that is tried again."""
        self._sent.labels(status).inc(times)

    def down(self, webhooks: int) -> None:
        """Tell how many webhooks' endpoints count as down."""
        self._down.set(webhooks)

    def parked(self, deliveries: Mapping[DeliveryKind, int]) -> None:
        """Tell how many deliveries are parked."""
        for kind in DeliveryKind:
            self._parked.labels(kind).set(deliveries.get(kind, 0))
