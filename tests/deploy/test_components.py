"""What an overlay takes in for a cluster with an ingress controller or Prometheus' operator."""

from pathlib import Path

import pytest
import yaml

from manifests import K8S, ROOT, SERVICES, Manifest, environment, kustomize, of_kind, pod, workloads


def test_prometheus_and_grafana_get_what_the_repository_has(tmp_path: Path) -> None:
    found = {each["kind"]: each for each in _with_component("monitoring", tmp_path)}
    source = yaml.safe_load((ROOT / "deploy/prometheus/leadwire-alerts.yml").read_text())

    assert found["PrometheusRule"]["spec"] == source
    assert found["ConfigMap"]["metadata"]["labels"] == {"grafana_dashboard": "1"}
    assert list(found["ConfigMap"]["data"]) == ["leadwire.json"]


@pytest.mark.parametrize("name", [*SERVICES, "gateway"])
def test_metrics_of_a_pod_are_scraped_by_pods_of_one_namespace(name: str, tmp_path: Path) -> None:
    component = _with_component("monitoring", tmp_path)
    [monitor] = [each["spec"] for each in component if _is_about(each, "PodMonitor", name)]
    [policy] = [each["spec"] for each in component if _is_about(each, "NetworkPolicy", name)]
    [endpoint] = monitor["podMetricsEndpoints"]
    [container] = pod(workloads("dev")[name])["containers"]
    [port] = [p["containerPort"] for p in container["ports"] if p["name"] == endpoint["port"]]

    monitoring = {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}
    assert policy["ingress"] == [
        {
            "from": [{"namespaceSelector": monitoring}],
            "ports": [{"protocol": "TCP", "port": port}],
        }
    ]
    assert (endpoint["path"], endpoint["honorLabels"]) == ("/metrics", True)
    assert monitor["jobLabel"] == "app.kubernetes.io/name", "which is `gateway`, or the service's"


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


def _is_about(manifest: Manifest, kind: str, name: str) -> bool:
    """Tell whether it is of the kind and selects pods of the name."""
    if manifest["kind"] != kind:
        return False
    spec = manifest["spec"]
    selector = spec.get("podSelector") or spec["selector"]
    [expression] = selector.get("matchExpressions", [{"values": []}])
    labels = selector.get("matchLabels", {})
    return name in (labels.get("app.kubernetes.io/name"), *expression["values"])


def _with_component(name: str, tmp_path: Path) -> list[Manifest]:
    # Kustomize wants relative paths.
    up = "../" * len(tmp_path.parts)
    (tmp_path / "kustomization.yaml").write_text(
        yaml.safe_dump({"components": [f"{up}{K8S.relative_to('/')}/components/{name}"]})
    )
    return list(kustomize(tmp_path))
