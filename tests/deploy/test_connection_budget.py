"""However far the autoscalers go, the database has a connection for everybody."""

import re

import pytest

from connections import BESIDE_THE_POOL
from manifests import OVERLAYS, ROOT, SERVICES, environment, of_kind, pod, workloads

OF_COMMANDS = 10
"""A backup, a resync of each side, a rebuild, and an operator who looks."""

RESERVED = 3
"""Those that Postgres keeps for superusers."""


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_all_replicas_twice_fit_into_what_the_page_asks_for(overlay: str) -> None:
    # In a roll-out the old replicas may all be draining while the new ones are all there.
    needed = sum(
        2 * _most_replicas(overlay, each) * _per_replica(overlay, each) for each in SERVICES
    )

    assert needed + OF_COMMANDS + RESERVED <= _documented()


def test_the_database_of_dev_has_as_many() -> None:
    [arguments] = [each["args"] for each in pod(workloads("dev")["postgres"])["containers"]]

    assert f"max_connections={_documented()}" in arguments


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_preparing_takes_no_more_than_serving(overlay: str, service: str) -> None:
    assert _per_replica(overlay, service) >= 3  # administrator, pool of one, migrations


def _most_replicas(overlay: str, service: str) -> int:
    return int(of_kind(overlay, "HorizontalPodAutoscaler")[service]["spec"]["maxReplicas"])


def _per_replica(overlay: str, service: str) -> int:
    given = environment(overlay, pod(workloads(overlay)[service])["containers"][0])
    [pool] = [int(value) for name, value in given.items() if name.endswith("_DATABASE_POOL_SIZE")]
    return pool + BESIDE_THE_POOL[service]


def _documented() -> int:
    page = (ROOT / "docs" / "operations" / "kubernetes.md").read_text()
    [number] = re.findall(r"`max_connections` of at least (\d+)", page)
    return int(number)
