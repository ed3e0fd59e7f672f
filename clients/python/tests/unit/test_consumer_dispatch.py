"""What becomes of a delivery, by the code that the consumer and the fake share."""

import asyncio
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from prometheus_client import CollectorRegistry

from leadwire_client.consumer import ParkError, Policy, PrometheusMetrics, RetryError, Unit
from leadwire_client.consumer.dispatch import (
    Again,
    Delivery,
    Dispatcher,
    SetAside,
)
from leadwire_client.consumer.metrics import Counts
from leadwire_client.consumer.policy import AWAY_LIMIT
from leadwire_client.consumer.sqlite import SqliteStore
from leadwire_client.events import (
    Event,
    LeadErased,
    LeadInterestedCreated,
    LeadUpdated,
    write_event,
)
from leadwire_client.testing import events
from leadwire_client.testing.consumer import FakeQueue

Sqlite = Unit[sqlite3.Connection]


class Notebook:
    """A handler that notes the ids of events in the transaction, and then fails as it is told."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []

    async def __call__(self, event: Event, unit: Sqlite) -> None:
        unit.connection.execute("INSERT INTO notes VALUES (?)", (event.id,))
        if self.failures:
            raise self.failures.pop(0)


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    made = SqliteStore(":memory:")
    made.connection.execute("CREATE TABLE notes (event_id)")
    yield made
    made.close()


def noted(store: SqliteStore) -> list[str]:
    return [event_id for (event_id,) in store.connection.execute("SELECT event_id FROM notes")]


async def test_an_event_that_comes_again_has_no_second_effect(store: SqliteStore) -> None:
    queue = FakeQueue(Notebook(), store=store)
    event = events.lead_interested_created()
    await queue.deliver(event, event)
    assert noted(store) == [event.id]
    assert queue.acknowledged == [event, event]
    assert queue.counts.outcomes["lead_interested_created", "known"] == 1


async def test_the_same_id_of_another_source_is_another_event(store: SqliteStore) -> None:
    queue = FakeQueue(Notebook(), store=store)
    one = events.lead_interested_created()
    other = Event(id=one.id, source="leadwire/other", type=one.type, time=one.time, data=one.data)
    await queue.deliver(one, other)
    assert noted(store) == [one.id, one.id]


async def test_what_fails_is_undone_and_comes_again_after_growing_waits(
    store: SqliteStore,
) -> None:
    handler = Notebook()
    handler.failures = [ValueError("no"), RetryError(delay=7), RetryError(delay=9999), OSError()]
    queue = FakeQueue(handler, store=store, policy=Policy(retry_delays=(1, 5, 30)))
    event = events.lead_erased()
    await queue.deliver(event)
    waits = []
    while queue.waiting:
        assert noted(store) == []
        waits.append((queue.waiting[0].attempt, queue.waiting[0].delay))
        await queue.pass_time()
    assert waits == [(2, 1), (3, 30), (4, 30), (5, 30)]
    assert noted(store) == [event.id]


async def test_the_last_attempt_parks_with_the_reason_and_a_requeue_begins_anew(
    store: SqliteStore,
) -> None:
    handler = Notebook()
    handler.failures = [ValueError("a"), ValueError("b")]
    queue = FakeQueue(handler, store=store, policy=Policy(max_attempts=2))
    event = events.lead_erased()
    await queue.deliver(event)
    await queue.pass_time()
    [parked] = queue.parked
    assert (parked.event, parked.reason) == (event, "gave up after 2 attempts: ValueError: b")
    assert noted(store) == []
    await queue.requeue()
    assert noted(store) == [event.id]
    assert queue.parked == []


async def test_while_the_database_does_not_answer_nothing_is_parked_for_days(
    tmp_path: Path,
) -> None:
    path = tmp_path / "own.db"
    away = SqliteStore(path, busy_timeout=0.0)
    away.connection.execute("CREATE TABLE notes (event_id)")
    notebook = Notebook()
    queue = FakeQueue(notebook, store=away, policy=Policy(max_attempts=2))
    one, other = events.lead_erased(), events.lead_erased()
    await queue.deliver(one)
    with closing(sqlite3.connect(path, isolation_level=None)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")
        await queue.deliver(other)
        for _ in range(AWAY_LIMIT - 2):
            await queue.pass_time()
        [waiting] = queue.waiting
        assert (waiting.event, waiting.attempt, waiting.delay) == (other, AWAY_LIMIT, 600.0)
        assert queue.parked == []
        somebody.execute("ROLLBACK")
    notebook.failures = [ValueError()]  # and now all its attempts are before it yet
    await queue.pass_time()
    assert [each.attempt for each in queue.waiting] == [AWAY_LIMIT + 1]
    await queue.pass_time()
    assert noted(away) == [one.id, other.id]
    away.close()


async def test_what_the_database_never_begins_with_is_parked_in_the_end(
    store: SqliteStore,
) -> None:
    # Its tables are not there.
    dispatcher = Dispatcher(
        subscription="s",
        handler=Notebook(),
        store=store,
        policy=Policy(max_attempts=2),
        metrics=Counts(),
    )
    body = write_event(events.lead_erased())
    assert isinstance(await dispatcher.settle(Delivery(body=body, attempt=AWAY_LIMIT - 1)), Again)
    assert isinstance(await dispatcher.settle(Delivery(body=body, attempt=AWAY_LIMIT)), SetAside)


async def test_a_handler_can_park_at_once(store: SqliteStore) -> None:
    handler = Notebook()
    handler.failures = [ParkError("no such product")]
    queue = FakeQueue(handler, store=store)
    await queue.deliver(events.lead_erased())
    assert [each.reason for each in queue.parked] == ["no such product"]
    assert noted(store) == []


async def test_what_is_no_event_is_parked_and_does_not_stop_the_next(store: SqliteStore) -> None:
    queue = FakeQueue(Notebook(), store=store)
    good = events.lead_erased()
    await queue.deliver(b"not json", b"x" * 1_000_000, good)
    assert [each.event for each in queue.parked] == [b"not json", b"x" * 1_000_000]
    assert all(each.reason.startswith("unreadable: ") for each in queue.parked)
    assert noted(store) == [good.id]


async def test_what_its_processes_vanish_with_is_parked_before_the_next_does(
    store: SqliteStore,
) -> None:
    queue = FakeQueue(Notebook(), store=store)
    event = events.lead_erased()
    await queue.redeliver(event, crashes=20)
    assert [each.event for each in queue.parked] == [event]
    assert noted(store) == []


async def test_a_handler_that_hangs_is_cancelled_and_undone(store: SqliteStore) -> None:
    async def hang(event: Event, unit: Sqlite) -> None:
        unit.connection.execute("INSERT INTO notes VALUES (?)", (event.id,))
        await asyncio.Event().wait()

    queue = FakeQueue(hang, store=store, policy=Policy(handler_timeout=0.05))
    await queue.deliver(events.lead_erased())
    assert len(queue.waiting) == 1
    assert noted(store) == []
    later = FakeQueue(Notebook(), store=store)
    await later.deliver(events.lead_erased())
    assert len(later.acknowledged) == 1, "the store is free again"


async def test_a_cancellation_that_leaks_from_a_handler_is_a_failure(store: SqliteStore) -> None:
    async def leak(event: Event, unit: Sqlite) -> None:
        raise asyncio.CancelledError

    queue = FakeQueue(leak, store=store)
    await queue.deliver(events.lead_erased())
    assert len(queue.waiting) == 1


async def test_the_log_has_ids_and_nothing_personal(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Notebook()
    handler.failures = [ValueError("ada@example.com is in use"), ParkError("ada@example.com")]
    queue = FakeQueue(handler, store=store)
    event = events.lead_interested_created(email="ada@example.com")
    with caplog.at_level(logging.DEBUG, logger="leadwire_client"):
        await queue.deliver(event)
        await queue.pass_time()
    assert event.id in caplog.text
    assert "ada@example.com" not in caplog.text


# The newer is taken, the older dropped.


class Customers:
    """Keeps the email of each interested lead, and deletes that of an erased one."""

    def __init__(self) -> None:
        self.emails: dict[UUID, str] = {}

    async def __call__(self, event: Event, unit: Sqlite) -> None:
        match event.data:
            case LeadInterestedCreated(lead=lead, work=work):
                if await unit.is_newer(work):
                    self.emails[lead.id] = lead.email
            case LeadUpdated(lead=contact):
                if await unit.is_newer(contact) and contact.id in self.emails:
                    self.emails[contact.id] = contact.email
            case LeadErased(lead=tombstone):
                if await unit.is_newer(tombstone):
                    self.emails.pop(tombstone.id, None)


async def test_an_older_state_does_not_replace_a_newer_one(store: SqliteStore) -> None:
    customers, ada = Customers(), uuid4()
    queue = FakeQueue(customers, store=store)
    await queue.deliver(
        events.lead_interested_created(ada, email="new@example.com", rev=5),
        events.lead_interested_created(ada, email="old@example.com", rev=4),
        events.lead_interested_created(ada, email="again@example.com", rev=5),
    )
    assert customers.emails == {ada: "new@example.com"}


async def test_the_two_sides_of_a_lead_are_counted_apart(store: SqliteStore) -> None:
    customers, ada = Customers(), uuid4()
    queue = FakeQueue(customers, store=store)
    await queue.deliver(
        events.lead_interested_created(ada, rev=7), events.lead_updated(ada, rev=2, email="b@x.org")
    )
    assert customers.emails == {ada: "b@x.org"}


async def test_nothing_brings_an_erased_lead_back(store: SqliteStore) -> None:
    customers, ada = Customers(), uuid4()
    queue = FakeQueue(customers, store=store)
    await queue.deliver(
        events.lead_interested_created(ada, rev=3),
        events.lead_erased(ada, rev=2),
        events.lead_interested_created(ada, rev=99),
        events.lead_updated(ada, rev=99),
    )
    assert customers.emails == {}


async def test_a_batch_gives_those_that_are_newer_in_one_step(store: SqliteStore) -> None:
    known, new = events.contact(rev=4), events.contact(rev=1)
    stale = events.contact(known.id, rev=3)
    kept: list[UUID] = []

    async def keep(event: Event, unit: Sqlite) -> None:
        kept.extend(each.id for each in await unit.newer(event.data.leads))  # type: ignore[union-attr]

    queue = FakeQueue(keep, store=store)
    await queue.deliver(events.leads_created([known]), events.leads_created([stale, new, new]))
    assert kept == [known.id, new.id]


async def test_a_rev_that_was_undone_with_its_event_is_newer_again(store: SqliteStore) -> None:
    seen: list[bool] = []

    async def fail_once(event: Event, unit: Sqlite) -> None:
        seen.append(await unit.is_newer(event.data.work))  # type: ignore[union-attr]
        if len(seen) == 1:
            raise RetryError

    queue = FakeQueue(fail_once, store=store)
    await queue.deliver(events.lead_interested_created())
    await queue.pass_time()
    assert seen == [True, True]


async def test_metrics_are_those_of_prometheus(store: SqliteStore) -> None:
    registry = CollectorRegistry()
    metrics = PrometheusMetrics(queue="billing.leads", registry=registry)
    metrics.connected(is_up=True)
    dispatcher = Dispatcher(
        subscription="billing.leads",
        handler=Notebook(),
        store=store,
        policy=Policy(),
        metrics=metrics,
    )
    await store.prepare()
    body = write_event(events.lead_erased())
    for _ in range(2):
        await dispatcher.settle(Delivery(body=body))
    await dispatcher.settle(Delivery(body=b"no event"))
    labels = {"queue": "billing.leads", "type": "lead_erased"}
    total = "leadwire_consumer_deliveries_total"
    assert registry.get_sample_value(total, {**labels, "outcome": "handled"}) == 1
    assert registry.get_sample_value(total, {**labels, "outcome": "known"}) == 1
    other = {"queue": "billing.leads", "type": "other", "outcome": "parked"}
    assert registry.get_sample_value(total, other) == 1
    connected = "leadwire_consumer_connected"
    assert registry.get_sample_value(connected, {"queue": "billing.leads"}) == 1
