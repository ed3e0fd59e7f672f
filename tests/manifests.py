"""What `kubectl apply -k` would send to a cluster, and what its parts refer to."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]

ROOT = Path(__file__).parents[1]
K8S = ROOT / "deploy" / "k8s"
OVERLAYS = ("dev", "prod")
SERVICES = ("import-svc", "manager-svc", "notifier-svc", "stream-svc")
KUBECTL = Path(sys.executable).with_name("kubectl")


@cache
def rendered(overlay: str) -> Sequence[Manifest]:
    """Return what an overlay consists of, as the real kustomize makes it."""
    return tuple(kustomize(K8S / "overlays" / overlay))


def kustomize(folder: Path) -> Iterator[Manifest]:
    """Render a kustomization."""
    ended = subprocess.run(
        [KUBECTL, "kustomize", folder], check=True, capture_output=True, text=True
    )
    yield from yaml.safe_load_all(ended.stdout)


@cache
def dev_secrets() -> Mapping[str, dict[str, str]]:
    """Return the values of the Secrets that dev's Job would make, by name."""
    program = ROOT / "deploy" / "secrets" / "for_kubernetes.py"
    ended = subprocess.run(
        [sys.executable, program, ROOT / "deploy/rabbitmq/rights.json", "--print"],
        check=True,
        capture_output=True,
        text=True,
    )
    items = json.loads(ended.stdout)["items"]
    return {item["metadata"]["name"]: item["stringData"] for item in items}


def of_kind(overlay: str, *kinds: str) -> dict[str, Manifest]:
    """Return the resources of some kinds, by name."""
    return {each["metadata"]["name"]: each for each in rendered(overlay) if each["kind"] in kinds}


def workloads(overlay: str) -> dict[str, Manifest]:
    """Return what makes pods."""
    return of_kind(overlay, "Deployment", "StatefulSet", "Job")


def pod(workload: Manifest) -> Manifest:
    """Return the specification of a workload's pods."""
    spec: Manifest = workload["spec"]["template"]["spec"]
    return spec


def labels(workload: Manifest) -> Mapping[str, str]:
    """Return the labels of a workload's pods."""
    found: Mapping[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return found


def environment(overlay: str, container: Manifest) -> dict[str, str]:
    """Return what a container gets from ConfigMaps."""
    maps = of_kind(overlay, "ConfigMap")
    names = [each["configMapRef"]["name"] for each in container.get("envFrom", [])]
    return {key: value for name in names for key, value in maps[name]["data"].items()}


def secrets_of(spec: Manifest) -> set[str]:
    """Return the names of the Secrets that a pod mounts or reads."""
    volumes = spec.get("volumes", [])
    mounted = {each["secret"]["secretName"] for each in volumes if "secret" in each}
    projected = {
        source["secret"]["name"]
        for each in volumes
        for source in each.get("projected", {}).get("sources", [])
        if "secret" in source
    }
    read = {
        variable["valueFrom"]["secretKeyRef"]["name"]
        for container in [*spec.get("initContainers", []), *spec["containers"]]
        for variable in container.get("env", [])
        if "secretKeyRef" in variable.get("valueFrom", {})
    }
    return mounted | projected | read
