"""The memory broker keeps the contract of all brokers."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from leadwire.broker import (
    Broker,
    BrokerConfigurationError,
    BrokerUnavailableError,
    Subscription,
    TopologyConflictError,
    Unknown,
)
from leadwire.broker.memory import MemoryBroker, MemoryHub
from leadwire.testing.broker_contract import BrokerContract, messages
from leadwire.testing.broker_harness import PATIENT, BrokerHarness
from leadwire.testing.broker_recording import ParkingList, Recorder


class MemoryHarness:
    """A hub of the test's own."""

    def __init__(self) -> None:
        self.hub = MemoryHub()
        self._clients: list[MemoryBroker] = []

    async def client(self, name: str = "client", *, publish_within: float = PATIENT) -> Broker:
        broker = MemoryBroker(hub=self.hub, name=name, publish_timeout=publish_within)
        await broker.start()
        self._clients.append(broker)
        return broker

    async def crash(self, broker: Broker) -> None:
        assert isinstance(broker, MemoryBroker)
        broker.abort()

    async def restart(self) -> None:
        self.hub.go_down()
        with pytest.raises(BrokerUnavailableError):
            await MemoryBroker(hub=self.hub, name="too early").start()
        self.hub.come_up()

    async def block(self) -> None:
        self.hub.block()

    async def unblock(self) -> None:
        self.hub.unblock()

    async def cancel_consumers(self, subscription: str) -> None:
        self.hub.cancel(subscription)

    async def close(self) -> None:
        for broker in self._clients:
            await broker.stop()


class TestMemoryBroker(BrokerContract):
    @pytest.fixture
    async def harness(self) -> AsyncIterator[BrokerHarness]:
        harness = MemoryHarness()
        yield harness
        await harness.close()


@pytest.fixture
async def broker() -> AsyncIterator[MemoryBroker]:
    broker = MemoryBroker.from_url(f"memory://{uuid4()}", name="test")
    await broker.start()
    yield broker
    await broker.stop()


async def test_clients_of_the_same_name_share_a_hub_and_others_do_not() -> None:
    name = str(uuid4())
    one, same = (MemoryBroker.from_url(f"memory://{name}", name=who) for who in ("a", "b"))
    other = MemoryBroker.from_url(f"memory://{uuid4()}", name="c")
    subscription = Subscription(name="s", types=("t",))
    for client in (one, same, other):
        await client.start()
    await one.declare([subscription])
    assert await same.missing([subscription]) == []
    assert await other.missing([subscription]) == ["subscription s"]


@pytest.mark.parametrize("url", ["memory://", "memory:name", "amqp://name"])
def test_a_url_without_a_name_is_refused(url: str) -> None:
    with pytest.raises(BrokerConfigurationError):
        MemoryBroker.from_url(url, name="test")


async def test_a_client_that_is_not_started_answers_unknown() -> None:
    broker = MemoryBroker.from_url(f"memory://{uuid4()}", name="test")
    assert [type(each) for each in await broker.publish(messages(1))] == [Unknown]
    with pytest.raises(BrokerUnavailableError):
        await broker.check()


async def test_an_undeclared_subscription_cannot_be_consumed(broker: MemoryBroker) -> None:
    with pytest.raises(BrokerConfigurationError, match="subscription nowhere"):
        await broker.subscribe(
            Subscription(name="nowhere", types=("t",)), Recorder(), parking=ParkingList()
        )


async def test_declaring_again_takes_new_types_and_refuses_another_order(
    broker: MemoryBroker,
) -> None:
    await broker.declare([Subscription(name="s", types=("a",))])
    wider = Subscription(name="s", types=("a", "b"))
    assert await broker.missing([wider]) == ["subscription s"]
    await broker.declare([wider])
    assert await broker.missing([wider]) == []
    with pytest.raises(TopologyConflictError):
        await broker.declare([Subscription(name="s", types=("a",), ordered=True)])


async def test_a_client_forgets_a_consumer_that_was_stopped() -> None:
    broker = MemoryBroker(hub=MemoryHub(), name="client")
    await broker.start()
    subscription = Subscription(name="brief", types=("t",))
    await broker.declare([subscription])
    kept = await broker.subscribe(subscription, Recorder(), parking=ParkingList())
    brief = await broker.subscribe(subscription, Recorder(), parking=ParkingList())
    await brief.stop()
    await brief.stop()
    assert broker._consumers == {kept}
    await broker.stop()
