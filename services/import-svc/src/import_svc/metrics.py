"""What import-svc tells Prometheus."""

from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge

from leadwire.contracts.vocabulary import Origin

TurnedAway = Literal["too_many", "honeypot"]


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
        self._turned_away = Counter(
            "leadwire_form_turned_away",
            "Leads of the public form that were not looked at: its address had sent too many, or "
            "the honeypot was filled in.",
            ["reason"],
            registry=registry,
        )
        for reason in get_args(TurnedAway):
            self._turned_away.labels(reason)
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
        self.files_free = Gauge(
            "leadwire_files_free_bytes",
            "Room on the disk of the store of files; 0, as its size, where that is a bucket.",
            registry=registry,
        )
        self.files_size = Gauge(
            "leadwire_files_size_bytes", "Size of that disk, full or not.", registry=registry
        )

    def stored(self, *, imported: int, failed: int) -> None:
        """Count the rows of a chunk."""
        self._rows.labels("imported").inc(imported)
        self._rows.labels("failed").inc(failed)

    def created(self, origin: Origin) -> None:
        """Count a lead that came alone."""
        self._created.labels(origin).inc()

    def turned_away(self, reason: TurnedAway) -> None:
        """Count a lead of the public form that was not looked at."""
        self._turned_away.labels(reason).inc()
