"""What import-svc tells Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from leadwire.contracts.vocabulary import Origin


class ImportMetrics:
    """Numbers of one process.

    Args:
        registry: Where they are shown.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._rows = Counter(
            "leadwire_import_rows",
            "Rows of imports that were stored, as leads or as failures; not those of dry runs.",
            ["outcome"],
            registry=registry,
        )
        self._created = Counter(
            "leadwire_single_leads",
            "Leads that came one by one, from the form or over the API.",
            ["origin"],
            registry=registry,
        )
        for outcome in ("imported", "failed"):
            self._rows.labels(outcome)
        for origin in (Origin.FORM, Origin.API):
            self._created.labels(origin)
        self.running = Gauge(
            "leadwire_imports_running", "Imports that some process works on.", registry=registry
        )
        self.waiting = Gauge(
            "leadwire_imports_waiting",
            "Imports in the background that no process works on yet.",
            registry=registry,
        )
        self.oldest_waiting = Gauge(
            "leadwire_oldest_waiting_import_seconds",
            "Age of the oldest waiting import, since it was accepted; 0 if there is none.",
            registry=registry,
        )

    def stored(self, *, imported: int, failed: int) -> None:
        """Count the rows of a chunk."""
        self._rows.labels("imported").inc(imported)
        self._rows.labels("failed").inc(failed)

    def created(self, origin: Origin) -> None:
        """Count a lead that came alone."""
        self._created.labels(origin).inc()
