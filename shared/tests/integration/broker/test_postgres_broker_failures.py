"""What the Postgres broker does when consumers, connections and servers fail."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import pytest

from leadwire.broker import (
    Ack,
    BrokerUnavailableError,
    Delivery,
    Retry,
    Subscription,
    Unknown,
    Verdict,
)
from leadwire.broker.port import DELIVERY_LIMIT
from leadwire.broker.postgres import PostgresBroker
from leadwire.broker.postgres._ordered import OrderedSession, Standing
from leadwire.broker.postgres._session import PostgresSession
from leadwire.broker.pull import Postponed, PullSession
from leadwire.testing import TcpProxy, eventually
from leadwire.testing.broker_contract import (
    FIRST,
    HURRIED,
    SLACK,
    ids,
    messages,
    publish,
    publish_when_back,
)
from leadwire.testing.broker_postgres import PostgresHarness
from leadwire.testing.broker_recording import ParkingList, Recorder
from leadwire.testing.postgres import PostgresServer

PLAIN = Subscription(name="plain", types=(FIRST,), prefetch=5, retry_delays=(0.1,))
ORDERED = Subscription(name="ordered", types=(FIRST,), ordered=True, retry_delays=(0.1,))
BOTH = pytest.mark.parametrize("subscription", [PLAIN, ORDERED], ids=lambda each: each.name)


def through(proxy: TcpProxy, url: str) -> str:
    parts = urlsplit(url)
    login = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{login}@{proxy.host}:{proxy.port}").geturl()


def proxy_to(url: str) -> TcpProxy:
    parts = urlsplit(url)
    return TcpProxy(parts.hostname or "127.0.0.1", parts.port or 5432)


async def test_the_standby_takes_over_an_ordered_subscription_where_it_was_left(
    postgres: PostgresHarness,
) -> None:
    active, standby = await postgres.client("active"), await postgres.client("standby")
    await active.declare([ORDERED])
    batch = messages(30)
    by_active = Recorder()
    consumer = await active.subscribe(ORDERED, by_active, parking=ParkingList())
    await publish(active, batch[:10])
    await eventually(lambda: by_active.finished == ids(batch[:10]))
    by_standby = Recorder()
    await standby.subscribe(ORDERED, by_standby, parking=ParkingList())
    await publish(active, batch[10:20])
    await eventually(lambda: by_active.finished == ids(batch[:20]))
    assert by_standby.ids == []
    await consumer.stop()
    await publish(active, batch[20:])
    await eventually(lambda: by_standby.finished == ids(batch[20:]))


async def test_after_a_crash_an_ordered_subscription_goes_on_from_what_was_not_finished(
    postgres: PostgresHarness,
) -> None:
    active, heir = await postgres.client("active"), await postgres.client("heir")
    await active.declare([ORDERED])
    batch = messages(20)
    await publish(active, batch)
    stuck = Recorder(is_open=False)
    await active.subscribe(ORDERED, stuck, parking=ParkingList())
    await eventually(lambda: stuck.ids == [batch[0].id])
    recorder = Recorder()
    await heir.subscribe(ORDERED, recorder, parking=ParkingList())
    await postgres.crash(active)
    await eventually(lambda: recorder.finished == ids(batch))


async def session_of(postgres: PostgresHarness, subscription: Subscription) -> PostgresSession:
    return await PostgresSession.open(
        url=postgres.url,
        name="session",
        subscription=subscription,
        statement_within=10,
        wake=lambda: None,
    )


async def losses(postgres: PostgresHarness) -> list[int]:
    connection = await postgres.administrator()
    try:
        rows = await connection.fetch("SELECT losses FROM deliveries ORDER BY message_number")
        return [row["losses"] for row in rows]
    finally:
        await connection.close()


def has_received(recorder: Recorder, count: int) -> bool:
    return len(recorder.ids) >= count


@BOTH
async def test_attempts_are_counted_across_consumers(
    postgres: PostgresHarness, subscription: Subscription
) -> None:
    broker = await postgres.client()
    await broker.declare([subscription])
    await publish(broker, messages(1))
    failing = Recorder(lambda delivery: Retry(delay=0.3))
    consumer = await broker.subscribe(subscription, failing, parking=ParkingList())
    await eventually(lambda: len(failing.received) >= 2)
    await consumer.stop()
    recorder = Recorder()
    await broker.subscribe(subscription, recorder, parking=ParkingList())
    await eventually(lambda: len(recorder.finished) == 1)
    # A third attempt may have come to the first one before it stopped.
    assert [each.delivery.attempt for each in recorder.received] == [len(failing.received) + 1]


@BOTH
async def test_a_message_that_kills_its_consumers_is_parked_at_last(
    postgres: PostgresHarness, subscription: Subscription
) -> None:
    broker = await postgres.client("publisher")
    await broker.declare([subscription])
    killer, harmless = messages(2)
    await publish(broker, [killer])
    connection = await postgres.administrator()
    await connection.execute("UPDATE deliveries SET losses = $1", DELIVERY_LIMIT - 1)
    victim = await postgres.client("victim")
    last_one = Recorder(is_open=False)
    await victim.subscribe(subscription, last_one, parking=ParkingList())
    await eventually(lambda: last_one.ids == [killer.id])
    await postgres.crash(victim)
    recorder, parking = Recorder(), ParkingList()
    await broker.subscribe(subscription, recorder, parking=parking)
    await publish(broker, [harmless])
    await eventually(lambda: recorder.ids == [harmless.id])
    await eventually(lambda: f"{DELIVERY_LIMIT} consumers" in parking.reasons.get(killer.id, ""))
    await connection.close()


async def test_a_crash_is_a_loss_of_an_ordered_delivery_and_a_stop_or_cut_is_none(
    postgres: PostgresHarness,
) -> None:
    broker = await postgres.client()
    await broker.declare([ORDERED])
    await publish(broker, messages(2))
    for _ in range(3):
        stuck = Recorder(is_open=False)
        consumer = await broker.subscribe(ORDERED, stuck, parking=ParkingList())
        await eventually(partial(has_received, stuck, 1))
        await postgres.cancel_consumers("ordered")
        await eventually(partial(has_received, stuck, 2))
        await consumer.stop(deadline=0)
    assert await losses(postgres) == [0, 0]
    stuck = Recorder(is_open=False)
    await broker.subscribe(ORDERED, stuck, parking=ParkingList())
    await eventually(partial(has_received, stuck, 1))
    await postgres.crash(broker)
    assert await losses(postgres) == [1, 0]


async def test_what_kills_its_consumers_is_counted_and_not_what_stands_before_it(
    postgres: PostgresHarness,
) -> None:
    publisher = await postgres.client("publisher")
    await publisher.declare([ORDERED])
    batch = messages(3)
    await publish(publisher, batch)

    async def kill(reached: asyncio.Event, delivery: Delivery) -> Verdict:
        if delivery.message.id == batch[-1].id:
            reached.set()
            await asyncio.Event().wait()
        return Ack()

    for number in range(len(batch)):
        victim, reached = await postgres.client(f"victim {number}"), asyncio.Event()
        await victim.subscribe(ORDERED, partial(kill, reached), parking=ParkingList())
        async with asyncio.timeout(20):
            await reached.wait()
        await postgres.crash(victim)
    [counted] = await losses(postgres)
    assert counted >= 1


async def test_a_delay_is_waited_for_also_in_a_session_that_is_new(
    postgres: PostgresHarness,
) -> None:
    broker = await postgres.client()
    await broker.declare([ORDERED])
    await publish(broker, messages(1))
    standing = Standing()
    lost = OrderedSession(await session_of(postgres, ORDERED), standing)
    [claim] = await lost.claim(1)
    lost.abort()
    session = OrderedSession(await session_of(postgres, ORDERED), standing)
    postponed_at = time.monotonic()
    await session.postpone([Postponed(claim, claim.delivery.again(is_excused=False), 1.0)])
    [again] = await eventually(lambda: session.claim(1))
    assert time.monotonic() - postponed_at >= 1.0
    assert again.delivery.attempt == 2
    await session.close()


async def test_a_client_forgets_a_consumer_that_was_stopped(postgres: PostgresHarness) -> None:
    broker = await postgres.client()
    await broker.declare([PLAIN])
    kept = await broker.subscribe(PLAIN, Recorder(), parking=ParkingList())
    brief = await broker.subscribe(PLAIN, Recorder(), parking=ParkingList())
    await brief.stop()
    await brief.stop()
    assert broker._consumers == {kept}


async def test_a_sweep_frees_what_a_vanished_consumer_held_and_nothing_else(
    postgres: PostgresHarness,
) -> None:
    slow = await postgres.client("slow")
    await slow.declare([PLAIN])
    recorder = Recorder(is_open=False)
    await slow.subscribe(PLAIN, recorder, parking=ParkingList())
    await publish(slow, messages(3))
    await eventually(lambda: len(recorder.ids) == 3)
    session = await session_of(postgres, PLAIN)

    async def freed() -> int:
        await session.sweep()
        return len(await session.claim(10))

    assert await freed() == 0
    await postgres.crash(slow)
    assert await eventually(freed) == 3
    await session.close()


async def test_what_a_handler_achieved_while_the_session_was_lost_is_not_done_again(
    postgres: PostgresHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = await postgres.client()
    await broker.declare([PLAIN])
    lost: list[str] = []
    is_lost = asyncio.Event()
    open_session = broker._opener(PLAIN)

    async def open_session_later(wake: Callable[[], None]) -> PullSession:
        # What is at work still when the next session begins comes again.
        if lost:
            await is_lost.wait()
        return await open_session(wake)

    async def handler(delivery: Delivery) -> Verdict:
        lost.append(delivery.message.id)
        if len(lost) == 1:
            await postgres.cancel_consumers("plain")
            is_lost.set()
        return Ack()

    monkeypatch.setattr(broker, "_opener", lambda _: open_session_later)

    await broker.subscribe(PLAIN, handler, parking=ParkingList())
    first, second = messages(2)
    await publish(broker, [first])
    await eventually(lambda: lost == [first.id])
    await publish(broker, [second])
    await eventually(lambda: second.id in lost)

    async def all_is_finished() -> bool:
        return await losses(postgres) == []

    await eventually(all_is_finished)  # else the first one is yet to come again
    assert lost == [first.id, second.id]


@pytest.mark.fault
async def test_a_silent_network_gives_bounded_answers_and_recovers(
    postgres: PostgresHarness,
) -> None:
    async with proxy_to(postgres.url) as proxy:
        broker = await postgres.client(url=through(proxy, postgres.url), publish_within=HURRIED)
        await broker.declare([PLAIN])
        recorder = Recorder()
        await broker.subscribe(PLAIN, recorder, parking=ParkingList())
        batch = messages(2)
        await publish_when_back(broker, batch[:1])
        await eventually(lambda: batch[0].id in recorder.finished)
        proxy.freeze()
        started = time.monotonic()
        outcomes = await broker.publish(messages(1))
        assert [type(outcome) for outcome in outcomes] == [Unknown]
        assert time.monotonic() - started < HURRIED + SLACK
        with pytest.raises(BrokerUnavailableError):
            await broker.check()
        proxy.thaw()
        await publish_when_back(broker, batch[1:])
        await eventually(lambda: batch[1].id in recorder.finished, within=30)
        await broker.stop()


@pytest.mark.fault
async def test_a_client_stops_in_time_while_the_network_is_silent(
    postgres: PostgresHarness,
) -> None:
    async with proxy_to(postgres.url) as proxy:
        broker = await postgres.client(url=through(proxy, postgres.url))
        await broker.declare([PLAIN])
        recorder = Recorder()
        await broker.subscribe(PLAIN, recorder, parking=ParkingList())
        await publish(broker, messages(1))
        await eventually(lambda: len(recorder.finished) == 1)
        proxy.freeze()
        started = time.monotonic()
        await broker.stop()
        assert time.monotonic() - started < 20


@pytest.mark.fault
async def test_a_consumer_begun_while_the_database_is_away_starts_when_it_is_back(
    postgres: PostgresHarness, private_postgres: PostgresServer
) -> None:
    broker = await postgres.client()
    await broker.declare([PLAIN])
    batch = messages(3)
    await publish(broker, batch)
    recorder = Recorder()
    await private_postgres.stop()
    try:
        with pytest.raises(BrokerUnavailableError):
            await PostgresBroker(url=postgres.url, name="early").start()
        with pytest.raises(BrokerUnavailableError):
            await broker.check()
        await broker.subscribe(PLAIN, recorder, parking=ParkingList())
    finally:
        await private_postgres.start()
    await eventually(lambda: sorted(recorder.finished) == sorted(ids(batch)), within=30)


async def test_a_client_that_is_stopped_takes_no_consumer(postgres: PostgresHarness) -> None:
    broker = await postgres.client()
    await broker.declare([PLAIN])
    await broker.stop()
    with pytest.raises(BrokerUnavailableError):
        await broker.subscribe(PLAIN, Recorder(), parking=ParkingList())
