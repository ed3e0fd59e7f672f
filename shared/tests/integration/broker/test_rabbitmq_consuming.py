"""Consuming from a real RabbitMQ, beyond what every broker's contract asks."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import aio_pika
import pytest
from yarl import URL

from leadwire.broker import (
    ALL_TYPES,
    Ack,
    Delivery,
    Message,
    Outcome,
    Park,
    Retry,
    Subscription,
    Unknown,
    Verdict,
)
from leadwire.broker.rabbitmq import RabbitMQBroker, _consumer, _session, _subscriber
from leadwire.broker.rabbitmq._publisher import Publisher
from leadwire.testing import eventually
from leadwire.testing.broker_contract import (
    FIRST,
    HURRIED,
    SECOND,
    ids,
    message,
    messages,
    publish,
    publish_when_back,
)
from leadwire.testing.broker_recording import ParkingList, Recorder
from leadwire.testing.rabbitmq import RabbitMQServer
from leadwire.testing.rabbitmq_harness import RabbitMQHarness


@pytest.fixture
async def broker(rabbitmq_vhost: str) -> AsyncIterator[RabbitMQBroker]:
    broker = RabbitMQBroker.from_url(rabbitmq_vhost, name="test")
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture
async def harness(private_rabbitmq: RabbitMQServer) -> AsyncIterator[RabbitMQHarness]:
    async with RabbitMQHarness(server=private_rabbitmq, delivery_limit=3) as harness:
        yield harness


async def depth(server: RabbitMQServer, harness: RabbitMQHarness, queue: str) -> int:
    listed = await server.ctl(
        "list_queues", "-p", URL(harness.url).path[1:], "--no-table-headers", "name", "messages"
    )
    depths = dict(line.split("\t") for line in listed.splitlines() if "\t" in line)
    return int(depths[queue])


async def test_a_client_forgets_a_consumer_that_was_stopped(broker: RabbitMQBroker) -> None:
    subscription = Subscription(name="brief", types=(ALL_TYPES,))
    await broker.declare([subscription])
    kept = await broker.subscribe(subscription, Recorder(), parking=ParkingList())
    brief = await broker.subscribe(subscription, Recorder(), parking=ParkingList())
    await brief.stop()
    await brief.stop()
    assert broker._consumers == {kept}


@pytest.mark.fault
async def test_what_crashes_its_consumers_is_parked_through_the_dead_letter_queue(
    private_rabbitmq: RabbitMQServer, harness: RabbitMQHarness
) -> None:
    """Four clients vanish with it in hand, which is past the limit of three redeliveries.

    Parking fails at first: the message stays in the dead-letter queue until it works.
    """
    subscription = Subscription(name="crashing", types=(ALL_TYPES,), retry_delays=(0.2,))
    poison = message(headers={"traceparent": "kept"})
    publisher = await harness.client("publisher")
    await publisher.declare([subscription])
    await publish(publisher, [poison])
    for crash in range(4):
        hanging = Recorder(is_open=False)
        victim = await harness.client(f"victim {crash}")
        await victim.subscribe(subscription, hanging, parking=ParkingList())
        await eventually(partial(_has_seen, hanging, poison), within=20)
        await harness.crash(victim)
    parking, recorder = ParkingList(failures=2), Recorder()
    await publisher.subscribe(subscription, recorder, parking=parking)
    await eventually(lambda: poison.id in parking.reasons, within=20)
    assert "crashed" in parking.reasons[poison.id]
    assert parking.refused == 2
    assert parking.parked["crashing", poison.id].delivery.message == poison
    assert recorder.received == []

    async def dead_letters_are_gone() -> bool:
        return await depth(private_rabbitmq, harness, "leadwire.crashing.dead") == 0

    await eventually(dead_letters_are_gone, within=20)


@pytest.mark.fault
async def test_a_retry_during_the_memory_alarm_waits_and_is_not_lost(
    harness: RabbitMQHarness,
) -> None:
    subscription = Subscription(name="held", types=(ALL_TYPES,), retry_delays=(0.2,))
    broker = await harness.client()
    hurried = await harness.client("hurried", publish_within=HURRIED)
    await broker.declare([subscription])
    gate = Recorder(lambda delivery: Retry() if delivery.attempt == 1 else Ack(), is_open=False)
    await broker.subscribe(subscription, gate, parking=ParkingList())
    batch = messages(3)
    await publish(broker, batch)
    await eventually(lambda: len(gate.ids) == 3)
    await harness.block()
    try:
        gate.open()
        # Once this is Unknown, the retries before it have met the alarm too.
        await hurried.publish(messages(1))
        assert gate.finished == []
    finally:
        await harness.unblock()
    await eventually(lambda: set(ids(batch)) <= set(gate.finished), within=60)


async def test_a_failed_delivery_stays_until_its_copy_is_confirmed(
    broker: RabbitMQBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = Subscription(name="kept", types=(FIRST,), retry_delays=(0.2,))
    await broker.declare([subscription])
    recorder = Recorder(lambda _: Retry(), is_open=False)
    consumer = await broker.subscribe(subscription, recorder, parking=ParkingList())
    [sent] = batch = messages(1)
    await publish(broker, batch)
    await eventually(lambda: recorder.ids == [sent.id])

    async def no_answer(*_: object) -> list[Outcome]:
        return [Unknown("no confirm in time")]

    monkeypatch.setattr(Publisher, "publish", no_answer)
    recorder.open()
    await consumer.stop()

    async def is_there() -> bool:
        return await broker.waiting("kept", up_to=2) == 1

    await eventually(is_there)


async def test_a_delay_longer_than_the_longest_step_goes_round_until_it_is_due(
    broker: RabbitMQBroker,
) -> None:
    subscription = Subscription(name="long", types=(FIRST,), retry_delays=(0.2,))
    await broker.declare([subscription])
    recorder = Recorder(
        lambda delivery: Retry(delay=0.9, reason="later") if delivery.attempt == 1 else Ack()
    )
    await broker.subscribe(subscription, recorder, parking=ParkingList())
    [sent] = batch = messages(1)
    await publish(broker, batch)
    await eventually(lambda: recorder.finished == [sent.id])
    first, second = recorder.received
    assert second.at - first.at >= 0.9
    assert second.delivery.attempt == 2
    assert second.delivery.message == sent


async def test_without_its_delay_queue_a_delivery_is_retried_in_place(
    broker: RabbitMQBroker, rabbitmq_vhost: str
) -> None:
    subscription = Subscription(name="bare", types=(FIRST,), retry_delays=(0.2,))
    await broker.declare([subscription])
    namespace = URL(rabbitmq_vhost).query.get("namespace", "leadwire")
    async with await aio_pika.connect(rabbitmq_vhost) as connection:
        await (await connection.channel()).queue_delete(f"{namespace}.bare.retry.200")
    recorder = Recorder(lambda delivery: Retry() if delivery.attempt < 3 else Ack())
    await broker.subscribe(subscription, recorder, parking=ParkingList())
    [sent] = batch = messages(1)
    await publish(broker, batch)
    await eventually(lambda: recorder.finished == [sent.id])
    assert [each.delivery.attempt for each in recorder.received] == [1, 2, 3]
    assert recorder.received[1].at - recorder.received[0].at >= 0.19


async def test_a_message_of_another_teams_making_is_delivered(
    broker: RabbitMQBroker, rabbitmq_vhost: str
) -> None:
    subscription = Subscription(name="foreign", types=(FIRST,))
    await broker.declare([subscription])
    recorder, parking = Recorder(lambda _: Park("cannot be read")), ParkingList()
    await broker.subscribe(subscription, recorder, parking=parking)
    namespace = URL(rabbitmq_vhost).query.get("namespace", "leadwire")
    async with await aio_pika.connect(rabbitmq_vhost) as connection:
        exchange = await (await connection.channel()).get_exchange(f"{namespace}.events")
        odd = aio_pika.Message(b"\xff\x00", headers={"number": 1, "list": [1, 2]})
        await exchange.publish(odd, routing_key=FIRST)
    await eventually(lambda: len(parking.parked) == 1)
    [parked] = parking.parked.values()
    assert parked.delivery.message.body == b"\xff\x00"
    assert parked.delivery.message.type == FIRST
    assert parked.delivery.message.id


async def test_a_consumer_that_came_before_its_queue_begins_when_it_is_declared(
    broker: RabbitMQBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadwire.broker.rabbitmq._broker._FIRST_DELIVERY_WITHIN", 0.2)
    subscription = Subscription(name="early", types=(FIRST,))
    recorder = Recorder()
    await broker.subscribe(subscription, recorder, parking=ParkingList())
    await broker.declare([subscription])
    batch = messages(1)
    await publish(broker, batch)
    await eventually(lambda: recorder.ids == ids(batch), within=30)


async def test_an_ordered_consumer_that_stops_hands_over_only_when_its_handler_is_done(
    broker: RabbitMQBroker, rabbitmq_vhost: str
) -> None:
    ordered = Subscription(name="handover", types=(FIRST,), ordered=True)
    other = Subscription(name="other", types=(SECOND,))
    await broker.declare([ordered, other])
    heirs_broker = RabbitMQBroker.from_url(rabbitmq_vhost, name="heir")
    await heirs_broker.start()
    both, witness = Recorder(is_open=False), Recorder()
    leaving = await broker.subscribe(ordered, both, parking=ParkingList())
    await heirs_broker.subscribe(ordered, both, parking=ParkingList())
    await heirs_broker.subscribe(other, witness, parking=ParkingList())
    batch = messages(4)
    await publish(broker, batch)
    await eventually(lambda: len(both.ids) == 1)
    stopping = asyncio.create_task(leaving.stop(30))
    # Had the stop cancelled the consumption, the heir would have the second message by
    # the time that these have come to it, one after the other.
    for _ in range(5):
        await publish(heirs_broker, [message(SECOND)])
    await eventually(lambda: len(witness.finished) == 5)
    assert both.ids == ids(batch)[:1]
    both.open()
    await stopping
    await eventually(lambda: len(both.finished) == 4)
    assert both.finished == ids(batch)
    assert both.most_at_once == 1
    await heirs_broker.stop()


async def test_an_ordered_delivery_is_not_held_so_long_that_the_broker_takes_offence(
    broker: RabbitMQBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given back and comes again at once; its delay and its count go on."""
    monkeypatch.setattr(_subscriber, "_HOLD", 0.2)
    ordered = Subscription(name="patient", types=(FIRST,), ordered=True, retry_delays=(1.0,))
    await broker.declare([ordered])

    def answer(delivery: Delivery) -> Verdict:
        troubled = delivery.message.id == batch[0].id
        return Retry() if troubled and delivery.attempt < 3 else Ack()

    recorder = Recorder(answer)
    batch = messages(3)
    await broker.subscribe(ordered, recorder, parking=ParkingList())
    await publish(broker, batch)
    await eventually(lambda: recorder.finished == ids(batch), within=20)
    assert [each.delivery.attempt for each in recorder.received] == [1, 2, 3, 1, 1]
    waits = [recorder.received[n + 1].at - recorder.received[n].at for n in range(2)]
    assert min(waits) >= 0.99


