"""Pods reach what they need, and nothing else."""

from collections.abc import Mapping
from typing import Any

import pytest

from manifests import OVERLAYS, SERVICES, Manifest, labels, of_kind, workloads

NEEDED = [
    *(("dev", "gateway", each, 8080) for each in SERVICES),
    *(("dev", each, "postgres", 5432) for each in SERVICES),
    *(("dev", each, "rabbitmq", 5672) for each in SERVICES),
    *(("prod", "gateway", each, 8080) for each in SERVICES),
]
FORBIDDEN = [
    ("dev", "gateway", "postgres", 5432),
    ("dev", "gateway", "rabbitmq", 5672),
    ("dev", "import-svc", "manager-svc", 8080),
    ("dev", "stream-svc", "import-svc", 8080),
    ("dev", "postgres", "rabbitmq", 5672),
    ("dev", "rabbitmq", "postgres", 5432),
    ("dev", "make-secrets", "postgres", 5432),
    ("dev", "manager-svc", "postgres", 22),
    ("prod", "notifier-svc", "manager-svc", 8080),
]


@pytest.mark.parametrize(("overlay", "source", "target", "port"), NEEDED)
def test_what_is_needed_passes(overlay: str, source: str, target: str, port: int) -> None:
    assert _passes(overlay, source, target, port)


@pytest.mark.parametrize(("overlay", "source", "target", "port"), FORBIDDEN)
def test_nothing_else_passes(overlay: str, source: str, target: str, port: int) -> None:
    assert not _passes(overlay, source, target, port)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_whoever_has_no_rule_is_shut_in(overlay: str) -> None:
    assert of_kind(overlay, "NetworkPolicy")["default-deny"]["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }


def _passes(overlay: str, source: str, target: str, port: int) -> bool:
    pods = workloads(overlay)
    sender, receiver = labels(pods[source]), labels(pods[target])
    return _allows(overlay, "egress", sender, "to", receiver, port) and _allows(
        overlay, "ingress", receiver, "from", sender, port
    )


def _allows(
    overlay: str,
    way: str,
    own: Mapping[str, str],
    side: str,
    other: Mapping[str, str],
    port: int,
) -> bool:
    policies = of_kind(overlay, "NetworkPolicy").values()
    rules: list[Manifest] = [
        rule
        for policy in policies
        if _selects(policy["spec"]["podSelector"], own)
        for rule in policy["spec"].get(way, [])
    ]
    return any(_covers(rule.get(side), other) and _opens(rule.get("ports"), port) for rule in rules)


def _covers(peers: list[Any] | None, other: Mapping[str, str]) -> bool:
    """Tell whether a pod is among the peers; an address is none of a pod."""
    return peers is None or any(
        "podSelector" in peer and _selects(peer["podSelector"], other) for peer in peers
    )


def _opens(ports: list[Any] | None, port: int) -> bool:
    return ports is None or any(each["port"] == port for each in ports)


def _selects(selector: Manifest, own: Mapping[str, str]) -> bool:
    exact = selector.get("matchLabels", {}).items() <= own.items()
    return exact and all(
        own.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", [])
    )
