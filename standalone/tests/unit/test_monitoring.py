"""Alert rules and dashboard ask for what the services really export, in PromQL that parses."""

import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from leadwire.http.metrics import SERVICE_REGISTRIES, MergedRegistries
from leadwire_standalone.dashboard.__main__ import FILE, main
from leadwire_standalone.metrics_reference import metrics_by_owner
from leadwire_standalone.wired import wired

ROOT: Final = Path(__file__).parents[3]
PROMETHEUS: Final = ROOT / "deploy" / "prometheus"
GRAFANA: Final = ROOT / "deploy" / "grafana"
DASHBOARD: Final = ROOT / FILE

PAGE: Final = ROOT / "docs" / "operations" / "observability.md"

METRIC: Final = re.compile(
    r"\b((?:leadwire|process|kubelet|rabbitmq|probe)_\w+|up)\b(?:\{([^}]*)\})?"
)
GROUPED: Final = re.compile(r"\b(?:by|on) \(([^)]*)\)")
OF_THE_TARGET: Final = {"service", "job", "instance"}
"""Labels of every sample: by the service itself, and by Prometheus."""

OF_OTHERS: Final = {
    "kubelet_volume_stats_available_bytes": {"namespace", "persistentvolumeclaim"},
    "kubelet_volume_stats_capacity_bytes": {"namespace", "persistentvolumeclaim"},
    "rabbitmq_disk_space_available_bytes": {"instance"},
    "rabbitmq_disk_space_available_limit_bytes": {"instance"},
    "probe_ssl_earliest_cert_expiry": {"instance"},
}
"""What the exporters say that PAGE names."""

UNITS: Final = {
    "Bps", "bytes", "ops", "percentunit", "reqps", "rowsps", "s", "short",
}  # fmt: skip


