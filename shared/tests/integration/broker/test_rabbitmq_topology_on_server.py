"""What `declare` makes and what `missing` finds, on a real server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aio_pika
import pytest
from structlog.testing import capture_logs
from yarl import URL

from leadwire.broker import (
    ALL_TYPES,
    Accepted,
    Ack,
    BrokerUnavailableError,
    Retry,
    Subscription,
    TopologyConflictError,
    Unroutable,
)
from leadwire.broker.rabbitmq import RabbitMQBroker
from leadwire.testing import eventually
from leadwire.testing.broker_contract import message
from leadwire.testing.broker_recording import ParkingList, Recorder
from leadwire.testing.rabbitmq import RabbitMQServer, Vhost

SUBSCRIPTION = Subscription(name="asked", types=("one", "two"), retry_delays=(1.0, 5.0))
QUEUE = "leadwire.asked"
EVENTS = "leadwire.events"
DIRECTED = "leadwire.directed"

Tinker = Callable[[aio_pika.abc.AbstractChannel], Awaitable[object]]


@pytest.fixture
async def broker(rabbitmq_vhost: str) -> AsyncIterator[RabbitMQBroker]:
    broker = RabbitMQBroker.from_url(rabbitmq_vhost, name="test")
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture
def by_hand(rabbitmq_vhost: str) -> Callable[[Tinker], Awaitable[None]]:
    """Do something to the server as an operator would."""

    async def do(tinker: Tinker) -> None:
        async with await aio_pika.connect(rabbitmq_vhost) as connection:
            await tinker(await connection.channel())

    return do


async def delete_queue(channel: aio_pika.abc.AbstractChannel) -> None:
    await channel.queue_delete(QUEUE)


async def test_nothing_is_there_at_first_and_all_of_it_after_declare(
    broker: RabbitMQBroker,
) -> None:
    assert await broker.missing([SUBSCRIPTION]) == [
        "exchange leadwire.events",
        "exchange leadwire.directed",
        "queue leadwire.asked.dead",
        "queue leadwire.asked",
        "queue leadwire.asked.retry.1000",
        "queue leadwire.asked.retry.5000",
        "exchange leadwire.asked.returns",
        "bindings one, two of leadwire.asked",
    ]
    await broker.declare([SUBSCRIPTION])
    assert await broker.missing([SUBSCRIPTION]) == []
    await broker.declare([SUBSCRIPTION])
    assert await broker.missing([SUBSCRIPTION]) == []


async def test_publishing_without_any_topology_is_unroutable(broker: RabbitMQBroker) -> None:
    assert list(await broker.publish([message(), message()])) == [Unroutable()] * 2
    await broker.declare([Subscription(name="all", types=(ALL_TYPES,))])
    assert list(await broker.publish([message(), message()])) == [Accepted()] * 2


async def test_a_conflict_is_named_and_hurts_nobody_else(broker: RabbitMQBroker) -> None:
    await broker.declare([SUBSCRIPTION])
    recorder = Recorder()
    await broker.subscribe(SUBSCRIPTION, recorder, parking=ParkingList())
    ordered = Subscription(name="asked", types=("one", "two"), ordered=True)
    with pytest.raises(TopologyConflictError, match=r"leadwire\.asked .*x-single-active"):
        await broker.declare([ordered])
    assert list(await broker.publish([message("one")])) == [Accepted()]
    await eventually(lambda: len(recorder.finished) == 1)
    # The second attempt conflicts too, and nothing was half made.
    with pytest.raises(TopologyConflictError):
        await broker.declare([ordered])
    assert await broker.missing([SUBSCRIPTION]) == []


async def test_a_lost_queue_is_found(
    broker: RabbitMQBroker, by_hand: Callable[[Tinker], Awaitable[None]]
) -> None:
    other = Subscription(name="other", types=("one",))
    await broker.declare([SUBSCRIPTION, other])
    await by_hand(delete_queue)
    assert await broker.missing([SUBSCRIPTION, other]) == [
        "queue leadwire.asked",
        "bindings one, two of leadwire.asked",
    ]
    # The other subscription still takes the type: its publisher would not have noticed.
    assert list(await broker.publish([message("one")])) == [Accepted()]
    await broker.declare([SUBSCRIPTION])
    assert await broker.missing([SUBSCRIPTION, other]) == []


@pytest.mark.parametrize("lost", [f"{QUEUE}.dead", f"{QUEUE}.retry.1000", f"{QUEUE}.retry.5000"])
async def test_a_lost_queue_for_retries_or_dead_letters_is_found(
    broker: RabbitMQBroker, by_hand: Callable[[Tinker], Awaitable[None]], lost: str
) -> None:
    await broker.declare([SUBSCRIPTION])
    await by_hand(lambda channel: channel.queue_delete(lost))
    assert await broker.missing([SUBSCRIPTION]) == [f"queue {lost}"]
    await broker.declare([SUBSCRIPTION])
    assert await broker.missing([SUBSCRIPTION]) == []


async def test_a_queue_made_again_without_its_bindings_is_found(
    broker: RabbitMQBroker, by_hand: Callable[[Tinker], Awaitable[None]]
) -> None:
    await broker.declare([SUBSCRIPTION])
    await by_hand(delete_queue)

    async def make_again(channel: aio_pika.abc.AbstractChannel) -> None:
        await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})

    await by_hand(make_again)
    assert await broker.missing([SUBSCRIPTION]) == ["bindings one, two of leadwire.asked"]


@pytest.mark.parametrize("exchange", [EVENTS, DIRECTED])
async def test_an_exchange_made_again_by_another_service_is_found(
    broker: RabbitMQBroker, by_hand: Callable[[Tinker], Awaitable[None]], exchange: str
) -> None:
    await broker.declare([SUBSCRIPTION])
    await by_hand(lambda channel: channel.exchange_delete(exchange))
    await broker.declare([Subscription(name="other", types=("one",))])
    assert await broker.missing([SUBSCRIPTION]) == ["bindings one, two of leadwire.asked"]
    await broker.declare([SUBSCRIPTION])
    assert await broker.missing([SUBSCRIPTION]) == []


async def test_a_type_that_was_added_since_is_found(broker: RabbitMQBroker) -> None:
    await broker.declare([SUBSCRIPTION])
    grown = Subscription(name="asked", types=("one", "two", "three"), retry_delays=(1.0, 5.0))
    assert await broker.missing([grown]) == ["bindings one, two, three of leadwire.asked"]
    await broker.declare([grown])
    assert await broker.missing([grown]) == []


async def test_arguments_change_as_the_operations_page_says_and_nothing_is_lost(
    rabbitmq_vhost: str, broker: RabbitMQBroker, by_hand: Callable[[Tinker], Awaitable[None]]
) -> None:
    subscription = Subscription(name="asked", types=("one",), retry_delays=(0.2,))
    await broker.declare([subscription])
    before, after = [message("one") for _ in range(20)], [message("one") for _ in range(20)]
    recorder = Recorder(lambda delivery: Retry() if delivery.attempt == 1 else Ack())
    consumer = await broker.subscribe(subscription, recorder, parking=ParkingList())
    assert set(await broker.publish(before)) == {Accepted()}
    changed = RabbitMQBroker(url=rabbitmq_vhost, name="changed", delivery_limit=7)
    with pytest.raises(TopologyConflictError, match="x-delivery-limit"):
        await changed.declare([subscription])
    # Nobody publishes: wait until all is handled, stop, delete, declare, start.
    await eventually(lambda: len(recorder.received) == 2 * len(before), within=30)
    await consumer.stop()
    await by_hand(delete_queue)
    await changed.declare([subscription])
    assert await changed.missing([subscription]) == []
    await broker.subscribe(subscription, recorder, parking=ParkingList())
    assert set(await broker.publish(after)) == {Accepted()}
    expected = {each.id for each in (*before, *after)}
    await eventually(lambda: len(recorder.received) == 2 * len(expected), within=30)
    assert set(recorder.ids) == expected
    await changed.stop()


async def test_what_waits_for_its_next_attempt_outlives_the_queue_that_it_comes_back_to(
    broker: RabbitMQBroker, by_hand: Callable[[Tinker], Awaitable[None]]
) -> None:
    # Long enough to make the queue again before: past it, RabbitMQ tries every three minutes.
    subscription = Subscription(name="asked", types=("one",), retry_delays=(6.0,))
    await broker.declare([subscription])
    failing = Recorder(lambda _: Retry())
    consumer = await broker.subscribe(subscription, failing, parking=ParkingList())
    waiting = message("one")
    assert list(await broker.publish([waiting])) == [Accepted()]
    await eventually(lambda: failing.ids == [waiting.id])
    await consumer.stop()
    await by_hand(delete_queue)
    await broker.declare([subscription])
    recorder = Recorder()
    await broker.subscribe(subscription, recorder, parking=ParkingList())
    await eventually(lambda: recorder.finished == [waiting.id], within=30)
    assert recorder.received[0].delivery.attempt == 2


async def test_what_fails_stays_while_the_way_to_its_delay_is_missing(
    broker: RabbitMQBroker, by_hand: Callable[[Tinker], Awaitable[None]]
) -> None:
    subscription = Subscription(name="asked", types=("one",), retry_delays=(0.1,))
    await broker.declare([subscription])
    await by_hand(lambda channel: channel.exchange_delete(f"{QUEUE}.returns"))
    assert await broker.missing([subscription]) == ["exchange leadwire.asked.returns"]
    recorder = Recorder(lambda delivery: Retry() if delivery.attempt == 1 else Ack())
    await broker.subscribe(subscription, recorder, parking=ParkingList())
    sent = message("one")
    assert list(await broker.publish([sent])) == [Accepted()]
    await eventually(lambda: len(recorder.received) > 2, within=30)
    assert {each.delivery.attempt for each in recorder.received} == {1}
    await broker.declare([subscription])
    await eventually(lambda: recorder.finished == [sent.id], within=30)


async def test_with_the_management_api_a_single_lost_or_wrong_binding_is_found(
    private_rabbitmq: RabbitMQServer,
) -> None:
    vhost = Vhost(server=private_rabbitmq)
    await vhost.create()
    # Without credentials of its own: the broker's are used.
    management = URL(private_rabbitmq.management_url or "").with_user(None)
    url = URL(vhost.url).update_query(management=str(management))
    broker = RabbitMQBroker.from_url(str(url), name="test")
    try:
        await broker.declare([SUBSCRIPTION])
        assert await broker.missing([SUBSCRIPTION]) == []
        async with await aio_pika.connect(vhost.url) as connection:
            queue = await (await connection.channel()).get_queue(QUEUE)
            await queue.unbind(EVENTS, routing_key="one")
            await queue.unbind(DIRECTED, routing_key="asked")
        assert await broker.missing([SUBSCRIPTION]) == [
            "binding one of leadwire.asked",
            "binding asked of leadwire.asked",
        ]
        async with await aio_pika.connect(vhost.url) as connection:
            await (await connection.channel()).exchange_delete(EVENTS)
        assert await broker.missing([SUBSCRIPTION]) == [
            "exchange leadwire.events",
            "binding one of leadwire.asked",
            "binding two of leadwire.asked",
            "binding asked of leadwire.asked",
        ]
    finally:
        await broker.stop()
        await vhost.delete()


async def test_a_management_api_that_does_not_answer_is_no_all_clear(
    rabbitmq_vhost: str,
) -> None:
    secret = "s3cret"
    broker = RabbitMQBroker(
        url=rabbitmq_vhost, name="test", management_url=f"http://user:{secret}@127.0.0.1:1"
    )
    await broker.declare([SUBSCRIPTION])
    with pytest.raises(BrokerUnavailableError) as caught:
        await broker.missing([SUBSCRIPTION])
    assert secret not in str(caught.value)
    await broker.stop()


async def test_the_namespace_keeps_two_installations_apart(rabbitmq_vhost: str) -> None:
    url = URL(rabbitmq_vhost)
    one = RabbitMQBroker.from_url(str(url.update_query(namespace="here")), name="one")
    two = RabbitMQBroker.from_url(str(url.update_query(namespace="there")), name="two")
    subscription = Subscription(name="same", types=(ALL_TYPES,))
    await one.declare([subscription])
    assert list(await one.publish([message()])) == [Accepted()]
    assert list(await two.publish([message()])) == [Unroutable()]
    assert len(await two.missing([subscription])) > 1
    await one.stop()
    await two.stop()


async def test_a_discarded_namespace_is_gone_and_leaves_another_one_whole(
    rabbitmq_vhost: str,
) -> None:
    url = URL(rabbitmq_vhost)
    passing = RabbitMQBroker.from_url(str(url.update_query(namespace="passing")), name="one")
    staying = RabbitMQBroker.from_url(rabbitmq_vhost, name="two")
    nothing = await passing.missing([SUBSCRIPTION])
    for broker in (passing, staying):
        await broker.declare([SUBSCRIPTION])
        assert list(await broker.publish([message("one")])) == [Accepted()]
    await passing.discard([SUBSCRIPTION])
    await passing.discard([SUBSCRIPTION])  # what is gone already is no error
    assert await passing.missing([SUBSCRIPTION]) == nothing
    assert await staying.missing([SUBSCRIPTION]) == []
    await passing.stop()
    await staying.stop()


@pytest.mark.fault
async def test_a_declaration_that_a_restart_of_the_server_cuts_short_is_completed(
    private_rabbitmq: RabbitMQServer,
) -> None:
    broker = RabbitMQBroker.from_url(private_rabbitmq.url, name="test")
    await broker.start()
    wanted = [Subscription(name=f"cut-{n}", types=("told",), ordered=True) for n in range(40)]
    with capture_logs() as said:
        declaring = asyncio.create_task(broker.declare(wanted))
        done, _ = await asyncio.wait([declaring], timeout=0.2)
        assert not done
        await private_rabbitmq.restart()
        await declaring
    assert "declaration_cut_short" in {each["event"] for each in said}
    assert await broker.missing(wanted) == []
    await broker.discard(wanted)
    await broker.stop()
