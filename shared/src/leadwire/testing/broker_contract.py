"""The contract of every broker, as eighteen tests.

A transport proves itself by a test module with a subclass and a fixture:

    class TestMyBroker(BrokerContract):
        @pytest.fixture
        async def harness(self) -> AsyncIterator[BrokerHarness]:
            ...

The tests stand for the eighteen behaviours that the broker port promises, and say in
their docstrings what they prove. They wait for what must happen, and show what must
not happen by something later that has happened: none of them sleeps and hopes.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final
from uuid import uuid4

import pytest

from leadwire.broker import (
    ALL_TYPES,
    Accepted,
    Ack,
    Broker,
    Delivery,
    Message,
    Park,
    Retry,
    Subscription,
    Unknown,
    Unroutable,
    Verdict,
)
from leadwire.testing import eventually
from leadwire.testing.broker_harness import BrokerHarness
from leadwire.testing.broker_load import Load
from leadwire.testing.broker_recording import ParkingList, Recorder

CONTRACT: Final = "broker contract"
"""The property by which the plugin counts these tests, under the name of their class."""

FIRST = "contract_first"
SECOND = "contract_second"
NOBODYS = "contract_nobodys"

RECOVERY = 60.0
"""Seconds that a client may take to find back to a server that was away."""

HURRIED = 2.0
"""Seconds within which `publish` answers where a test waits for it not to succeed."""

SLACK = 10.0
"""Seconds that a loaded machine may add to a bound."""

CLOCK_TOLERANCE = 0.05
"""Seconds by which a broker's clock may round a delay down."""


def message(
    event_type: str = FIRST,
    *,
    body: bytes = b"{}",
    headers: dict[str, str] | None = None,
) -> Message:
    """Return a message with an id of its own."""
    return Message(id=str(uuid4()), type=event_type, body=body, headers=headers or {})


def messages(count: int, event_type: str = FIRST) -> list[Message]:
    """Return that many messages."""
    return [message(event_type) for _ in range(count)]


def ids(batch: Sequence[Message]) -> list[str]:
    """Return the messages' ids in order."""
    return [each.id for each in batch]


async def publish(broker: Broker, batch: Sequence[Message], *, only: str | None = None) -> None:
    """Publish and insist that all is accepted."""
    assert list(await broker.publish(batch, only=only)) == [Accepted()] * len(batch)


async def publish_when_back(broker: Broker, batch: Sequence[Message]) -> None:
    """Publish to a server that has been away, as often as it takes."""

    async def accepted() -> bool:
        return all(isinstance(each, Accepted) for each in await broker.publish(batch))

    await eventually(accepted, within=RECOVERY, message="the server takes publications again")


async def received_all(recorder: Recorder, batch: Sequence[Message], *, within: float) -> None:
    """Wait until the recorder has received each message of the batch."""
    await eventually(
        lambda: set(ids(batch)) <= set(recorder.ids), within=within, message="all are received"
    )