def promtool(*arguments: str | Path) -> str:
    done = subprocess.run(
        ["promtool", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((PROMETHEUS / "leadwire-alerts.yml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return document


def panels() -> list[dict[str, Any]]:
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def queries() -> Iterator[tuple[str, str, str]]:
    """Give the title, expression and legend of each query, with Grafana's variables filled in."""
    for panel in panels():
        for target in panel["targets"]:
            expression = target["expr"].replace("$__rate_interval", "5m").replace("$service", ".*")
            yield panel["title"], expression, target["legendFormat"]


@cache
def exported() -> dict[str, set[str]]:
    """Give the labels of each time series that some service exports, by its name."""
    found: dict[str, set[str]] = {"up": set(OF_THE_TARGET)}
    for metrics in metrics_by_owner().values():
        for metric in metrics:
            for name in metric.samples:
                le = {"le"} if name.endswith("_bucket") else set()
                found[name] = {*OF_THE_TARGET, *metric.labels, *le}
    return found


def assert_is_exported(expression: str, known: dict[str, set[str]]) -> None:
    grouped = {each.strip() for group in GROUPED.findall(expression) for each in group.split(",")}
    asked = METRIC.findall(re.sub(GROUPED, "", expression))
    assert asked, expression
    labels = set.union(*(known.get(name, set()) for name, _ in asked))
    assert grouped <= labels, f"{expression} groups by {grouped - labels}"
    for name, selector in asked:
        assert name in known, f"{expression} asks for {name}"
        selected = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
        assert selected <= known[name], f"{name} has no {selected - known[name]}"


def test_every_metric_of_a_rule_is_exported_with_its_labels() -> None:
    known = exported() | OF_OTHERS
    for rule in rules():
        assert_is_exported(rule["expr"], known)


def test_every_metric_of_the_dashboard_is_exported_with_its_labels() -> None:
    known = exported()
    for _, expression, _ in queries():
        assert_is_exported(expression, known)


@pytest.mark.parametrize(
    "expression",
    [
        "rate(leadwire_no_such_thing_total[5m])",
        'leadwire_waiting_leads{manager="Ada"}',
        "sum by (manager) (leadwire_waiting_leads)",
        "leadwire_http_request_duration_seconds",
    ],
)
def test_what_nobody_exports_is_found_out(expression: str) -> None:
    known = exported()
    with pytest.raises(AssertionError):
        assert_is_exported(expression, known)


def test_a_selected_value_of_a_label_is_there_from_the_start() -> None:
    there = {
        (sample.name, label, value)
        for _, app in wired()
        for metric in MergedRegistries(app[SERVICE_REGISTRIES].items()).collect()
        for sample in metric.samples
        for label, value in sample.labels.items()
    }
    asked = "\n".join([rule["expr"] for rule in rules()])
    selected = [
        (name, label, value)
        for name, label, value in re.findall(r'(leadwire_\w+)\{(\w+)="(\w+)"', asked)
        if label not in OF_THE_TARGET
    ]
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
            grouped = re.search(r"\bby \(", rule["expr"])
            assert label in rule["expr"] or not grouped, f"{rule['alert']} drops {label}"


def test_every_rule_leads_to_what_is_to_be_done() -> None:
    pages = {rule["annotations"]["runbook_url"].partition("#")[0] for rule in rules()}
    headings = {
        f"{page}#{heading.lower()}"
        for page in pages
        for heading in re.findall(r"^## (\w+)$", (ROOT / page).read_text(), re.MULTILINE)
    }
    assert headings == {rule["annotations"]["runbook_url"] for rule in rules()}


def test_prometheus_takes_configuration_and_rules(tmp_path: Path) -> None:
    assert f"{len(rules())} rules found" in promtool(
        "check", "config", PROMETHEUS / "prometheus.yml"
    )


def test_prometheus_takes_the_job_that_the_page_adds(tmp_path: Path) -> None:
    [job] = re.findall(
        r"^```yaml\n(  - job_name.+?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
    (tmp_path / "leadwire-alerts.yml").symlink_to(PROMETHEUS / "leadwire-alerts.yml")
    file = tmp_path / "prometheus.yml"
    file.write_text(f"{(PROMETHEUS / 'prometheus.yml').read_text()}\n{job}")
    assert f"{len(rules())} rules found" in promtool("check", "config", file)


def test_what_only_others_measure_is_told_of_with_who_measures_it() -> None:
    of_others = [rule["alert"] for rule in rules() if any(n in rule["expr"] for n in OF_OTHERS)]
    assert len(of_others) == 3
    for alert in of_others:
        assert re.search(rf"^\|.+\|.+\| \[{alert}\]", PAGE.read_text(), re.MULTILINE), alert


def test_the_rules_fire_when_they_should_and_not_before() -> None:
    tests = PROMETHEUS / "tests" / "leadwire-alerts.yml"
    assert "SUCCESS" in promtool("test", "rules", tests)
    fired = set(re.findall(r'alertname="(\w+)"', tests.read_text()))
    assert fired == {rule["alert"] for rule in rules()}


def test_prometheus_parses_every_query_of_the_dashboard(tmp_path: Path) -> None:
    recorded = [
        {"record": f"query:{number}", "expr": expression}
        for number, (_, expression, _) in enumerate(queries())
    ]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}))
    assert f"{len(recorded)} rules found" in promtool("check", "rules", file)


def test_a_legend_names_labels_that_the_series_have() -> None:
    for title, expression, legend in queries():
        labels = set(re.findall(r"\{\{(\w+)\}\}", legend))
        grouped = re.search(r"by \(([^)]*)\)", expression)
        kept = set(re.split(r",\s*", grouped[1])) if grouped else OF_THE_TARGET
        assert labels <= kept, f"{title}: {legend}"


def test_the_dashboard_is_one_that_grafana_shows() -> None:
    document = dashboard()
    assert (document["uid"], document["schemaVersion"] >= 39) == ("leadwire", True)
    variables = {each["name"] for each in document["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(document))) - {"__rate_interval", "__all"}
    assert used == variables
    ids = [panel["id"] for panel in document["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in panels():
        assert panel["type"] in {"stat", "timeseries"}
        assert panel["title"]
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        names = [target["refId"] for target in panel["targets"]]
        assert names
        assert len(set(names)) == len(names)


def test_panels_fill_the_grid_and_lie_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert at["x"] + at["w"] <= 24, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len(taken) == 24 * (max(y for _, y in taken) + 1)


def test_grafana_finds_data_source_and_dashboards_where_they_are() -> None:
    [source] = yaml.safe_load(
        (GRAFANA / "provisioning" / "datasources" / "prometheus.yml").read_text()
    )["datasources"]
    assert (source["type"], source["isDefault"]) == ("prometheus", True)
    [provider] = yaml.safe_load(
        (GRAFANA / "provisioning" / "dashboards" / "leadwire.yml").read_text()
    )["providers"]
    assert provider["options"] == {"path": "/var/lib/grafana/dashboards"}
    assert [path.name for path in (GRAFANA / "dashboards").iterdir()] == ["leadwire.json"]


def test_the_dashboard_is_written_from_its_description() -> None:
    assert main(["--check", f"--root={ROOT}"]) == 0
