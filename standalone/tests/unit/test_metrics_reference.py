"""The page on metrics is written from the registries, and is current."""

import sys
from pathlib import Path

import pytest

from leadwire_standalone.metrics_reference import DEFAULT_PATH, main, metrics_by_owner

ROOT = Path(__file__).parents[3]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["metrics_reference", *arguments])
    return main()


def test_the_page_in_the_documentation_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "--check", f"--path={ROOT / DEFAULT_PATH}") == 0


def test_a_page_that_is_old_or_missing_is_told_of_and_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "metrics.md"
    assert run(monkeypatch, "--check", f"--path={page}") == 1
    assert not page.exists()
    page.write_text("# Metrics\n")
    assert run(monkeypatch, "--check", f"--path={page}") == 1
    assert page.read_text() == "# Metrics\n"
    assert f"{page} is not current" in capsys.readouterr().err


def test_a_written_page_is_current_and_names_every_metric_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "metrics.md"
    assert run(monkeypatch, f"--path={page}") == 0
    assert run(monkeypatch, "--check", f"--path={page}") == 0
    text = page.read_text()
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
