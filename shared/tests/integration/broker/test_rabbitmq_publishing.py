"""Publishing to a real RabbitMQ: every kind of answer, and none."""

import asyncio
import time
from collections.abc import AsyncIterator

import aio_pika
import pytest
from pamqp.commands import Basic
from pamqp.common import FieldTable
from yarl import URL

from leadwire.broker import (
    ALL_TYPES,
    Accepted,
    BrokerUnavailableError,
    Message,
    Rejected,
    Subscription,
    Unknown,
    Unroutable,
)
from leadwire.broker.rabbitmq import RabbitMQBroker
from leadwire.broker.rabbitmq._link import Link
from leadwire.broker.rabbitmq._publisher import Publisher
from leadwire.broker.rabbitmq._wire import Outgoing, outgoing
from leadwire.testing import eventually
from leadwire.testing.broker_contract import (
    HURRIED,
    SLACK,
    ids,
    message,
    messages,
    publish_when_back,
)
from leadwire.testing.broker_recording import ParkingList, Recorder
from leadwire.testing.rabbitmq import RabbitMQServer
from leadwire.testing.rabbitmq_harness import RabbitMQHarness

EVERYTHING = Subscription(name="everything", types=(ALL_TYPES,))


@pytest.fixture
async def broker(rabbitmq_vhost: str) -> AsyncIterator[RabbitMQBroker]:
    broker = RabbitMQBroker.from_url(rabbitmq_vhost, name="test")
    await broker.start()
    await broker.declare([EVERYTHING])
    yield broker
    await broker.stop()


@pytest.fixture
async def publisher(rabbitmq_vhost: str) -> AsyncIterator[Publisher]:
    url = URL(rabbitmq_vhost).without_query_params("namespace")
    link = Link(url=url, name="test")
    yield Publisher(link=link, timeout=10.0)
    await link.close()


@pytest.fixture
async def harness(private_rabbitmq: RabbitMQServer) -> AsyncIterator[RabbitMQHarness]:
    async with RabbitMQHarness(server=private_rabbitmq) as harness:
        yield harness


async def test_a_body_larger_than_a_frame_arrives_whole(broker: RabbitMQBroker) -> None:
    recorder = Recorder()
    await broker.subscribe(EVERYTHING, recorder, parking=ParkingList())
    large = message(body=bytes(range(256)) * 2000)
    assert list(await broker.publish([large])) == [Accepted()]
    await eventually(lambda: len(recorder.received) == 1)
    assert recorder.received[0].delivery.message == large


async def test_no_channel_on_a_connection_that_was_closed_meanwhile_is_an_outage(
    rabbitmq_vhost: str,
) -> None:
    link = Link(url=URL(rabbitmq_vhost).without_query_params("namespace"), name="test")
    connection = await link.get()
    assert connection.transport is not None
    await connection.transport.connection.close()

    with pytest.raises(BrokerUnavailableError):
        await link.channel(connection=connection)
    await link.close()


async def test_what_cannot_be_sent_does_not_hold_up_its_neighbours(
    broker: RabbitMQBroker,
) -> None:
    bad = message(headers={"CC": "somewhere"})
    outcomes = list(await broker.publish([message(), bad, message()]))
    assert [outcomes[0], outcomes[2]] == [Accepted()] * 2
    assert outcomes[1] == Rejected("the header 'CC' is reserved", permanent=True)


async def test_an_id_that_comes_twice_in_a_batch_gets_its_own_answer_each_time(
    broker: RabbitMQBroker,
) -> None:
    twin = message()
    assert list(await broker.publish([twin, twin, message()])) == [Accepted()] * 3
    assert list(await broker.publish([twin, twin], only="nobody")) == [Unroutable()] * 2


async def test_one_message_to_several_subscriptions_at_once_is_not_confused(
    broker: RabbitMQBroker,
) -> None:
    twin = message()
    targets = ["everything", "nobody", "everything", "no-one"] * 10
    answers = await asyncio.gather(*(broker.publish([twin], only=target) for target in targets))
    expected = [Accepted() if target == "everything" else Unroutable() for target in targets]
    assert [answer for [answer] in answers] == expected