class BrokerContract:
    """What every transport does; see the module's docstring."""

    @pytest.fixture(autouse=True)
    def _counted(self, record_property: Callable[[str, object], None]) -> None:
        record_property(CONTRACT, type(self).__name__)

    async def test_delivers_body_and_headers_byte_for_byte(self, harness: BrokerHarness) -> None:
        """Body, headers, id, type and content type arrive exactly as published.

        The bodies are: every byte value, nothing, and the largest allowed. The headers
        have upper and lower case, text beyond ASCII, emptiness and length.
        """
        subscription = Subscription(name="bytes", types=(FIRST,))
        broker = await harness.client()
        await broker.declare([subscription])
        headers = {
            "ce-source": "leadwire/import-svc",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "X-Mixed-Case": "Grüße, 世界 🙂",
            "empty": "",
            "number": "0042",
            "long": "x" * 4000,
        }
        batch = [
            message(body=bytes(range(256)), headers=headers),
            message(body=b""),
            message(body=bytes(range(256)) * 256),
            Message(id=str(uuid4()), type=FIRST, body=b"<a/>", content_type="application/xml"),
        ]
        recorder = Recorder()
        await broker.subscribe(subscription, recorder, parking=ParkingList())
        await publish(broker, batch)
        await received_all(recorder, batch, within=10)
        deliveries = {each.delivery.message.id: each.delivery for each in recorder.received}
        for sent in batch:
            delivery = deliveries[sent.id]
            assert delivery.message.id == sent.id
            assert delivery.message.type == sent.type
            assert delivery.message.body == sent.body
            assert dict(delivery.message.headers) == dict(sent.headers)
            assert delivery.message.content_type == sent.content_type
            assert delivery.subscription == "bytes"
            assert delivery.attempt == 1

    async def test_fans_out_to_subscriptions_whose_consumers_compete(
        self, harness: BrokerHarness
    ) -> None:
        """Each subscription gets every message that it wants, once among its consumers."""
        shared = Subscription(name="shared", types=(FIRST,), prefetch=4)
        everything = Subscription(name="everything", types=(ALL_TYPES,))
        other = Subscription(name="other", types=(SECOND,))
        one, two = await harness.client("one"), await harness.client("two")
        await one.declare([shared, everything, other])
        workers = [Recorder(is_open=False), Recorder(is_open=False)]
        for broker, worker in zip((one, two), workers, strict=True):
            await broker.subscribe(shared, worker, parking=ParkingList())
        watcher, stranger = Recorder(), Recorder()
        await one.subscribe(everything, watcher, parking=ParkingList())
        await two.subscribe(other, stranger, parking=ParkingList())
        batch = messages(40)
        await publish(one, batch)
        # Both gates are closed: with four held by each, both must have got some.
        await eventually(lambda: all(worker.received for worker in workers))
        for worker in workers:
            worker.open()
        await eventually(lambda: len(workers[0].ids + workers[1].ids) >= 40)
        last = message(SECOND)
        await publish(two, [last])
        await received_all(stranger, [last], within=10)
        await received_all(watcher, [*batch, last], within=10)
        assert sorted(workers[0].ids + workers[1].ids) == sorted(ids(batch))
        assert sorted(watcher.ids) == sorted(ids([*batch, last]))
        assert stranger.ids == [last.id]

    async def test_directed_publication_reaches_only_its_subscription(
        self, harness: BrokerHarness
    ) -> None:
        """With `only`, one subscription gets the message and no other, though it wants it.

        It gets also what it does not want otherwise.
        A transport may keep more under names that begin like the subscription's, such as what
        waits for another attempt: nothing of that can be named.
        """
        named = Subscription(name="some-team.named", types=(FIRST,))
        # Ordered: had it got the directed message, it would stand before the later one.
        passed_by = Subscription(name="passed-by", types=(ALL_TYPES,), ordered=True)
        broker = await harness.client()
        await broker.declare([named, passed_by])
        to_named, to_passed_by = Recorder(), Recorder()
        await broker.subscribe(named, to_named, parking=ParkingList())
        await broker.subscribe(passed_by, to_passed_by, parking=ParkingList())
        directed, general = [*messages(3), *messages(2, NOBODYS)], messages(1)
        await publish(broker, directed, only="some-team.named")
        for inner in ("dead", "retry.1000", "retry", "*", "#"):
            outcomes = await broker.publish(messages(2), only=f"some-team.named.{inner}")
            assert list(outcomes) == [Unroutable()] * 2
        await publish(broker, general)
        await received_all(to_named, [*directed, *general], within=10)
        await received_all(to_passed_by, general, within=10)
        assert to_passed_by.ids == ids(general)
        assert sorted(to_named.ids) == sorted(ids([*directed, *general]))

    async def test_subscription_that_is_offline_gets_what_was_published(
        self, harness: BrokerHarness
    ) -> None:
        """Messages wait in a declared subscription for a consumer that comes later.

        The client that published is gone by then.
        """
        subscription = Subscription(name="offline", types=(FIRST,))
        publisher = await harness.client("publisher")
        await publisher.declare([subscription])
        batch = messages(25)
        await publish(publisher, batch)
        await publisher.stop()
        late = await harness.client("late")
        recorder = Recorder()
        await late.subscribe(subscription, recorder, parking=ParkingList())
        await received_all(recorder, batch, within=10)
        assert sorted(recorder.ids) == sorted(ids(batch))

    async def test_crash_before_acknowledgement_brings_the_delivery_again(
        self, harness: BrokerHarness
    ) -> None:
        """What a vanished consumer held comes to another one, without anybody's help.

        The loss is no attempt: of the two that there may be, both are still to come.
        """
        subscription = Subscription(
            name="crash", types=(FIRST,), prefetch=5, max_attempts=2, retry_delays=(0.2,)
        )
        publisher, victim = await harness.client("publisher"), await harness.client("victim")
        await publisher.declare([subscription])
        hanging = Recorder(is_open=False)
        await victim.subscribe(subscription, hanging, parking=ParkingList())
        batch = messages(5)
        await publish(publisher, batch)
        await received_all(hanging, batch, within=10)
        await harness.crash(victim)
        heir = await harness.client("heir")
        failed: set[str] = set()

        def answer(delivery: Delivery) -> Verdict:
            if delivery.message.id in failed:
                return Ack()
            failed.add(delivery.message.id)
            return Retry()

        recorder, parking = Recorder(answer), ParkingList()
        await heir.subscribe(subscription, recorder, parking=parking)
        await eventually(lambda: sorted(recorder.finished) == sorted(ids(batch)), within=30)
        assert (hanging.finished, parking.parked) == ([], {})

    async def test_retry_waits_for_its_delay(self, harness: BrokerHarness) -> None:
        """A failed attempt comes again with the next number, never before its delay.

        The first delay is the subscription's, the second one is what the handler asked for. Of
        the two failures that there may be, the first is excused, so the second is not the last.
        """
        steps = (0.4, 0.9)
        subscription = Subscription(
            name="delay", types=(FIRST,), max_attempts=2, retry_delays=steps
        )
        broker = await harness.client()
        await broker.declare([subscription])

        def answer(delivery: Delivery) -> Verdict:
            if delivery.attempt == 1:
                return Retry(excused=True)
            return Retry(delay=steps[1]) if delivery.attempt == 2 else Ack()

        recorder = Recorder(answer)
        await broker.subscribe(subscription, recorder, parking=ParkingList())
        [sent] = batch = messages(1)
        await publish(broker, batch)
        await eventually(lambda: recorder.finished == [sent.id])
        first, second, third = recorder.received
        assert [each.delivery.attempt for each in recorder.received] == [1, 2, 3]
        assert [each.delivery.excused for each in recorder.received] == [0, 1, 1]
        assert first.delivery.message == second.delivery.message == third.delivery.message
        for waited, step in ((second.at - first.at, steps[0]), (third.at - second.at, steps[1])):
            assert step - CLOCK_TOLERANCE <= waited < step + SLACK

    async def test_exhausted_delivery_is_parked_with_its_reason(
        self, harness: BrokerHarness
    ) -> None:
        """After `max_attempts`, or at once if the handler says so, a delivery is parked.

        It is parked before it is acknowledged: when parking fails at first, the delivery
        stays and is parked later. What is parked does not come again.
        """
        subscription = Subscription(
            name="exhausted", types=(ALL_TYPES,), max_attempts=3, retry_delays=(0.1,), prefetch=1
        )
        broker = await harness.client()
        await broker.declare([subscription])

        def answer(delivery: Delivery) -> Verdict:
            if delivery.message.type == SECOND:
                return Park("it is hopeless")
            raise ValueError("it broke")

        recorder, parking = Recorder(answer), ParkingList(failures=1)
        consumer = await broker.subscribe(subscription, recorder, parking=parking)
        hopeless, broken = message(SECOND), message(FIRST)
        await publish(broker, [hopeless, broken])
        await eventually(lambda: len(parking.parked) == 2)
        assert parking.refused == 1
        assert parking.reasons[hopeless.id] == "it is hopeless"
        assert "ValueError: it broke" in parking.reasons[broken.id]
        parked = parking.parked["exhausted", broken.id].delivery
        assert (parked.message, parked.attempt >= 3) == (broken, True)
        assert recorder.ids.count(hopeless.id) + recorder.ids.count(broken.id) == 5
        await consumer.stop()
        afterwards, last = Recorder(), messages(1)
        await broker.subscribe(subscription, afterwards, parking=parking)
        await publish(broker, last)
        await received_all(afterwards, last, within=10)
        assert afterwards.ids == ids(last)

    async def test_one_consumer_receives_in_order(self, harness: BrokerHarness) -> None:
        """Messages come in the order they were published.

        To a single consumer with a prefetch of one, and in an ordered subscription even
        with a second consumer standing by and with a message that fails twice, of which once
        is excused: there it is retried in place, and never are two messages handled at the same
        time.
        """
        single = Subscription(name="single", types=(FIRST,), prefetch=1)
        ordered = Subscription(
            name="ordered", types=(FIRST,), ordered=True, max_attempts=2, retry_delays=(0.1, 0.2)
        )
        one, two = await harness.client("one"), await harness.client("two")
        await one.declare([single, ordered])
        batch = messages(60)
        troubled = batch[20].id

        def answer(delivery: Delivery) -> Verdict:
            fails = delivery.message.id == troubled and delivery.attempt <= 2
            return Retry(excused=delivery.attempt == 1) if fails else Ack()

        in_single, in_ordered = Recorder(), Recorder(answer)
        await one.subscribe(single, in_single, parking=ParkingList())
        for broker in (one, two):
            await broker.subscribe(ordered, in_ordered, parking=ParkingList())
        for start in range(0, 60, 20):
            await publish(one, batch[start : start + 20])
        await eventually(lambda: len(in_single.finished) >= 60 and len(in_ordered.finished) >= 60)
        assert in_single.finished == ids(batch)
        assert in_ordered.finished == ids(batch)
        assert in_ordered.ids == [
            each for each in ids(batch) for _ in range(3 if each == troubled else 1)
        ]
        assert in_ordered.most_at_once == 1

    async def test_restarting_twice_under_load_loses_nothing_accepted(
        self, harness: BrokerHarness
    ) -> None:
        """Of what was accepted before, between and after two restarts, nothing is lost.

        Nor is a mark that the broker bears.

        One task publishes without a pause and repeats what was `Unknown`; one consumer
        lives through both restarts. Counted are the ids accepted and the ids received.
        """
        subscription = Subscription(name="restart", types=(FIRST,), prefetch=100)
        publisher = await harness.client("publisher", publish_within=HURRIED)
        consumer = await harness.client("consumer")
        await publisher.declare([subscription])
        await publisher.mark("some-svc.one")
        recorder = Recorder()
        await consumer.subscribe(subscription, recorder, parking=ParkingList())
        async with Load(broker=publisher, event_type=FIRST) as load:
            await load.more_accepted(200, within=RECOVERY)
            for _ in range(2):
                await harness.restart()
                await load.more_accepted(200, within=RECOVERY)
            await load.finish(within=RECOVERY)
        assert load.refused == []
        assert len(load.accepted) >= 600
        await eventually(
            lambda: load.accepted <= set(recorder.ids),
            within=RECOVERY,
            message="everything accepted is received",
        )
        assert await consumer.is_marked("some-svc.one")
        assert not await consumer.is_marked("some-svc.two")

    async def test_unroutable_messages_are_reported(self, harness: BrokerHarness) -> None:
        """A message that no subscription wants is `Unroutable`, beside accepted ones.

        So is a message to a subscription that does not exist.
        """
        subscription = Subscription(name="picky", types=(FIRST,))
        broker = await harness.client()
        await broker.declare([subscription])
        assert list(await broker.publish([message(NOBODYS)])) == [Unroutable()]
        batch = [message(FIRST), message(NOBODYS), message(FIRST)]
        assert list(await broker.publish(batch)) == [Accepted(), Unroutable(), Accepted()]
        assert list(await broker.publish(messages(2), only="not-there")) == [Unroutable()] * 2
        recorder = Recorder()
        await broker.subscribe(subscription, recorder, parking=ParkingList())
        await received_all(recorder, [batch[0], batch[2]], within=10)
        assert sorted(recorder.ids) == sorted([batch[0].id, batch[2].id])

    async def test_a_broker_is_known_by_its_marks(self, harness: BrokerHarness) -> None:
        """Every client finds a mark that one has left, and none that nobody has.

        Asking does no harm where nothing was declared yet, nor leaving it twice.
        """
        one, two = await harness.client("one"), await harness.client("two")
        mark, longest = f"some-svc.{uuid4()}", "a-b.C9" * 16
        assert not await two.is_marked(mark)
        for _ in range(2):
            await one.mark(mark)
        await one.declare([Subscription(name="marked", types=(FIRST,))])
        await two.mark(longest)
        for client in (one, two):
            assert await client.is_marked(mark)
            assert await client.is_marked(longest)
            assert not await client.is_marked(mark[:-1])
        await publish(two, messages(1))
        assert list(await one.publish([message(NOBODYS)])) == [Unroutable()]

    async def test_blocked_broker_gives_bounded_unknown_and_recovers(
        self, harness: BrokerHarness
    ) -> None:
        """While the server confirms nothing, `publish` answers `Unknown` within its bound.

        Afterwards the same client publishes, and the same consumer receives, as before.
        """
        subscription = Subscription(name="blocked", types=(FIRST,))
        broker = await harness.client(publish_within=HURRIED)
        await broker.declare([subscription])
        recorder = Recorder()
        await broker.subscribe(subscription, recorder, parking=ParkingList())
        before, during, after = messages(3), messages(3), messages(3)
        await publish_when_back(broker, before)
        await received_all(recorder, before, within=10)
        await harness.block()
        try:
            started = time.monotonic()
            outcomes = await broker.publish(during)
            took = time.monotonic() - started
        finally:
            await harness.unblock()
        assert [type(outcome) for outcome in outcomes] == [Unknown] * 3
        assert took < HURRIED + SLACK
        await publish_when_back(broker, [*during, *after])
        await received_all(recorder, [*during, *after], within=RECOVERY)

    async def test_graceful_stop_lets_handlers_finish(self, harness: BrokerHarness) -> None:
        """A stop starts no further handler, waits for those that run, and acknowledges.

        What was not begun comes to the next consumer, and so does what its handler had
        not finished when the deadline of the stop had passed.
        """
        subscription = Subscription(name="graceful", types=(FIRST,), prefetch=3)
        broker = await harness.client()
        await broker.declare([subscription])
        batch = messages(8)
        patient = Recorder(is_open=False)
        consumer = await broker.subscribe(subscription, patient, parking=ParkingList())
        await publish(broker, batch)
        await eventually(lambda: len(patient.ids) == 3)
        stopping = asyncio.create_task(consumer.stop(deadline=30))
        await broker.check()
        assert not stopping.done()
        patient.open()
        await stopping
        assert sorted(patient.finished) == sorted(patient.ids)
        assert len(patient.finished) == 3

        stuck = Recorder(is_open=False)
        consumer = await broker.subscribe(subscription, stuck, parking=ParkingList())
        await eventually(lambda: len(stuck.ids) == 3)
        await consumer.stop(deadline=0.2)
        assert stuck.finished == []

        heir = Recorder()
        await broker.subscribe(subscription, heir, parking=ParkingList())
        await eventually(lambda: len(heir.finished) >= 5)
        assert sorted(heir.finished) == sorted(set(ids(batch)) - set(patient.finished))

    async def test_closing_twice_and_at_once_is_harmless(self, harness: BrokerHarness) -> None:
        """Stops of consumer and client, at the same time and again, all just return.

        A client that is stopped answers `Unknown`: it cannot have stored anything.
        """
        subscription = Subscription(name="closing", types=(FIRST,))
        broker = await harness.client()
        await broker.declare([subscription])
        consumer = await broker.subscribe(subscription, Recorder(), parking=ParkingList())
        await publish(broker, messages(3))
        async with asyncio.timeout(20):
            await asyncio.gather(
                consumer.stop(), broker.stop(), consumer.stop(), broker.stop(), consumer.wait()
            )
            await consumer.stop()
            await broker.stop()
            await consumer.wait()
            outcomes = await broker.publish(messages(2))
        assert [type(outcome) for outcome in outcomes] == [Unknown] * 2

    async def test_consumer_cancelled_by_the_server_resumes(self, harness: BrokerHarness) -> None:
        """When the server ends its consumption, the consumer comes back by itself."""
        subscription = Subscription(name="cancelled", types=(FIRST,))
        broker = await harness.client()
        await broker.declare([subscription])
        recorder = Recorder()
        consumer = await broker.subscribe(subscription, recorder, parking=ParkingList())
        waiting = asyncio.create_task(consumer.wait())
        before, after = messages(3), messages(3)
        await publish(broker, before)
        await eventually(lambda: sorted(recorder.finished) == sorted(ids(before)))
        await harness.cancel_consumers("cancelled")
        await publish_when_back(broker, after)
        await received_all(recorder, after, within=RECOVERY)
        assert not waiting.done()
        await consumer.stop()
        await waiting

    async def test_poison_does_not_block_its_neighbours(self, harness: BrokerHarness) -> None:
        """A message that always fails waits aside; those behind it are handled meanwhile.

        Even a consumer that holds one delivery at a time is not held up.
        """
        subscription = Subscription(
            name="poison", types=(ALL_TYPES,), prefetch=1, max_attempts=4, retry_delays=(0.5,)
        )
        broker = await harness.client()
        await broker.declare([subscription])

        def answer(delivery: Delivery) -> Verdict:
            if delivery.message.type == SECOND:
                raise ValueError("poison")
            return Ack()

        recorder, parking = Recorder(answer), ParkingList()
        await broker.subscribe(subscription, recorder, parking=parking)
        poison, neighbours = message(SECOND), messages(30)
        await publish(broker, [poison, *neighbours])
        await eventually(lambda: sorted(recorder.finished) == sorted(ids(neighbours)))
        assert parking.parked == {}, "the neighbours were handled before the poison gave up"
        await eventually(lambda: "poison" in parking.reasons.get(poison.id, ""))
        assert recorder.ids.count(poison.id) == 4

    async def test_prefetch_bounds_what_a_consumer_holds(self, harness: BrokerHarness) -> None:
        """A consumer holds `prefetch` deliveries and no more, handled or waiting.

        All the others are free for a second consumer while the first one is stuck.
        """
        narrow = Subscription(name="prefetch", types=(FIRST,), prefetch=3)
        wide = Subscription(name="prefetch", types=(FIRST,), prefetch=50)
        one, two = await harness.client("one"), await harness.client("two")
        await one.declare([narrow])
        batch = messages(20)
        await publish(one, batch)
        stuck, free = Recorder(is_open=False), Recorder()
        await one.subscribe(narrow, stuck, parking=ParkingList())
        await eventually(lambda: len(stuck.ids) == 3)
        await two.subscribe(wide, free, parking=ParkingList())
        await eventually(lambda: len(free.finished) >= 17)
        assert len(stuck.ids) == 3
        assert sorted(free.ids + stuck.ids) == sorted(ids(batch))
        stuck.open()
        await eventually(lambda: len(stuck.finished) == 3)
        assert stuck.most_at_once == 3

    async def test_what_waits_is_counted(self, harness: BrokerHarness) -> None:
        """Whoever asks learns how many messages wait for a subscription, up to a number.

        A consumer that is stuck leaves them waiting, but for those that it holds.
        """
        subscription = Subscription(name="counted", types=(FIRST,), prefetch=3)
        broker = await harness.client()
        await broker.declare([subscription, Subscription(name="other", types=(SECOND,))])

        async def counts(number: int, *, up_to: int = 100) -> bool:
            return await broker.waiting("counted", up_to=up_to) == number

        assert await counts(0)
        batch = messages(20)
        await publish(broker, batch)
        await eventually(lambda: counts(20))
        await eventually(lambda: counts(7, up_to=7))
        assert await broker.waiting("other", up_to=100) == 0
        assert await broker.waiting("undeclared", up_to=100) == 0
        worker = Recorder(is_open=False)
        await broker.subscribe(subscription, worker, parking=ParkingList())
        await eventually(lambda: len(worker.ids) == 3)
        await eventually(lambda: counts(17))
        worker.open()
        await received_all(worker, batch, within=10)
        assert await counts(0)
