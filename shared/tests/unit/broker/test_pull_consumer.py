"""The consumer loop, where the contract does not look: sessions that fail or die."""

import asyncio
from collections.abc import Callable

import pytest

from leadwire.broker import BrokerUnavailableError, Message, Subscription
from leadwire.broker.memory import MemoryHub
from leadwire.broker.pull import OpenSession, PullConsumer, PullSession
from leadwire.broker.pull import _consumer as consumer_module
from leadwire.testing import eventually
from leadwire.testing.broker_recording import ParkingList, Recorder

SUBSCRIPTION = Subscription(name="s", types=("t",), prefetch=5)


def consumer_of(open_session: OpenSession, recorder: Recorder | None = None) -> PullConsumer:
    return PullConsumer(
        subscription=SUBSCRIPTION,
        handler=recorder or Recorder(),
        parking=ParkingList(),
        open_session=open_session,
    )


@pytest.fixture
def hub() -> MemoryHub:
    hub = MemoryHub()
    hub.declare([SUBSCRIPTION])
    return hub


async def test_an_error_that_is_no_outage_ends_the_consumer_and_is_told() -> None:
    async def open_session(wake: Callable[[], None]) -> PullSession:
        raise LookupError("a bug")

    consumer = consumer_of(open_session)
    consumer.start()
    with pytest.raises(LookupError, match="a bug"):
        await consumer.wait()
    await consumer.stop()


async def test_a_server_that_is_away_is_tried_until_it_is_back(hub: MemoryHub) -> None:
    opener = hub.opener(SUBSCRIPTION)
    tries = 0

    async def open_session(wake: Callable[[], None]) -> PullSession:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise BrokerUnavailableError("not yet")
        return await opener(wake)

    hub.store([Message(id="m", type="t", body=b"")], only=None)
    recorder = Recorder()
    consumer = consumer_of(open_session, recorder)
    consumer.start()
    await eventually(lambda: recorder.finished == ["m"])
    await consumer.stop()
    assert tries == 4


async def test_a_stop_does_not_wait_for_a_server_that_is_away() -> None:
    tried = asyncio.Event()

    async def open_session(wake: Callable[[], None]) -> PullSession:
        tried.set()
        raise BrokerUnavailableError("away")

    consumer = consumer_of(open_session)
    consumer.start()
    await tried.wait()
    async with asyncio.timeout(20):
        await consumer.stop(deadline=30)
        await consumer.wait()


async def test_stopping_or_waiting_without_a_start_is_harmless(hub: MemoryHub) -> None:
    consumer = consumer_of(hub.opener(SUBSCRIPTION))
    await consumer.wait()
    await consumer.stop()


async def test_a_stop_that_is_cancelled_goes_on_for_the_next_caller(hub: MemoryHub) -> None:
    recorder = Recorder(is_open=False)
    consumer = consumer_of(hub.opener(SUBSCRIPTION), recorder)
    consumer.start()
    hub.store([Message(id="m", type="t", body=b"")], only=None)
    await eventually(lambda: recorder.ids == ["m"])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await consumer.stop(deadline=30)
    recorder.open()
    await consumer.stop()
    assert recorder.finished == ["m"]


async def test_what_waits_on_a_dead_connection_is_settled_on_the_next_one(hub: MemoryHub) -> None:
    recorder = Recorder(is_open=False)
    consumer = consumer_of(hub.opener(SUBSCRIPTION), recorder)
    consumer.start()
    batch = [Message(id=str(number), type="t", body=b"") for number in range(20)]
    hub.store(batch, only=None)
    await eventually(lambda: len(recorder.ids) == 5)
    hub.cancel("s")
    recorder.open()
    await eventually(lambda: set(recorder.finished) == {each.id for each in batch})
    await consumer.stop()
    assert recorder.most_at_once <= 5


async def test_a_stop_gives_up_what_it_cannot_settle_without_running_against_the_server(
    hub: MemoryHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "SETTLE_WITHIN", 0.5)
    opener = hub.opener(SUBSCRIPTION)
    opened = 0

    async def open_session(wake: Callable[[], None]) -> PullSession:
        nonlocal opened
        opened += 1
        return await opener(wake)

    recorder = Recorder(is_open=False)
    consumer = consumer_of(open_session, recorder)
    consumer.start()
    hub.store([Message(id="m", type="t", body=b"")], only=None)
    await eventually(lambda: recorder.ids == ["m"])
    hub.go_down()
    stopping = asyncio.create_task(consumer.stop(deadline=30))
    recorder.open()
    async with asyncio.timeout(20):
        await stopping
    assert recorder.finished == ["m"]
    assert opened < 10
