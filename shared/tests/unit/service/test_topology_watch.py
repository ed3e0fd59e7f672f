"""A queue that vanishes while the service runs is counted, and told once."""

from collections.abc import AsyncIterator, Sequence

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from leadwire.broker import Subscription
from leadwire.broker.memory import MemoryBroker, MemoryHub
from leadwire.service.topology_watch import TopologyWatch
from leadwire.testing import eventually

FIRST = Subscription(name="first", types=("t",))
SECOND = Subscription(name="second", types=("t",))
INTERVAL = 0.01


class Probe:
    """A watch over a hub where nothing is declared yet."""

    def __init__(self) -> None:
        self.hub = MemoryHub()
        self.broker = CountingBroker(hub=self.hub, name="watched")
        self.registry = CollectorRegistry()
        self.watch = TopologyWatch(
            service="probe-svc",
            broker=self.broker,
            subscriptions=[FIRST, SECOND],
            registry=self.registry,
            interval=INTERVAL,
        )

    def missing(self) -> float | None:
        return self.registry.get_sample_value("leadwire_broker_missing")

    async def look_again(self) -> None:
        looks = self.broker.looks
        await eventually(lambda: self.broker.looks >= looks + 2)


class CountingBroker(MemoryBroker):
    """Counts how often it was asked."""

    looks = 0

    async def missing(self, subscriptions: Sequence[Subscription]) -> list[str]:
        self.looks += 1
        return await super().missing(subscriptions)


@pytest.fixture
async def probe() -> AsyncIterator[Probe]:
    probe = Probe()
    await probe.broker.start()
    yield probe
    await probe.watch.stop()
    await probe.broker.stop()


async def test_what_is_missing_is_counted_and_told_once_per_change(probe: Probe) -> None:
    assert probe.missing() == 0
    with capture_logs() as told:
        await probe.watch.start()
        await eventually(lambda: probe.missing() == 2)
        await probe.look_again()
        probe.hub.declare([FIRST])
        await eventually(lambda: probe.missing() == 1)
        probe.hub.declare([SECOND])
        await eventually(lambda: probe.missing() == 0)
        await probe.look_again()
    events = [(each["event"], each["log_level"], each.get("missing")) for each in told]
    both, one = names_of(FIRST, SECOND), names_of(SECOND)
    assert events == [
        ("topology_incomplete", "error", both),
        ("topology_incomplete", "error", one),
        ("topology_complete_again", "info", None),
    ]
    assert told[0]["remedy"] == "probe-svc topology"


async def test_a_broker_that_is_away_ends_no_watch_and_hides_nothing(probe: Probe) -> None:
    await probe.watch.start()
    await eventually(lambda: probe.missing() == 2)
    with capture_logs() as told:
        probe.hub.go_down()
        await probe.look_again()
    assert {each["event"] for each in told} == {"topology_not_checked"}
    assert probe.missing() == 2
    probe.hub.come_up()
    probe.hub.declare([FIRST, SECOND])
    await eventually(lambda: probe.missing() == 0)


def names_of(*subscriptions: Subscription) -> list[str]:
    """Return how an empty hub names what it lacks."""
    return MemoryHub().missing(subscriptions)