@pytest.mark.fault
async def test_a_lost_connection_lets_a_running_handler_finish_before_consuming_again(
    harness: RabbitMQHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the redelivery would be handled beside it: order and bound broken."""
    monkeypatch.setattr(_consumer, "_DRAIN_WITHIN", 120.0)  # longer than the probes take
    ordered = Subscription(name="alone", types=(FIRST,), ordered=True)
    other = Subscription(name="other", types=(SECOND,))
    broker = await harness.client()
    await broker.declare([ordered, other])
    recorder, witness = Recorder(is_open=False), Recorder()
    await broker.subscribe(ordered, recorder, parking=ParkingList())
    await broker.subscribe(other, witness, parking=ParkingList())
    batch = messages(3)
    await publish(broker, batch)
    await eventually(lambda: len(recorder.ids) == 1)
    harness.way_of(broker).cut()
    # The other consumer of the same client is back, and has been for a good while: the
    # redelivery would have come by now.
    for _ in range(20):
        probe = message(SECOND)
        await publish_when_back(broker, [probe])
        await eventually(partial(_has_seen, witness, probe), within=20)
    assert len(recorder.ids) == 1
    recorder.open()
    await eventually(lambda: set(ids(batch)) <= set(recorder.finished), within=30)
    assert recorder.most_at_once == 1
    assert list(dict.fromkeys(recorder.finished)) == ids(batch)


def _has_seen(recorder: Recorder, sent: Message) -> bool:
    return sent.id in recorder.ids


@pytest.mark.fault
async def test_a_consumer_that_the_server_has_forgotten_begins_again(
    harness: RabbitMQHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue is deleted and made again, and the cancellation never reaches the client."""
    monkeypatch.setattr(_session.Session, "_cancelled_by_server", _overheard)
    subscription = Subscription(name="forgotten", types=(FIRST,))
    broker = await harness.client()
    await broker.declare([subscription])
    recorder = Recorder()
    await broker.subscribe(subscription, recorder, parking=ParkingList())
    await harness.cancel_consumers("forgotten")
    batch = messages(3)
    await publish(broker, batch)
    await eventually(lambda: set(ids(batch)) <= set(recorder.finished), within=20)


async def test_a_consumption_begun_again_loses_nothing_and_keeps_the_order(
    rabbitmq_vhost: str,
) -> None:
    """Here it is begun again at each silence of a few milliseconds, so between many messages."""
    ordered = Subscription(name="restless", types=(FIRST,), ordered=True)
    broker = RabbitMQBroker(url=_bare(rabbitmq_vhost), name="restless", renew_after=0.005)
    await broker.start()
    await broker.declare([ordered])
    recorder = Recorder()
    consumer = await broker.subscribe(ordered, recorder, parking=ParkingList())
    assert isinstance(consumer, _subscriber.SubscriptionConsumer)
    batch = messages(100)
    for number, each in enumerate(batch):
        await publish(broker, [each])
        await eventually(partial(_has_seen, recorder, each))
        if number % 10 == 0:
            # Where all goes fast there is no silence by itself.
            await eventually(partial(_has_another_session, consumer, consumer._main._session))
    await consumer.stop()
    assert recorder.finished == ids(batch)
    await broker.stop()


def _has_another_session(consumer: _subscriber.SubscriptionConsumer, former: object) -> bool:
    return consumer._main._session is not former


def _bare(url: str) -> str:
    return str(URL(url).with_query(None))


async def _overheard(self: object, frame: object) -> None:
    """Take a cancellation without noticing."""
