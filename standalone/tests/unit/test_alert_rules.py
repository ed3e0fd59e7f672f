"""The alert rules ask for what the services really export."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from prometheus_client import CollectorRegistry, Gauge

from leadwire.http.metrics import SERVICE_REGISTRIES, MergedRegistries
from leadwire.service import create_app
from leadwire_standalone.openapi_reference import _SETTINGS
from leadwire_standalone.services import SERVICES

RULES: Final = Path(__file__).parents[3] / "deploy" / "prometheus" / "leadwire-alerts.yml"
METRIC: Final = re.compile(r"\b(leadwire_\w+)(?:\{([^}]*)\})?")
GROUPED: Final = re.compile(r"\b(?:by|on) \(([^)]*)\)")


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load(RULES.read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def exported() -> dict[str, set[str]]:
    """Give the labels of each time series that some service exports, by its name."""
    found: dict[str, set[str]] = {}
    for service in SERVICES:
        app = create_app(service, service.settings(**_SETTINGS))
        registries = app[SERVICE_REGISTRIES].items()
        for metric in MergedRegistries(registries).collect():
            for sample in metric.samples:
                found.setdefault(sample.name, set()).update(sample.labels)
        for name, labels in _declared(app[SERVICE_REGISTRIES][service.name]):
            found.setdefault(name, set()).update({"service", *labels})
    return found


def _declared(registry: CollectorRegistry) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the gauges with labels, which have no sample before they are measured."""
    for collector in {*registry._collector_to_names}:
        if isinstance(collector, Gauge):
            yield collector._name, collector._labelnames


def test_every_metric_of_a_rule_is_exported_with_its_labels() -> None:
    known = exported()
    for rule in rules():
        grouped = {
            each.strip() for group in GROUPED.findall(rule["expr"]) for each in group.split(",")
        }
        asked = METRIC.findall(rule["expr"])
        assert asked, rule["alert"]
        for name, selector in asked:
            assert name in known, f"{rule['alert']} asks for {name}"
            labels = grouped | set(re.findall(r"(\w+)=", selector))
            assert labels <= known[name], f"{rule['alert']}: {name} has {known[name]}"


def test_a_selected_outcome_is_there_from_the_start() -> None:
    there = {
        (sample.name, sample.labels.get("outcome"))
        for service in SERVICES
        for metric in MergedRegistries(
            create_app(service, service.settings(**_SETTINGS))[SERVICE_REGISTRIES].items()
        ).collect()
        for sample in metric.samples
    }
    selected = re.findall(r'(leadwire_\w+)\{outcome="(\w+)"', RULES.read_text())
    assert selected
    assert set(selected) <= there


def test_every_rule_says_how_bad_it_is_and_what_it_found() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["summary"]
        told = " ".join(rule["annotations"].values())
        for label in re.findall(r"\$labels\.(\w+)", told):
            assert label in rule["expr"], f"{rule['alert']} tells of {label}, which it drops"
