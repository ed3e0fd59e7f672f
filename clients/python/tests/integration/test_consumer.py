"""A consumer on a real RabbitMQ, to which Leadwire's own transport publishes."""

import asyncio
import os
import re
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aio_pika
import aiormq
import pytest

from leadwire.broker import ALL_TYPES, Accepted, Message, Subscription
from leadwire.broker.rabbitmq import RabbitMQBroker
from leadwire.testing import TcpProxy, eventually
from leadwire.testing.rabbitmq import RabbitMQServer, Vhost, own_rabbitmq_server
from leadwire_client import Backoff
from leadwire_client.consumer import (
    Consumer,
    ConsumerError,
    Counts,
    Limits,
    ParkedEvents,
    ParkError,
    Policy,
    RetryError,
    Unit,
)
from leadwire_client.consumer.__main__ import main
from leadwire_client.consumer.sqlite import SqliteStore
from leadwire_client.events import Event, write_event
from leadwire_client.testing import events

GUIDE = Path(__file__).parents[4] / "docs" / "guide" / "subscribe.md"
RIGHTS = re.compile(r"set_permissions -p / billing '(\S+)' '(\S+)' '(\S+)'")
QUEUE = "billing.leads"
TYPES = ("lead_interested_created", "lead_erased")
QUICK = Policy(max_attempts=3, retry_delays=(0.1, 0.2))


class Team:
    """Another team: a store, and a handler that notes each event and then does as it is told."""

    def __init__(self, url: str, path: Path) -> None:
        self.url = url
        self.store = SqliteStore(path)
        self.store.connection.execute("CREATE TABLE IF NOT EXISTS notes (event_id)")
        self.seen: list[Event] = []
        self.failures: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.counts = Counts()

    async def handle(self, event: Event, unit: Unit[sqlite3.Connection]) -> None:
        unit.connection.execute("INSERT INTO notes VALUES (?)", (event.id,))
        self.seen.append(event)
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)

    def consumer(self, **options: Any) -> Consumer[sqlite3.Connection]:
        given: dict[str, Any] = {
            "queue": QUEUE,
            "types": TYPES,
            "policy": QUICK,
            "backoff": Backoff(first=0.05, most=0.2),
            "metrics": self.counts,
            **options,
        }
        url = given.pop("url", self.url)
        return Consumer(url, handler=self.handle, store=self.store, **given)

    @property
    def notes(self) -> list[str]:
        rows = self.store.connection.execute("SELECT event_id FROM notes ORDER BY rowid")
        return [event_id for (event_id,) in rows]

    def has(self, *expected: Event) -> bool:
        return self.notes == [each.id for each in expected]


@pytest.fixture
async def vhost(private_rabbitmq: RabbitMQServer) -> AsyncIterator[str]:
    made = Vhost(server=private_rabbitmq)
    await made.create()
    yield made.url
    await made.delete()


@pytest.fixture
async def leadwire(vhost: str) -> AsyncIterator[RabbitMQBroker]:
    """Leadwire's side: its exchange, and a journal that is bound to everything."""
    broker = RabbitMQBroker.from_url(vhost, name="leadwire")
    await broker.declare([Subscription(name="notifier-svc", types=(ALL_TYPES,))])
    yield broker
    await broker.stop()


@pytest.fixture
def team(vhost: str, tmp_path: Path) -> Iterator[Team]:
    made = Team(vhost, tmp_path / "billing.db")
    yield made
    made.store.close()


async def publish(broker: RabbitMQBroker, *published: Event) -> None:
    batch = [
        Message(id=each.id, type=each.type.value, body=write_event(each)) for each in published
    ]
    assert await broker.publish(batch) == [Accepted()] * len(batch)


async def depth(url: str, queue: str) -> int:
    async with await aio_pika.connect(url) as connection:
        declared = await (await connection.channel()).declare_queue(queue, passive=True)
        return declared.declaration_result.message_count or 0


async def depth_is(url: str, queue: str, expected: int) -> bool:
    return await depth(url, queue) == expected


async def is_alarmed(server: RabbitMQServer) -> bool:
    return "memory" in await server.ctl("eval", "rabbit_alarm:get_alarms().")


async def delete(url: str, queue: str) -> None:
    async with await aio_pika.connect(url) as connection:
        await (await connection.channel()).queue_delete(queue)


