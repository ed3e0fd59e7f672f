"""What a consumer does with the events that Leadwire's own transport publishes to RabbitMQ."""

import asyncio
import os
import signal
import sqlite3
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from another_team import QUEUE, TYPES, Team, depth, depth_is, publish

from leadwire.broker import Accepted, Message
from leadwire.broker.rabbitmq import RabbitMQBroker
from leadwire.testing import eventually
from leadwire_client.consumer import Consumer, ParkedEvents, ParkError, Policy, RetryError
from leadwire_client.consumer.__main__ import main
from leadwire_client.events import Event, write_event
from leadwire_client.testing import events


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

        # Each look gives back what it held before the next one comes.
        for _ in range(50):
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
    await eventually(partial(depth_is, team.url, QUEUE, 1))


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


async def test_a_program_stops_on_a_signal(leadwire: RabbitMQBroker, team: Team) -> None:
    running = asyncio.create_task(team.consumer().run(stop_on=[signal.SIGUSR1]))
    await eventually(lambda: team.counts.is_connected)
    os.kill(os.getpid(), signal.SIGUSR1)
    async with asyncio.timeout(10):
        await running
