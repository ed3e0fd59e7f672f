"""The manifests are what Kubernetes takes, and say what the services need."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml
from kubernetes_validate.utils import all_versions  # type: ignore[import-untyped]

from import_svc.settings import ImportSettings
from leadwire.http.clients import networks_of
from leadwire.http.server import CUT_WITHIN
from leadwire.lifecycle import STOPS_WITHIN
from leadwire.service import ServiceSettings, environment_variables, load_settings
from manager_svc.settings import ManagerSettings
from manifests import (
    OVERLAYS,
    ROOT,
    SERVICES,
    Manifest,
    dev_secrets,
    environment,
    of_kind,
    pod,
    rendered,
    secrets_of,
    workloads,
)
from notifier_svc.settings import NotifierSettings
from stream_svc.settings import StreamSettings

SETTINGS: Mapping[str, type[ServiceSettings]] = {
    "import-svc": ImportSettings,
    "manager-svc": ManagerSettings,
    "notifier-svc": NotifierSettings,
    "stream-svc": StreamSettings,
}
OPERATIONS = ROOT / "docs" / "operations" / "kubernetes.md"
OLDEST = "1.30"
"""The first that has the pause of `preStop`."""
NEWEST = list(dict.fromkeys(each.rpartition(".")[0] for each in all_versions()))[-3:]
PODS_OF_SOME_CLUSTERS = ("10.244.1.7", "100.64.0.7", "172.17.0.7", "192.168.3.7", "fd00:10:244::7")

overlays = pytest.mark.parametrize("overlay", OVERLAYS)


@pytest.mark.parametrize("version", [OLDEST, *NEWEST])
def test_old_and_new_minor_versions_of_kubernetes_take_every_resource(version: str) -> None:
    for manifest in _different(*(each for overlay in OVERLAYS for each in rendered(overlay))):
        kubernetes_validate.validate(manifest, version, strict=True)


def test_the_log_of_devs_database_tells_nothing_of_people() -> None:
    [container] = pod(workloads("dev")["postgres"])["containers"]

    assert "log_error_verbosity=terse" in container["args"]


def test_a_resource_with_a_word_that_kubernetes_does_not_know_would_be_found() -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {}, "spec": {"ports_": []}}

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, OLDEST, strict=True)


@overlays
def test_every_skipped_check_of_checkov_has_a_reason(overlay: str) -> None:
    for manifest in rendered(overlay):
        for key, value in manifest["metadata"].get("annotations", {}).items():
            if key.startswith("checkov.io/"):
                assert re.fullmatch(r"CKV_K8S_\d+=.{20,}\.", value), (key, value)


@overlays
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_with_what_its_pod_gives_it(
    overlay: str, service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = pod(workloads(overlay)[service])
    for container, secret in (
        (spec["initContainers"][0], f"{service}-prepare"),
        (spec["containers"][0], service),
    ):
        values = dev_secrets()[secret] | _promised(overlay, secret)
        folder = tmp_path / secret
        folder.mkdir()
        for key, value in values.items():
            (folder / key).write_text(value)
        given = environment(overlay, container)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        assert _mounts(container)["/etc/leadwire/secrets"] == _volume_of(spec, secret)
        monkeypatch.setenv("LEADWIRE_SECRETS_DIR", str(folder))

        settings = load_settings(SETTINGS[service])

        assert settings.auth == "on"
        for pod_of_some_cluster in PODS_OF_SOME_CLUSTERS:
            assert _is_believed(pod_of_some_cluster, settings)
        assert not _is_believed("198.51.100.7", settings)
        known = {name for name in given if name.startswith("AWS_")} | set(_variables(settings))
        assert set(given) <= known
        assert {key.upper() for key in values} <= known


@overlays
def test_a_stopping_pod_has_the_time_that_its_service_takes(overlay: str) -> None:
    for service in SERVICES:
        spec = pod(workloads(overlay)[service])
        given = environment(overlay, spec["containers"][0])
        delay, within = (float(given[f"LEADWIRE_DRAIN_{name}_S"]) for name in ("DELAY", "WITHIN"))
        assert delay >= 10, "nodes take some seconds to follow a changed endpoint"
        assert spec["terminationGracePeriodSeconds"] > delay + within + CUT_WITHIN + STOPS_WITHIN

    gateway = pod(workloads(overlay)["gateway"])
    pause = gateway["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert gateway["terminationGracePeriodSeconds"] > pause + within


@overlays
def test_a_broker_that_is_away_takes_no_replica_out_of_service(overlay: str) -> None:
    for service in SERVICES:
        container = pod(workloads(overlay)[service])["containers"][0]
        probes = {
            name: container[name]["httpGet"]["path"]
            for name in ("startupProbe", "livenessProbe", "readinessProbe")
        }
        assert probes == {
            "startupProbe": "/healthz",
            "livenessProbe": "/healthz",
            "readinessProbe": "/readyz?exclude=broker",
        }


@overlays
def test_a_start_that_waits_for_its_servers_is_not_taken_for_a_dead_one(overlay: str) -> None:
    for service in SERVICES:
        container = pod(workloads(overlay)[service])["containers"][0]
        patience = float(environment(overlay, container)["LEADWIRE_CONNECT_WITHIN_S"])
        probe = container["startupProbe"]
        assert probe["periodSeconds"] * probe["failureThreshold"] > 2 * patience + 30


@overlays
def test_each_service_and_the_gateway_can_lose_a_node_and_grow(overlay: str) -> None:
    autoscalers = of_kind(overlay, "HorizontalPodAutoscaler")
    budgets = of_kind(overlay, "PodDisruptionBudget")
    for name in (*SERVICES, "gateway"):
        deployment = workloads(overlay)[name]
        selector = {"app.kubernetes.io/name": name}
        assert "replicas" not in deployment["spec"]
        assert deployment["spec"]["selector"]["matchLabels"] == selector
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        assert autoscalers[name]["spec"]["scaleTargetRef"]["name"] == name
        assert autoscalers[name]["spec"]["minReplicas"] >= 2
        assert budgets[name]["spec"]["selector"]["matchLabels"] == selector
        assert of_kind(overlay, "Service")[name]["spec"]["selector"] == selector
        for spread in pod(deployment)["topologySpreadConstraints"]:
            assert spread["labelSelector"]["matchLabels"] == selector


def test_the_job_of_dev_makes_each_secret_that_is_referred_to() -> None:
    wanted = {name for each in workloads("dev").values() for name in secrets_of(pod(each))}

    assert wanted == set(dev_secrets()) - {"dev-passwords"}


def test_no_two_runs_make_the_same_values_and_none_stands_in_the_overlay() -> None:
    first = dict(dev_secrets())
    dev_secrets.cache_clear()
    values = {value for secret in first.values() for value in secret.values()}

    assert values.isdisjoint(v for secret in dev_secrets().values() for v in secret.values())
    assert of_kind("dev", "Secret") == of_kind("prod", "Secret") == {}


def test_the_secrets_that_production_needs_are_documented() -> None:
    wanted = {name for each in workloads("prod").values() for name in secrets_of(pod(each))}

    assert _documented_secrets() == wanted


@overlays
def test_no_secret_is_a_file_that_everybody_may_read(overlay: str) -> None:
    # A service refuses users and token keys that are.
    modes = {
        (name, volume["name"]): found["defaultMode"]
        for name, workload in workloads(overlay).items()
        for volume in pod(workload).get("volumes", [])
        for found in (volume.get("secret"), volume.get("projected"))
        if found and ("secretName" in found or "secret" in found["sources"][0])
    }
    assert len(modes) >= 3 * len(SERVICES)
    assert set(modes.values()) == {0o440}


def test_a_service_that_serves_has_neither_an_administrator_nor_a_signing_key() -> None:
    for service in SERVICES:
        serving = dev_secrets()[service]
        assert "leadwire_admin_database_url" not in serving
        assert "topology:" not in serving["leadwire_broker_url"]
    assert '"d"' not in dev_secrets()["token-keys-public"]["token-keys.json"]
    having = {s for s in SERVICES if "token-keys" in secrets_of(pod(workloads("prod")[s]))}
    assert having == {"manager-svc"}


def _different(*manifests: Manifest) -> list[Manifest]:
    return list({yaml.safe_dump(each): each for each in manifests}.values())


def _is_believed(address: str, settings: ServiceSettings) -> bool:
    """Tell whether the gateway may have this address, whose word for a client's is taken."""
    return any(ip_address(address) in each for each in networks_of(settings.trusted_proxies))


def _variables(settings: ServiceSettings) -> list[str]:
    return [each.name for each in environment_variables(type(settings))]


def _mounts(container: Manifest) -> Mapping[str, str]:
    return {each["mountPath"]: each["name"] for each in container["volumeMounts"]}


def _volume_of(spec: Manifest, secret: str) -> str:
    [name] = [v["name"] for v in spec["volumes"] if v.get("secret", {}).get("secretName") == secret]
    return str(name)


def _documented_secrets() -> set[str]:
    """Return the names in the first column of the page's table of Secrets."""
    _, _, table = OPERATIONS.read_text().partition("| Secrets | Keys |")
    rows = table.partition("\n\n")[0]
    return set(
        re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^\| ([^|]+) \|", rows, re.MULTILINE)))
    )


def _promised(overlay: str, secret: str) -> dict[str, str]:
    """Return example values for keys that only production's Secrets have."""
    if overlay == "prod" and secret.startswith("notifier-svc"):
        return {"notifier_email_url": "smtps://leadwire:secret@mail.example.com"}
    return {}