async def test_the_wanted_events_are_handled_once(leadwire: RabbitMQBroker, team: Team) -> None:
    first, unwanted, second = (
        events.lead_interested_created(),
        events.lead_assigned(),
        events.lead_erased(),
    )
    async with team.consumer():
        await publish(leadwire, first, unwanted, second, first)
        await eventually(lambda: sum(team.counts.outcomes.values()) == 3)
        assert sorted(team.notes) == sorted([first.id, second.id])
        assert first in team.seen
        connected = team.counts.is_connected
    assert (connected, team.counts.is_connected) == (True, False)
    assert await depth(team.url, QUEUE) == 0


async def test_what_came_while_the_service_was_down_is_handled_later(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    async with team.consumer():
        pass
    event = events.lead_erased()
    await publish(leadwire, event)
    async with team.consumer():
        await eventually(lambda: team.has(event))


async def test_a_replay_to_the_queue_alone_is_known_by_its_ids(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    missed, known = events.lead_erased(), events.lead_erased()
    async with team.consumer():
        await publish(leadwire, known)
        await eventually(lambda: team.has(known))
        for each in (known, missed):
            message = Message(id=each.id, type=each.type.value, body=write_event(each))
            assert await leadwire.publish([message], only=QUEUE) == [Accepted()]
        await eventually(lambda: team.has(known, missed))
    assert team.counts.outcomes["lead_erased", "known"] == 1


async def test_a_failed_event_comes_again_without_holding_up_others(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    team.failures = [RetryError("not yet", delay=0.2)]
    late, next_one = events.lead_erased(), events.lead_erased()
    async with team.consumer(prefetch=1):
        await publish(leadwire, late, next_one)
        await eventually(lambda: team.has(next_one, late))


async def test_attempts_at_which_the_database_was_away_do_not_count_once_it_is_back(
    leadwire: RabbitMQBroker, team: Team, tmp_path: Path
) -> None:
    team.store.connection.execute("PRAGMA busy_timeout = 0")
    team.failures = [ValueError()]
    event = events.lead_erased()
    async with team.consumer(policy=Policy(max_attempts=2, retry_delays=(0.1,))):
        with closing(sqlite3.connect(tmp_path / "billing.db", isolation_level=None)) as somebody:
            somebody.execute("BEGIN IMMEDIATE")
            await publish(leadwire, event)
            await eventually(lambda: team.counts.outcomes["lead_erased", "retried"] >= 3)
        await eventually(lambda: team.has(event))
    assert team.counts.outcomes["lead_erased", "parked"] == 0


async def test_what_cannot_be_handled_is_parked_listed_and_requeued(
    leadwire: RabbitMQBroker, team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    # Half a pair, as JSON may have it escaped: no header can hold it.
    team.failures = [ValueError("a"), ValueError("b"), ValueError("c\x1b[2J \ud83d")]
    event = events.lead_erased()
    async with team.consumer(), ParkedEvents(team.url, queue=QUEUE) as parked:
        await publish(leadwire, event)
        await eventually(lambda: team.counts.outcomes["lead_erased", "parked"] == 1)
        [shown] = await eventually(parked.show)
        assert shown.event == event
        assert shown.reason == "gave up after 3 attempts: ValueError: c\x1b[2J ?"
        assert shown.parked_at is not None
        assert team.notes == []

        assert await parked.requeue(lambda each: each.message_id == "another") == 0
        assert [each.event for each in await parked.show()] == [event]
        assert await parked.requeue() == 1
        await eventually(lambda: team.has(event))
        assert await parked.show() == []


async def test_parked_events_by_the_command(
    leadwire: RabbitMQBroker,
    team: Team,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AMQP_URL", team.url)
    team.failures = [ParkError("no \x1b[2J price"), ParkError("no price")]
    first, second = events.lead_erased(), events.lead_erased()
    queue = ("--queue", QUEUE)
    async with team.consumer(prefetch=1):
        await publish(leadwire, first, second)
        await eventually(lambda: team.counts.outcomes["lead_erased", "parked"] == 2)
    capsys.readouterr()
    assert await asyncio.to_thread(main, ["list", *queue]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in listed] == [
        [each.id, "lead_erased", each.subject] for each in (first, second)
    ]
    assert "\x1b" not in "".join(listed)
    assert await asyncio.to_thread(main, ["discard", *queue, "--subject", str(first.subject)]) == 0
    assert await asyncio.to_thread(main, ["requeue", *queue, "--id", second.id]) == 0
    assert capsys.readouterr().out == "1\n1\n"
    async with team.consumer():
        await eventually(lambda: team.has(second))
    assert await asyncio.to_thread(main, ["list", "--queue", "billing.absent"]) == 1
    assert "billing.absent.parked" in capsys.readouterr().err


async def test_the_trace_of_an_event_goes_with_it_through_retries_and_parking(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba90001-01"
    team.failures = [RetryError(), ParkError("no")]
    event = replace(events.lead_erased(), traceparent=trace)
    message = Message(
        id=event.id,
        type=event.type.value,
        body=write_event(event),
        headers={"traceparent": trace},
    )
    async with team.consumer():
        assert await leadwire.publish([message]) == [Accepted()]
        await eventually(partial(depth_is, team.url, f"{QUEUE}.parked", 1))
    assert [each.traceparent for each in team.seen] == [trace, trace]
    async with await aio_pika.connect(team.url) as connection:
        queue = await (await connection.channel()).get_queue(f"{QUEUE}.parked")
        parked = await queue.get()
        assert (parked.headers["traceparent"], parked.message_id) == (trace, event.id)


async def test_what_is_no_event_is_parked(leadwire: RabbitMQBroker, team: Team) -> None:
    async with team.consumer(), ParkedEvents(team.url, queue=QUEUE) as parked:
        garbage = Message(id="garbage", type="lead_erased", body=b"\xff" * 100)
        assert await leadwire.publish([garbage]) == [Accepted()]
        [shown] = await eventually(parked.show)
        assert (shown.message_id, shown.event, shown.body) == ("garbage", None, garbage.body)


async def test_a_queue_that_nobody_reads_never_has_leadwire_refused(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    """What is too much for it is parked, oldest first, and what is too much there is dropped."""
    async with team.consumer(limits=Limits(max_bytes=20_000)):
        pass
    published = [events.lead_erased() for _ in range(300)]
    for start in range(0, 300, 50):
        await publish(leadwire, *published[start : start + 50])
    assert 0 < await depth(team.url, QUEUE) < 100
    assert 0 < await depth(team.url, f"{QUEUE}.parked") < 100
    async with team.consumer(limits=Limits(max_bytes=20_000)):
        await eventually(partial(depth_is, team.url, QUEUE, 0))
    assert team.notes[-1] == published[-1].id


async def test_other_arguments_of_the_queue_are_an_error_at_the_start(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    async with team.consumer():
        pass
    with pytest.raises(ConsumerError, match="never change"):
        await team.consumer(limits=Limits(unread=60)).run()


async def test_a_queue_that_takes_the_place_of_another_knows_what_that_one_handled(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    new = {"queue": f"{QUEUE}-2", "subscription": QUEUE, "limits": Limits(unread=60)}
    async with team.consumer(), team.consumer(**new):
        both = [events.lead_erased() for _ in range(5)]
        await publish(leadwire, *both)
        await eventually(lambda: sum(team.counts.outcomes.values()) == 10)
    assert sorted(team.notes) == sorted(each.id for each in both)


async def test_a_refused_login_is_an_error_at_the_start(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    url = urlsplit(team.url)
    wrong = url._replace(netloc=f"somebody:wrong@{url.netloc.rpartition('@')[2]}").geturl()
    with pytest.raises(ConsumerError) as refused:
        await team.consumer(url=wrong).run()
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize("queue", ["leadwire", "leadwire.billing", "amq.mine", "", "two words"])
def test_a_name_that_belongs_to_others_is_refused(queue: str, team: Team) -> None:
    with pytest.raises(ConsumerError):
        team.consumer(queue=queue)


async def test_it_waits_for_leadwire_to_be_set_up(vhost: str, team: Team) -> None:
    consumer = team.consumer()
    starting = asyncio.create_task(consumer.start())
    async with AsyncExitStack() as cleanup:
        cleanup.push_async_callback(consumer.stop)
        broker = RabbitMQBroker.from_url(vhost, name="leadwire")
        cleanup.push_async_callback(broker.stop)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await asyncio.shield(starting)
        await broker.declare([Subscription(name="notifier-svc", types=(ALL_TYPES,))])
        await starting
        event = events.lead_erased()
        await publish(broker, event)
        await eventually(lambda: team.has(event))


async def test_no_more_than_the_prefetch_is_handled_at_a_time(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    running: list[int] = []
    now = 0

    class Free:
        """A store without a database: nothing limits how many transactions there are."""

        prepare, forget = team.store.prepare, team.store.forget

        def once(self, key: Any) -> Any:
            return AsyncExitStack()

    async def handle(event: Event, unit: Any) -> None:
        nonlocal now
        now += 1
        running.append(now)
        await team.gate.wait()
        now -= 1

    team.gate.clear()
    consumer: Consumer[Any] = Consumer(
        team.url, queue=QUEUE, types=TYPES, handler=handle, store=Free(), prefetch=3
    )
    async with consumer:
        await publish(leadwire, *(events.lead_erased() for _ in range(10)))
        await eventually(lambda: now == 3)
        team.gate.set()
        await eventually(lambda: len(running) == 10)
    assert max(running) == 3


async def test_a_graceful_stop_lets_handlers_finish_and_acknowledge(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    team.gate.clear()
    consumer = team.consumer(prefetch=1)
    await consumer.start()
    first, second = events.lead_erased(), events.lead_erased()
    await publish(leadwire, first, second)
    await eventually(lambda: len(team.seen) == 1)
    stopping = [asyncio.create_task(consumer.stop()) for _ in range(2)]
    team.gate.set()
    await asyncio.gather(*stopping)
    assert team.has(first)
    assert await depth(team.url, QUEUE) == 1


async def test_a_handler_that_does_not_finish_is_cancelled_and_its_event_comes_again(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    team.gate.clear()
    consumer = team.consumer()
    await consumer.start()
    event = events.lead_erased()
    await publish(leadwire, event)
    await eventually(lambda: len(team.seen) == 1)
    await consumer.stop(deadline=0.1)
    assert team.notes == []
    team.gate.set()
    async with team.consumer():
        await eventually(lambda: team.has(event))


async def test_a_consumer_forgets_its_own_keys_and_not_those_of_another_in_its_database(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    """Each has a time of its own for which it keeps them."""
    await team.store.prepare()
    team.store.connection.executemany(
        "INSERT INTO leadwire_inbox VALUES (?, 's', 'old', 0)", [(QUEUE,), ("billing.audit",)]
    )

    def kept() -> list[tuple[str]]:
        rows = team.store.connection.execute("SELECT subscription FROM leadwire_inbox")
        return list(rows.fetchall())

    async with team.consumer():
        await eventually(lambda: kept() == [("billing.audit",)])


async def test_stopping_what_never_started_is_harmless(team: Team) -> None:
    await team.consumer().stop()


async def test_a_queue_that_is_deleted_is_made_again(
    leadwire: RabbitMQBroker, team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    async with team.consumer():
        await delete(team.url, QUEUE)
        await eventually(lambda: "queue_was_deleted" in caplog.text)
        await eventually(lambda: team.counts.is_connected)
        event = events.lead_erased()
        await publish(leadwire, event)
        await eventually(lambda: team.has(event))


async def test_a_queue_that_went_while_the_service_was_down_is_told_of_and_a_new_one_is_not(
    leadwire: RabbitMQBroker, team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    async with team.consumer():
        pass
    async with team.consumer():
        pass
    assert "queue_was_deleted" not in caplog.text
    await delete(team.url, QUEUE)  # as its expiry does, which only comes when nobody consumes
    async with team.consumer():
        assert caplog.text.count("queue_was_deleted") == 1


async def test_a_deleted_delay_queue_is_made_again(leadwire: RabbitMQBroker, team: Team) -> None:
    team.failures = [RetryError()]
    async with team.consumer():
        await delete(team.url, f"{QUEUE}.retry.100")
        event = events.lead_erased()
        await publish(leadwire, event)
        await eventually(lambda: team.has(event))


async def test_a_consumption_that_the_server_forgot_is_begun_again(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    async with team.consumer(renew_after=0.3) as consumer:
        first = consumer._consumption._session
        await eventually(lambda: consumer._consumption._session is not first)
        event = events.lead_erased()
        await publish(leadwire, event)
        await eventually(lambda: team.has(event))


@pytest.mark.fault
async def test_a_connection_cut_while_events_are_handled_has_no_second_effect(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    address = urlsplit(team.url)
    async with TcpProxy(address.hostname or "", address.port or 5672) as proxy:
        login = address.netloc.rpartition("@")[0]
        through = address._replace(netloc=f"{login}@{proxy.host}:{proxy.port}").geturl()
        async with team.consumer(url=through):
            published = [events.lead_erased() for _ in range(60)]
            for start in range(0, 60, 20):
                await publish(leadwire, *published[start : start + 20])
                await eventually(lambda: len(team.notes) > start)  # noqa: B023 - awaited here
                proxy.cut()
            await eventually(lambda: len(set(team.notes)) == 60, within=30)
            await eventually(partial(depth_is, team.url, QUEUE, 0), within=30)
        assert sorted(team.notes) == sorted(each.id for each in published)


@pytest.mark.fault
async def test_it_comes_back_after_the_server_was_restarted(tmp_path: Path) -> None:
    server = own_rabbitmq_server(tmp_path / "rabbitmq")
    async with AsyncExitStack() as cleanup:
        cleanup.push_async_callback(server.close)
        await server.start()
        leadwire = RabbitMQBroker.from_url(server.url, name="leadwire")
        cleanup.push_async_callback(leadwire.stop)
        await leadwire.declare([Subscription(name="notifier-svc", types=(ALL_TYPES,))])
        team = Team(server.url, tmp_path / "billing.db")
        cleanup.callback(team.store.close)
        kept, later = events.lead_erased(), events.lead_erased()
        team.gate.clear()
        await cleanup.enter_async_context(team.consumer())
        await publish(leadwire, kept)
        await eventually(lambda: len(team.seen) == 1)
        await server.restart()
        team.gate.set()
        await eventually(lambda: team.has(kept), within=60)

        async def is_published() -> bool:
            message = Message(id=later.id, type=later.type.value, body=write_event(later))
            return await leadwire.publish([message]) == [Accepted()]

        await eventually(is_published, within=30)
        await eventually(lambda: team.has(kept, later), within=30)


@pytest.mark.fault
async def test_a_retry_during_a_memory_alarm_waits_and_is_not_lost(
    leadwire: RabbitMQBroker, team: Team, private_rabbitmq: RabbitMQServer
) -> None:
    team.gate.clear()
    team.failures = [RetryError()]
    failing, fine = events.lead_erased(), events.lead_interested_created()
    async with team.consumer(prefetch=2):
        await publish(leadwire, failing)
        await eventually(lambda: len(team.seen) == 1)
        await private_rabbitmq.ctl("set_vm_memory_high_watermark", "0.0000001")
        try:
            await eventually(partial(is_alarmed, private_rabbitmq))
            team.gate.set()
            await eventually(lambda: team.counts.outcomes["lead_erased", "retried"] == 1)
        finally:
            await private_rabbitmq.ctl("set_vm_memory_high_watermark", "0.4")
        await eventually(lambda: team.has(failing), within=40)
        await publish(leadwire, fine)
        await eventually(lambda: team.has(failing, fine), within=40)


async def test_the_rights_that_the_guide_names_are_enough_and_do_not_reach_leadwire(
    leadwire: RabbitMQBroker, team: Team, private_rabbitmq: RabbitMQServer
) -> None:
    url = urlsplit(team.url)
    vhost = url.path.strip("/")
    user = f"billing-{vhost}"
    await private_rabbitmq.ctl("add_user", user, "secret")
    try:
        await private_rabbitmq.ctl(
            *("set_permissions", "-p", vhost, user, *RIGHTS.findall(GUIDE.read_text())[0])
        )
        own = url._replace(netloc=f"{user}:secret@{url.netloc.rpartition('@')[2]}").geturl()
        team.failures = [RetryError(), ParkError("no")]
        event = events.lead_erased()
        async with team.consumer(url=own), ParkedEvents(own, queue=QUEUE) as parked:
            await publish(leadwire, event)
            await eventually(lambda: team.counts.outcomes["lead_erased", "parked"] == 1)
            assert await eventually(parked.requeue) == 1
            await eventually(lambda: team.has(event))
        async with await aio_pika.connect(own) as connection:
            channel = await connection.channel()
            with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
                await channel.default_exchange.publish(
                    aio_pika.Message(b"forged"), routing_key="leadwire.notifier-svc"
                )
    finally:
        await private_rabbitmq.ctl("delete_user", user)


async def test_a_program_stops_on_a_signal(leadwire: RabbitMQBroker, team: Team) -> None:
    running = asyncio.create_task(team.consumer().run(stop_on=[signal.SIGUSR1]))
    await eventually(lambda: team.counts.is_connected)
    os.kill(os.getpid(), signal.SIGUSR1)
    async with asyncio.timeout(10):
        await running
