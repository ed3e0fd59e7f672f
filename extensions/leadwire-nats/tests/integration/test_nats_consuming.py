"""Leases, attempts and losses: what the server counts otherwise than we do."""

import asyncio
import time
from functools import partial

import nats
import pytest
from nats_harness import ACK_WAIT, NatsHarness
from nats_server import PrivateNats

from leadwire.broker import Accepted, Ack, Message, Retry, Subscription
from leadwire.broker.port import DELIVERY_LIMIT
from leadwire.testing import eventually
from leadwire.testing.broker_recording import ParkingList, Recorder

EVENT = "lead_assigned"
TEAM = Subscription(name="team", types=(EVENT,), retry_delays=(0.1,))


def events(count: int) -> list[Message]:
    return [Message(id=f"event-{number}", type=EVENT, body=b"{}") for number in range(count)]


async def publish(namespace: NatsHarness, count: int, *wanted: Subscription) -> list[str]:
    broker = await namespace.client("publisher")
    await broker.declare(wanted)
    batch = events(count)
    assert list(await broker.publish(batch)) == [Accepted()] * count
    return [each.id for each in batch]


SHORT, LONG = 2.0, 60.0
"""Leases that end within a test, and that do not."""


async def longer_than(seconds: float) -> None:
    begun = time.monotonic()
    await eventually(lambda: time.monotonic() - begun > seconds, within=seconds + 10)


async def test_a_handler_may_take_longer_than_the_lease(namespace: NatsHarness) -> None:
    """The lease is renewed while it runs, so another consumer does not get the delivery."""
    namespace.ack_wait = SHORT
    # It asks for nothing more while it has one, so that the server would have the other to ask.
    narrow = Subscription(name="team", types=(EVENT,), prefetch=1)
    await publish(namespace, 1, narrow)
    slow, other = Recorder(is_open=False), Recorder()
    one, two = await namespace.client("one"), await namespace.client("two")
    await one.subscribe(narrow, slow, parking=ParkingList())
    await eventually(lambda: slow.ids)
    await two.subscribe(narrow, other, parking=ParkingList())
    await longer_than(SHORT * 2)
    slow.open()
    await eventually(lambda: slow.finished)
    assert (slow.ids, other.ids) == (["event-0"], [])


@pytest.mark.fault
async def test_what_comes_again_while_its_handler_runs_is_not_handled_twice(
    namespace: NatsHarness,
) -> None:
    """An outage outlasts the lease; the server delivers again, to the same consumer."""
    namespace.ack_wait = SHORT
    await publish(namespace, 3, TEAM)
    broker, recorder = await namespace.client("silent"), Recorder(is_open=False)
    await broker.subscribe(TEAM, recorder, parking=ParkingList())
    await eventually(lambda: len(recorder.ids) == 3)
    namespace.way_of(broker).freeze()
    await longer_than(SHORT * 2)
    namespace.way_of(broker).thaw()
    await longer_than(SHORT)
    recorder.open()
    await eventually(lambda: _is_drained(namespace), within=30)
    assert len(recorder.ids) == 3


async def test_retries_are_no_losses_however_many(namespace: NatsHarness) -> None:
    attempts = DELIVERY_LIMIT + 5
    tried = Subscription(
        name="team", types=(EVENT,), max_attempts=attempts, retry_delays=(0.001,), prefetch=1
    )
    await publish(namespace, 1, tried)
    recorder, parking = Recorder(lambda _: Retry()), ParkingList()
    await (await namespace.client()).subscribe(tried, recorder, parking=parking)
    await eventually(lambda: parking.parked, within=60)
    assert f"gave up after {attempts} attempts" in parking.reasons["event-0"]
    assert len(recorder.ids) == attempts


@pytest.mark.fault
async def test_a_request_fails_with_its_connection_and_not_at_its_deadline(
    namespace: NatsHarness,
) -> None:
    broker = await namespace.client()
    connection = await broker._link.get()
    namespace.way_of(broker).freeze()
    asking = asyncio.create_task(connection.request("$JS.API.INFO", timeout=LONG))
    await eventually(lambda: len(connection._resp_map) == 1)
    namespace.way_of(broker).cut()
    async with asyncio.timeout(LONG / 2):
        with pytest.raises(nats.errors.ConnectionClosedError):
            await asking
    namespace.way_of(broker).thaw()


@pytest.mark.fault
async def test_an_ordered_subscription_gives_back_what_it_held_when_it_is_cut(
    namespace: NatsHarness,
) -> None:
    """Its handler was cancelled: the next attempt does not wait for the lease to end."""
    namespace.ack_wait = LONG
    ordered = Subscription(name="team", types=(EVENT,), ordered=True)
    await publish(namespace, 1, ordered)
    broker, recorder = await namespace.client("cut"), Recorder(is_open=False)
    await broker.subscribe(ordered, recorder, parking=ParkingList())
    await eventually(lambda: len(recorder.ids) == 1)
    namespace.way_of(broker).cut()
    await eventually(lambda: len(recorder.ids) == 2, within=LONG / 2)
    recorder.open()
    await eventually(lambda: _is_drained(namespace))
    assert recorder.received[1].delivery.attempt == 1
    assert recorder.most_at_once == 1


@pytest.mark.fault
async def test_a_cut_connection_costs_no_second_handling(namespace: NatsHarness) -> None:
    """Handlers go on, and what they achieve is settled over the next connection."""
    namespace.ack_wait = LONG
    published = await publish(namespace, 20, TEAM)
    broker = await namespace.client("cut")
    recorder = Recorder(is_open=False)
    await broker.subscribe(TEAM, recorder, parking=ParkingList())
    await eventually(lambda: len(recorder.ids) == 20)
    namespace.way_of(broker).cut()
    recorder.open()
    await eventually(lambda: _is_drained(namespace), within=30)
    assert sorted(recorder.ids) == sorted(published)


