"""The page on metrics is written from the registries, and is current."""

from pathlib import Path

from leadwire_standalone.metrics_reference import PAGE, main, metrics_by_owner

ROOT = Path(__file__).parents[3]


def test_the_page_in_the_documentation_is_current() -> None:
    assert main(["--check", f"--root={ROOT}"]) == 0


def test_a_written_page_names_every_metric_once(tmp_path: Path) -> None:
    assert main([f"--root={tmp_path}"]) == 0
    text = (tmp_path / PAGE).read_text()
    for metrics in metrics_by_owner().values():
        for metric in metrics:
            assert text.count(f"| `{metric.name}` |") == 1, metric.name


BOUNDED = {
    "code": "of a problem that the code names",
    "kind": "of a delivery: three words",
    "method": "of HTTP, any other is OTHER",
    "origin": "of a lead: three words",
    "outcome": "words of the code",
    "reason": "words of the code",
    "route": "a template that the code names",
    "status": "of HTTP, or of a delivery",
    "subscription": "of the service's own",
    "to": "a subscription or a webhook: the word",
    "verdict": "words of the code",
    "version": "the one that runs",
}
"""Why each label has few values; one that is new has to say it here."""


def test_no_label_grows_with_what_clients_send() -> None:
    labels = {
        label
        for metrics in metrics_by_owner().values()
        for metric in metrics
        for label in metric.labels
    }
    assert labels == BOUNDED.keys()
