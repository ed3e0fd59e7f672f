"""What events do to billing's database, without RabbitMQ."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from billing.customers import TYPES, handle
from billing.sql import query
from leadwire_client.consumer.sqlite import SqliteStore
from leadwire_client.testing import events
from leadwire_client.testing.consumer import FakeQueue

Queue = FakeQueue[sqlite3.Connection]


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    made = SqliteStore(":memory:")
    made.connection.executescript(query("tables"))
    yield made
    made.close()


@pytest.fixture
def queue(store: SqliteStore) -> Queue:
    return FakeQueue(handle, store=store)


def emails(store: SqliteStore) -> list[str]:
    return [row[3] for row in store.connection.execute(query("list_customers"))]


def welcomes(store: SqliteStore) -> int:
    [count] = store.connection.execute("SELECT count(*) FROM welcomes").fetchone()
    return int(count)


async def test_an_interested_lead_is_welcomed_once(store: SqliteStore, queue: Queue) -> None:
    marked = events.lead_interested_created(email="ada@example.com")
    said_again = replace(marked, id="another id of the same")
    await queue.deliver(marked, marked, said_again)
    assert emails(store) == ["ada@example.com"]
    assert welcomes(store) == 1


async def test_corrected_decisions_end_as_the_last_one(store: SqliteStore, queue: Queue) -> None:
    ada = uuid4()
    marked = [
        events.lead_interested_created(ada, rev=3),
        events.lead_not_interested_created(ada, rev=4),
        events.lead_interested_created(ada, rev=5),
        events.lead_not_interested_created(ada, rev=6),
    ]
    await queue.deliver(marked[0], marked[3], marked[1], marked[2])
    assert emails(store) == []


async def test_a_correction_of_the_email_that_came_first_stays(
    store: SqliteStore, queue: Queue
) -> None:
    ada = uuid4()
    await queue.deliver(
        events.lead_updated(ada, email="new@example.com"),
        events.lead_interested_created(ada, email="old@example.com"),
    )
    assert emails(store) == ["new@example.com"]


async def test_an_erased_lead_leaves_nothing_and_does_not_come_back(
    store: SqliteStore, queue: Queue
) -> None:
    ada = uuid4()
    await queue.deliver(
        events.lead_interested_created(ada),
        events.lead_erased(ada),
        events.lead_interested_created(ada, rev=9),
        events.lead_updated(ada, rev=9),
    )
    for table in ("customers", "contacts"):
        assert store.connection.execute(f"SELECT * FROM {table}").fetchall() == []  # noqa: S608


@pytest.mark.parametrize("event_type", TYPES, ids=str)
async def test_every_type_that_is_bound_is_handled(queue: Queue, event_type: str) -> None:
    event = getattr(events, event_type)()
    await queue.deliver(event)
    assert queue.acknowledged == [event]


async def test_a_type_that_a_replay_brings_unasked_changes_nothing(
    store: SqliteStore, queue: Queue
) -> None:
    marked = events.lead_interested_created(email="ada@example.com")
    others = [events.manager_added(), events.lead_assigned(UUID(marked.subject or ""))]
    await queue.deliver(marked, *others)
    assert queue.acknowledged == [marked, *others]
    assert emails(store) == ["ada@example.com"]