async def _is_drained(namespace: NatsHarness) -> bool:
    async with await nats.connect(namespace.url) as connection:
        info = await connection.jetstream().stream_info(f"{namespace.namespace}-team")
    return info.state.messages == 0


@pytest.mark.fault
async def test_an_ordered_subscription_moves_on_in_order_when_a_connection_is_cut(
    namespace: NatsHarness,
) -> None:
    ordered = Subscription(name="team", types=(EVENT,), ordered=True, retry_delays=(0.1,))
    published = await publish(namespace, 30, ordered)
    recorder = Recorder()
    clients = [await namespace.client("one"), await namespace.client("two")]
    for broker in clients:
        await broker.subscribe(ordered, recorder, parking=ParkingList())
    await eventually(lambda: len(recorder.finished) >= 5)
    for broker in clients:
        namespace.way_of(broker).cut()
    await eventually(lambda: len(set(recorder.finished)) == 30, within=60)
    assert list(dict.fromkeys(recorder.finished)) == published
    assert recorder.most_at_once == 1


@pytest.mark.fault
async def test_attempts_and_delays_outlive_a_restart_of_the_server(
    private_nats: PrivateNats,
) -> None:
    """The server would forget the delay, and count the restart as an attempt."""
    namespace = NatsHarness(url=private_nats.url, server=private_nats)
    patient = Subscription(
        name="team", types=(EVENT,), max_attempts=2, retry_delays=(ACK_WAIT * 1.5,)
    )
    try:
        await publish(namespace, 1, patient)
        broker = await namespace.client("patient")
        recorder = Recorder(lambda delivery: Ack() if delivery.attempt == 2 else Retry())
        parking = ParkingList()
        await broker.subscribe(patient, recorder, parking=parking)
        await eventually(lambda: recorder.ids)
        await eventually(lambda: _is_noted(namespace))
        await private_nats.kill()
        await private_nats.start()
        await eventually(lambda: recorder.finished, within=40)
        first, second = recorder.received
        assert (first.delivery.attempt, second.delivery.attempt) == (1, 2)
        assert second.at - first.at >= ACK_WAIT * 1.5 - 0.1
        assert parking.parked == {}
        await eventually(lambda: _is_drained(namespace))
        await eventually(lambda: _are_attempts_forgotten(namespace))
    finally:
        await namespace.close()


async def _is_noted(namespace: NatsHarness) -> bool:
    return not await _are_attempts_forgotten(namespace)


async def _are_attempts_forgotten(namespace: NatsHarness) -> bool:
    async with await nats.connect(namespace.url) as connection:
        info = await connection.jetstream().stream_info(f"{namespace.namespace}_attempts")
    return info.state.messages == 0


async def test_what_ends_its_consumers_again_and_again_is_parked_unhandled(
    namespace: NatsHarness,
) -> None:
    """Deliveries that ended with no verdict of ours are losses, however often it was retried."""
    await publish(namespace, 1, TEAM)
    async with await nats.connect(namespace.url) as connection:
        context = connection.jetstream()
        vanishing = await context.pull_subscribe_bind("consumers", f"{namespace.namespace}-team")
        for _ in range(DELIVERY_LIMIT):
            [held] = await vanishing.fetch(1, timeout=5)
            await held.nak()
    broker, recorder, parking = await namespace.client(), Recorder(), ParkingList()
    await broker.subscribe(TEAM, recorder, parking=parking)
    await eventually(lambda: parking.parked)
    assert recorder.ids == []
    assert "vanished" in parking.reasons["event-0"]


def _has_eight(recorder: Recorder) -> bool:
    return len(recorder.ids) == 8


async def test_an_orderly_stop_is_no_loss(namespace: NatsHarness) -> None:
    """What a consumer gives back comes at once, as the same attempt, to whoever is there."""
    namespace.ack_wait = LONG
    await publish(namespace, 8, TEAM)
    for _ in range(3):
        stuck = Recorder(is_open=False)
        broker = await namespace.client()
        consumer = await broker.subscribe(TEAM, stuck, parking=ParkingList())
        await eventually(partial(_has_eight, stuck), within=LONG / 4)
        await consumer.stop(deadline=0.1)
    recorder = Recorder()
    await (await namespace.client()).subscribe(TEAM, recorder, parking=ParkingList())
    await eventually(lambda: len(recorder.finished) == 8, within=LONG / 4)
    assert {each.delivery.attempt for each in recorder.received} == {1}
    await eventually(lambda: _are_attempts_forgotten(namespace))


async def test_a_subscription_may_be_declared_after_its_consumer_has_started(
    namespace: NatsHarness,
) -> None:
    broker, recorder = await namespace.client(), Recorder()
    await broker.subscribe(TEAM, recorder, parking=ParkingList())
    await publish(namespace, 1, TEAM)
    await eventually(lambda: recorder.finished == ["event-0"], within=30)


async def test_another_consumer_on_the_stream_takes_over_without_a_loss(
    namespace: NatsHarness,
) -> None:
    """The server deletes a consumer and it is made anew while deliveries are in hand."""
    published = await publish(namespace, 3, TEAM)
    broker, recorder = await namespace.client(), Recorder(is_open=False)
    await broker.declare([TEAM])
    await broker.subscribe(TEAM, recorder, parking=ParkingList())
    await eventually(lambda: len(recorder.ids) == 3)
    await namespace.cancel_consumers("team")
    recorder.open()
    await eventually(lambda: _is_drained(namespace), within=30)
    assert set(recorder.finished) == set(published)