async def test_a_batch_larger_than_a_window_is_published_in_order(
    broker: RabbitMQBroker,
) -> None:
    single = Subscription(name="single", types=(ALL_TYPES,), prefetch=1)
    await broker.declare([single])
    batch = messages(1200)
    assert list(await broker.publish(batch)) == [Accepted()] * 1200
    recorder = Recorder()
    await broker.subscribe(single, recorder, parking=ParkingList())
    await eventually(lambda: len(recorder.ids) >= 1200, within=60)
    assert recorder.ids == ids(batch)


def addressed(text: str, headers: dict[str, str] | None = None) -> Outgoing:
    built = outgoing(
        Message(id=text, type="t", body=b"{}"), exchange="", routing_key="leadwire.everything"
    )
    if headers is None:
        return built
    properties = Basic.Properties(message_id=text, headers=dict(headers))
    return Outgoing(built.exchange, built.routing_key, built.body, properties)


async def test_a_message_that_the_server_refuses_for_ever_is_told_from_its_neighbours(
    rabbitmq_vhost: str, publisher: Publisher
) -> None:
    """It closes the channel, and with it go the confirms of all that were in flight."""
    namespace = URL(rabbitmq_vhost).query.get("namespace", "leadwire")
    queue = f"{namespace}.everything"
    async with await aio_pika.connect(rabbitmq_vhost) as connection:
        await (await connection.channel()).declare_queue(queue, durable=True)
        batch = [
            Outgoing("", queue, each.body, each.properties)
            for each in (
                *(addressed(f"before-{n}") for n in range(20)),
                # A CC header must be a list: RabbitMQ takes a text for an error.
                addressed("poison", {"CC": "text"}),
                *(addressed(f"after-{n}") for n in range(20)),
            )
        ]
        outcomes = await publisher.publish(batch)
    assert outcomes[:20] + outcomes[21:] == [Accepted()] * 40
    assert isinstance(outcomes[20], Rejected)
    assert outcomes[20].permanent
    assert "CC" in outcomes[20].reason


async def test_after_a_window_that_was_not_taken_nothing_more_is_sent(
    rabbitmq_vhost: str, publisher: Publisher
) -> None:
    namespace = URL(rabbitmq_vhost).query.get("namespace", "leadwire")
    full, free = f"{namespace}.full", f"{namespace}.free"
    async with await aio_pika.connect(rabbitmq_vhost) as connection:
        channel = await connection.channel()
        limit: FieldTable = {"x-max-length": 1, "x-overflow": "reject-publish"}
        await channel.declare_queue(full, durable=True, arguments=limit)
        await channel.declare_queue(free, durable=True)

        async def is_full() -> bool:
            [outcome] = await publisher.publish([to(full, "filler")])
            return isinstance(outcome, Rejected)

        await eventually(is_full)
        # An id that comes again begins a window of its own.
        refused, held_back = await publisher.publish([to(full, "twin"), to(free, "twin")])
        assert isinstance(refused, Rejected)
        assert not refused.permanent
        assert isinstance(held_back, Unknown)
        assert "not sent" in held_back.reason
        found = await channel.declare_queue(free, passive=True)
        assert found.declaration_result.message_count == 0


async def test_a_message_that_is_refused_for_ever_holds_up_no_window_behind_it(
    rabbitmq_vhost: str, publisher: Publisher
) -> None:
    namespace = URL(rabbitmq_vhost).query.get("namespace", "leadwire")
    queue = f"{namespace}.free"
    async with await aio_pika.connect(rabbitmq_vhost) as connection:
        await (await connection.channel()).declare_queue(queue, durable=True)
        # A CC header must be a list: RabbitMQ takes a text for an error.
        poison = Outgoing("", queue, b"", addressed("twin", {"CC": "text"}).properties)
        refused, sent = await publisher.publish([poison, to(queue, "twin")])
    assert isinstance(refused, Rejected)
    assert refused.permanent
    assert sent == Accepted()


def to(queue: str, text: str) -> Outgoing:
    return outgoing(Message(id=text, type="t", body=b"{}"), exchange="", routing_key=queue)


