"""What an overlay takes in for a cluster with an ingress controller or Prometheus' operator."""

from pathlib import Path

import yaml

from manifests import K8S, ROOT, Manifest, environment, kustomize, of_kind, pod, workloads


def test_prometheus_and_grafana_get_what_the_repository_has(tmp_path: Path) -> None:
    found = {each["kind"]: each for each in _with_component("monitoring", tmp_path)}
    source = yaml.safe_load((ROOT / "deploy/prometheus/leadwire-alerts.yml").read_text())

    assert found["PrometheusRule"]["spec"] == source
    assert found["PodMonitor"]["spec"]["podMetricsEndpoints"][0]["port"] == "http"
    assert found["ConfigMap"]["metadata"]["labels"] == {"grafana_dashboard": "1"}
    assert list(found["ConfigMap"]["data"]) == ["leadwire.json"]


def test_metrics_are_for_pods_of_one_namespace(tmp_path: Path) -> None:
    found = {each["kind"]: each for each in _with_component("monitoring", tmp_path)}
    [rule] = found["NetworkPolicy"]["spec"]["ingress"]

    monitoring = {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}
    assert rule["from"] == [{"namespaceSelector": monitoring}]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8080}]


def test_the_gateway_believes_an_ingress_controller_of_the_cluster() -> None:
    [container] = pod(workloads("prod")["gateway"])["containers"]
    trusted = environment("prod", container)["GATEWAY_TRUSTED_PROXIES"].split()

    # Without this, all who come through it would be one client, with one share of every limit.
    services = of_kind("prod", "ConfigMap")
    [believed] = [
        each["data"]["LEADWIRE_TRUSTED_PROXIES"].split(",")
        for name, each in services.items()
        if name.startswith("leadwire-")
    ]
    assert trusted == believed


def test_an_ingress_controller_holds_back_no_stream_and_no_import() -> None:
    [ingress] = of_kind("prod", "Ingress").values()
    told = ingress["metadata"]["annotations"]

    wanted = {
        "proxy-body-size": "0",
        "proxy-buffering": "off",
        "proxy-request-buffering": "off",
        "proxy-read-timeout": "3600",
    }
    assert {key: told[f"nginx.ingress.kubernetes.io/{key}"] for key in wanted} == wanted


def _with_component(name: str, tmp_path: Path) -> list[Manifest]:
    # Kustomize wants relative paths.
    up = "../" * len(tmp_path.parts)
    (tmp_path / "kustomization.yaml").write_text(
        yaml.safe_dump({"components": [f"{up}{K8S.relative_to('/')}/components/{name}"]})
    )
    return list(kustomize(tmp_path))
