"""What the relay makes of each answer that a broker can give.

`ScriptedBroker` is a double of our own port, for answers that no real broker gives on
request. With real brokers the relay is tested by the contract suite's transports and by
the journeys and faults under tests/e2e.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from leadwire.broker import (
    Accepted,
    BrokerUnavailableError,
    Message,
    Outcome,
    Rejected,
    Unknown,
    Unroutable,
)
from leadwire.broker.memory import MemoryBroker, MemoryHub
from leadwire.db import Database
from leadwire.outbox import Outbox, OutgoingEvent, Relay, RelayMetrics
from leadwire.outbox import relay as relay_module
from leadwire.testing import eventually

Rows = Callable[[str], Awaitable[list[tuple[object, ...]]]]
Add = Callable[..., Awaitable[None]]


class ScriptedBroker(MemoryBroker):
    """Answers each event with the next outcome of its script, then with `Accepted`."""

    def __init__(self) -> None:
        super().__init__(hub=MemoryHub.named(str(uuid4())), name="scripted")
        self.script: dict[str, list[Outcome]] = {}
        self.batches: list[list[str]] = []
        self.published: list[Message] = []
        self.is_out = False
        self.while_publishing: Callable[[], Awaitable[None]] | None = None

    async def publish(
        self, batch: Sequence[Message], *, only: str | None = None
    ) -> Sequence[Outcome]:
        assert only is None
        self.batches.append([message.id for message in batch])
        if self.while_publishing is not None:
            await self.while_publishing()
        if self.is_out:
            raise BrokerUnavailableError("the broker is out")
        self.published.extend(batch)
        return [self._answer(message.id) for message in batch]

    def _answer(self, event_id: str) -> Outcome:
        answers = self.script.get(event_id)
        return answers.pop(0) if answers else Accepted()


@pytest.fixture
def broker() -> ScriptedBroker:
    return ScriptedBroker()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def relay(
    database: Database, broker: ScriptedBroker, registry: CollectorRegistry
) -> AsyncIterator[Relay]:
    """A relay with batches of three, not started, stopped at the end."""
    relay = Relay(
        database=database,
        broker=broker,
        metrics=RelayMetrics(registry),
        batch_size=3,
        poll_interval=0.1,
    )
    yield relay
    await relay.stop()


async def until_empty(rows: Rows) -> None:
    async def is_empty() -> bool:
        return await rows("SELECT 1 FROM outbox WHERE parked_at IS NULL") == []

    await eventually(is_empty, message="the outbox is empty")


async def redact(database: Database, instead: Mapping[bytes, bytes | None]) -> None:
    """Replace bodies in the outbox, in a transaction of its own; None drops the event."""
    async with database.transaction() as connection:
        await Outbox().redact_batches(
            connection,
            mentioning="",
            redacted=lambda event: instead.get(event.body, event.body),
        )


async def test_events_are_published_in_order_byte_for_byte_and_deleted(
    database: Database, broker: ScriptedBroker, relay: Relay, rows: Rows
) -> None:
    messages = [
        Message(
            id=f"e{number}",
            type="told",
            body=bytes(range(256)),
            headers={"ce-source": "leadwire/ünïcode", "traceparent": "00-x", "empty": ""},
            content_type="application/x-any",
        )
        for number in range(8)
    ]
    async with database.transaction() as connection:
        await Outbox().add(connection, [OutgoingEvent(message, None) for message in messages])
    await relay.start()
    await until_empty(rows)
    assert broker.published == messages
    assert broker.batches == [["e0", "e1", "e2"], ["e3", "e4", "e5"], ["e6", "e7"]]


async def test_a_batch_ends_where_its_bodies_reach_the_limit(
    database: Database, broker: ScriptedBroker, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "MAX_BATCH_BYTES", 1_000)
    sizes = {"a": 600, "b": 399, "c": 1, "d": 5_000, "e": 1, "f": 0}
    messages = [Message(id=name, type="told", body=b"x" * size) for name, size in sizes.items()]
    async with database.transaction() as connection:
        await Outbox().add(connection, [OutgoingEvent(message, None) for message in messages])
    # It would not be woken, nor look again within the time of the test.
    relay = Relay(
        database=database,
        broker=broker,
        metrics=RelayMetrics(CollectorRegistry()),
        poll_interval=3_600.0,
    )
    await relay.start()
    await until_empty(rows)
    await relay.stop()
    assert broker.batches == [["a", "b", "c"], ["d"], ["e", "f"]]


async def test_what_is_unknown_is_published_again_before_anything_later(
    broker: ScriptedBroker, relay: Relay, rows: Rows, add: Add
) -> None:
    """A1 is unknown twice: A2 went out with it, in order; A3 and B2 wait for A1."""
    broker.script["A1"] = [Unknown("time-out"), Unknown("time-out")]
    await add("A1", "A2", "B1", "A3", "B2")
    await relay.start()
    await until_empty(rows)
    assert broker.batches == [["A1", "A2", "B1"], ["A1"], ["A1"], ["A3", "B2"]]


async def test_a_rest_keeps_its_order(
    broker: ScriptedBroker, relay: Relay, rows: Rows, add: Add
) -> None:
    broker.script = {"A1": [Unknown("lost")], "A2": [Rejected("queue full")]}
    await add("A1", "B1", "A2", "A3")
    await relay.start()
    await until_empty(rows)
    assert broker.batches == [["A1", "B1", "A2"], ["A1", "A2"], ["A3"]]


async def test_attempts_and_the_last_error_are_written_down_while_it_fails(
    broker: ScriptedBroker, relay: Relay, rows: Rows, add: Add
) -> None:
    always = [Unknown("third")] * 1_000
    broker.script["A1"] = [Unknown("first"), Rejected("second"), *always]
    await add("A1", "B1")
    await relay.start()

    async def third_attempt_failed() -> bool:
        late = await rows("SELECT event_id, last_error, parked_at FROM outbox WHERE attempts >= 3")
        return late == [("A1", "unknown: third", None)]

    await eventually(third_attempt_failed)
    broker.script.clear()
    await until_empty(rows)


async def test_a_broker_outage_parks_nothing_and_loses_nothing(
    broker: ScriptedBroker, relay: Relay, rows: Rows, add: Add
) -> None:
    broker.is_out = True
    ids = [f"e{number}" for number in range(7)]
    await add(*ids)
    await relay.start()
    await eventually(lambda: len(broker.batches) >= 6)
    assert await rows("SELECT count(*), count(parked_at) FROM outbox") == [(7, 0)]
    assert {tuple(batch) for batch in broker.batches} == {("e0", "e1", "e2")}
    broker.is_out = False
    await until_empty(rows)
    assert [message.id for message in broker.published] == ids


async def test_what_is_withdrawn_or_redacted_during_an_outage_is_not_told_after_it(
    database: Database, broker: ScriptedBroker, relay: Relay, rows: Rows, add: Add
) -> None:
    async def redact_during_the_first_attempt() -> None:
        broker.is_out = len(broker.batches) == 1
        if broker.is_out:
            await redact(database, {b"updated": None, b"created": b"created without it"})
            await add("erased")

    broker.while_publishing = redact_during_the_first_attempt
    await add("updated", "created", "other")
    await relay.start()
    await until_empty(rows)
    assert broker.batches == [["updated", "created", "other"], ["created", "other"], ["erased"]]
    assert [message.body for message in broker.published] == [
        b"created without it",
        b"other",
        b"erased",
    ]


async def test_a_batch_of_which_all_is_withdrawn_gives_way_to_the_next(
    database: Database, broker: ScriptedBroker, relay: Relay, rows: Rows, add: Add
) -> None:
    async def withdraw_during_the_first_attempt() -> None:
        broker.is_out = len(broker.batches) == 1
        if broker.is_out:
            await add("erased")  # first: the outbox is empty only when it was published
            await redact(database, {b"updated": None})

    broker.while_publishing = withdraw_during_the_first_attempt
    await add("updated")
    await relay.start()
    await until_empty(rows)
    assert broker.batches == [["updated"], ["erased"]]


async def test_what_is_set_aside_by_hand_during_an_outage_is_not_published_after_it(
    broker: ScriptedBroker, relay: Relay, rows: Rows, add: Add
) -> None:
    async def set_aside_during_the_first_attempt() -> None:
        broker.is_out = len(broker.batches) == 1
        if broker.is_out:
            await rows("UPDATE outbox SET parked_at = now() WHERE event_id = 'A' RETURNING 1")

    broker.while_publishing = set_aside_during_the_first_attempt
    await add("A", "B")
    await relay.start()
    await until_empty(rows)
    assert broker.batches == [["A", "B"], ["B"]]
    assert await rows("SELECT event_id FROM outbox") == [("A",)]


async def test_poison_is_parked_with_what_the_broker_said_and_the_rest_goes_on(
    broker: ScriptedBroker, relay: Relay, rows: Rows, add: Add, registry: CollectorRegistry
) -> None:
    broker.script["P"] = [Rejected("too large", permanent=True)]
    await add("A", "P", "B", "C")
    await relay.start()
    await until_empty(rows)
    assert broker.batches == [["A", "P", "B"], ["C"]]
    assert await rows(
        "SELECT event_id, last_error, attempts, parked_at IS NOT NULL FROM outbox"
    ) == [("P", "too large", 1, True)]
    rejected = {"outcome": "rejected"}
    assert registry.get_sample_value("leadwire_outbox_outcomes_total", rejected) == 1


async def test_what_no_queue_takes_stays_and_is_counted_until_somebody_takes_it(
    broker: ScriptedBroker, relay: Relay, rows: Rows, add: Add, registry: CollectorRegistry
) -> None:
    broker.script["A"] = [Unroutable()] * 1_000
    await add("A", "B")
    await relay.start()

    def counted() -> bool:
        labels = {"outcome": "unroutable"}
        return (registry.get_sample_value("leadwire_outbox_outcomes_total", labels) or 0) >= 3

    await eventually(counted)
    [(event_id, error, parked_at)] = await rows(
        "SELECT event_id, last_error, parked_at FROM outbox"
    )
    assert (event_id, parked_at) == ("A", None)
    assert "unroutable" in str(error)
    broker.script.clear()
    await until_empty(rows)


async def test_nothing_is_open_at_the_database_while_the_broker_is_spoken_to(
    database: Database, broker: ScriptedBroker, relay: Relay, rows: Rows, add: Add
) -> None:
    """What the relay held would be held until the look ends; its measurement soon is over."""
    looks = 0

    async def nothing_is_open() -> bool:
        query = (
            "SELECT count(*) = 0 FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND (state <> 'idle' OR backend_xid IS NOT NULL OR backend_xmin IS NOT NULL)"
        )
        return await rows(query) == [(True,)]

    async def look() -> None:
        nonlocal looks
        await eventually(nothing_is_open)
        looks += 1

    broker.while_publishing = look
    await add("A", "B", "C", "D")
    await relay.start()
    await until_empty(rows)
    assert looks == 2