@pytest.mark.fault
async def test_a_full_queue_rejects_for_now(
    private_rabbitmq: RabbitMQServer, harness: RabbitMQHarness
) -> None:
    broker = await harness.client()
    await broker.declare([EVERYTHING])
    vhost = URL(harness.url).path[1:]
    policy = ["full", "^leadwire[.]everything$", '{"max-length": 5}', "--apply-to", "queues"]
    await private_rabbitmq.ctl("set_policy", "-p", vhost, *policy)

    async def is_full() -> bool:
        [outcome] = await broker.publish([message()])
        if isinstance(outcome, Rejected):
            assert not outcome.permanent
            return True
        assert outcome == Accepted()
        return False

    await eventually(is_full, message="the queue rejects")
    recorder = Recorder()
    await broker.subscribe(EVERYTHING, recorder, parking=ParkingList())
    last = message()
    await publish_when_back(broker, [last])
    await eventually(lambda: last.id in recorder.ids)


@pytest.mark.fault
async def test_a_network_that_swallows_everything_gives_bounded_unknown(
    harness: RabbitMQHarness,
) -> None:
    broker = await harness.client(publish_within=HURRIED)
    await broker.declare([EVERYTHING])
    await publish_when_back(broker, [message()])
    way = harness.way_of(broker)
    batch = messages(50)
    way.freeze()
    try:
        started = time.monotonic()
        outcomes = await broker.publish(batch)
        assert time.monotonic() - started < HURRIED + SLACK
        assert [type(outcome) for outcome in outcomes] == [Unknown] * 50
        # Nor is the way to a new connection any better.
        started = time.monotonic()
        assert [type(o) for o in await broker.publish(batch)] == [Unknown] * 50
        assert time.monotonic() - started < HURRIED + SLACK
    finally:
        way.thaw()
    await publish_when_back(broker, batch)


@pytest.mark.fault
async def test_a_connection_cut_in_the_middle_of_a_batch_is_unknown_and_replaced(
    harness: RabbitMQHarness,
) -> None:
    broker = await harness.client()
    await broker.declare([EVERYTHING])
    way = harness.way_of(broker)
    way.delay = 0.2
    batch = messages(100)
    publishing = asyncio.create_task(_outcomes(broker, batch))
    # The batch is on its way for at least 0.2 s: the cut falls into it.
    await asyncio.sleep(0)
    await eventually(lambda: way.connections >= 2)
    way.cut()
    outcomes = await publishing
    way.delay = 0.0
    assert {type(outcome) for outcome in outcomes} == {Unknown}
    await publish_when_back(broker, batch)


async def _outcomes(broker: object, batch: list[Message]) -> list[object]:
    assert isinstance(broker, RabbitMQBroker)
    return list(await broker.publish(batch))


@pytest.mark.fault
async def test_the_memory_alarm_stops_publications_and_nothing_else(
    private_rabbitmq: RabbitMQServer, harness: RabbitMQHarness
) -> None:
    """Consumers go on and acknowledge; the client is ready; its connection is kept."""
    broker = await harness.client(publish_within=HURRIED)
    await broker.declare([EVERYTHING])
    waiting = messages(10)
    await publish_when_back(broker, waiting)
    recorder = Recorder(is_open=False)
    await broker.subscribe(EVERYTHING, recorder, parking=ParkingList())
    await eventually(lambda: len(recorder.ids) >= 10)
    during = messages(3)
    await harness.block()
    try:
        for _ in range(3):
            assert [type(o) for o in await broker.publish(during)] == [Unknown] * 3
        await broker.check()
        recorder.open()

        async def all_acknowledged() -> bool:
            vhost = URL(harness.url).path[1:]
            listed = await private_rabbitmq.ctl("list_queues", "-p", vhost, "name", "messages")
            return "leadwire.everything\t0" in listed

        await eventually(all_acknowledged, within=30)
        names = await private_rabbitmq.ctl("list_connections", "client_properties", "state")
        blocked = [line for line in names.splitlines() if "(publishing)" in line]
        assert len(blocked) == 1, "a new connection for each try would each add to the memory"
        assert "block" in blocked[0]
    finally:
        await harness.unblock()
    await publish_when_back(broker, during)
    await eventually(lambda: set(ids(during)) <= set(recorder.finished))
