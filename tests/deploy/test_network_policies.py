"""Pods reach what they need, and nothing else."""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from manifests import OVERLAYS, SERVICES, Manifest, labels, of_kind, workloads

NEEDED = [
    *(("dev", "gateway", each, 8080) for each in SERVICES),
    *(("dev", each, "postgres", 5432) for each in SERVICES),
    *(("dev", each, "rabbitmq", 5672) for each in SERVICES),
    *(("prod", "gateway", each, 8080) for each in SERVICES),
]
STRANGER = "stranger"
"""A pod that is nobody's of Leadwire."""

FORBIDDEN = [
    *(("dev", STRANGER, each, 8080) for each in SERVICES),
    *(("prod", STRANGER, each, 8080) for each in SERVICES),
    ("dev", STRANGER, "postgres", 5432),
    ("dev", STRANGER, "rabbitmq", 5672),
    ("dev", "gateway", "postgres", 5432),
    ("dev", "gateway", "rabbitmq", 5672),
    ("dev", "import-svc", "manager-svc", 8080),
    ("dev", "stream-svc", "import-svc", 8080),
    ("dev", "postgres", "rabbitmq", 5672),
    ("dev", "rabbitmq", "postgres", 5432),
    ("dev", "make-secrets", "postgres", 5432),
    ("dev", "manager-svc", "postgres", 22),
    ("prod", "notifier-svc", "manager-svc", 8080),
    ("dev", STRANGER, "gateway", 9113),
    ("prod", STRANGER, "gateway", 9113),
]


@pytest.mark.parametrize(("overlay", "source", "target", "port"), NEEDED)
def test_what_is_needed_passes(overlay: str, source: str, target: str, port: int) -> None:
    assert _passes(overlay, source, target, port)


@pytest.mark.parametrize(("overlay", "source", "target", "port"), FORBIDDEN)
def test_nothing_else_passes(overlay: str, source: str, target: str, port: int) -> None:
    assert not _passes(overlay, source, target, port)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_anybody_reaches_the_gateway(overlay: str) -> None:
    gateway = labels(workloads(overlay)["gateway"])
    assert _allows(overlay, "ingress", gateway, "from", {}, 8080)


PRIVATE = ["10.1.2.3", "100.64.0.7", "127.0.0.1", "169.254.169.254", "172.20.0.1", "192.168.1.1"]
PRIVATE += ["fd00::1", "fe80::1"]
PUBLIC = ["198.51.100.7", "2001:db8::1"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_webhooks_and_emails_go_to_public_addresses_alone(overlay: str) -> None:
    notifier = labels(workloads(overlay)["notifier-svc"])
    for port in (443, 465, 587):
        assert [each for each in PUBLIC if not _sends(overlay, notifier, each, port)] == []
        assert [each for each in PRIVATE if _sends(overlay, notifier, each, port)] == []
    assert not _sends(overlay, notifier, PUBLIC[0], 8080)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_who_has_no_business_outside_sends_nothing_there(overlay: str) -> None:
    for name in ("gateway", "manager-svc", "stream-svc", "notifier-svc"):
        sender = labels(workloads(overlay)[name])
        for address in (*PUBLIC, *PRIVATE):
            assert not _sends(overlay, sender, address, 80), (name, address)
            assert not _sends(overlay, sender, address, 53), (name, address)
    for address in (*PUBLIC, *PRIVATE):
        assert not _sends(overlay, labels(workloads(overlay)["gateway"]), address, 443)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_names_are_asked_of_the_cluster_alone(overlay: str) -> None:
    of_the_cluster = {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
    for name, workload in workloads(overlay).items():
        rules = _rules(overlay, "egress", labels(workload))
        asked = [rule["to"] for rule in rules if _opens(rule.get("ports"), 53)]
        assert asked == [[{"namespaceSelector": of_the_cluster}]], name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_whoever_has_no_rule_is_shut_in(overlay: str) -> None:
    assert of_kind(overlay, "NetworkPolicy")["default-deny"]["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }


def _passes(overlay: str, source: str, target: str, port: int) -> bool:
    pods = workloads(overlay)
    receiver = labels(pods[target])
    if source == STRANGER:  # what it may send is not for these policies to say
        return _allows(overlay, "ingress", receiver, "from", {}, port)
    sender = labels(pods[source])
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
    rules = _rules(overlay, way, own)
    return any(_covers(rule.get(side), other) and _opens(rule.get("ports"), port) for rule in rules)


def _sends(overlay: str, own: Mapping[str, str], address: str, port: int) -> bool:
    """Tell whether a pod may open a connection to an address."""
    return any(
        _covers_address(rule.get("to"), address) and _opens(rule.get("ports"), port)
        for rule in _rules(overlay, "egress", own)
    )


def _rules(overlay: str, way: str, own: Mapping[str, str]) -> list[Manifest]:
    return [
        rule
        for policy in of_kind(overlay, "NetworkPolicy").values()
        if _selects(policy["spec"]["podSelector"], own)
        for rule in policy["spec"].get(way, [])
    ]


def _covers(peers: list[Any] | None, other: Mapping[str, str]) -> bool:
    """Tell whether a pod is among the peers; an address is none of a pod."""
    return peers is None or any(
        "podSelector" in peer and _selects(peer["podSelector"], other) for peer in peers
    )


def _covers_address(peers: list[Any] | None, address: str) -> bool:
    blocks = [peer["ipBlock"] for peer in peers or [] if "ipBlock" in peer]
    return peers is None or any(
        _within(address, block["cidr"])
        and not any(_within(address, each) for each in block.get("except", []))
        for block in blocks
    )


def _within(address: str, network: str) -> bool:
    return ip_address(address) in ip_network(network)


def _opens(ports: list[Any] | None, port: int) -> bool:
    return ports is None or any(each["port"] == port for each in ports)


def _selects(selector: Manifest, own: Mapping[str, str]) -> bool:
    exact = selector.get("matchLabels", {}).items() <= own.items()
    return exact and all(
        own.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", [])
    )
