"""What is requeued is handled again, once; and nothing is lost on the way, whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from leadwire.broker import (
    Accepted,
    Broker,
    Delivery,
    Message,
    Outcome,
    Park,
    Rejected,
    Subscription,
    Unknown,
    Verdict,
)
from leadwire.contracts.redaction import redaction_of_parked
from leadwire.db import Connection, Database
from leadwire.ops.errors import (
    AlreadyDecidedError,
    BrokerAwayError,
    NotPublishableError,
    ParkedEventNotFoundError,
    SubscriptionMissingError,
)
from leadwire.ops.parked import ParkedDesk, Span
from leadwire.outbox import (
    ParkedEvents,
    ParkedFilter,
    ParkedId,
    ParkedStore,
    redact_parked,
    transactional_handler,
)
from leadwire.testing import eventually
from leadwire.testing.broker_recording import ParkingList, Recorder

Rows = Callable[[str], Awaitable[list[tuple[object, ...]]]]

MENDED = Subscription(name="mended", types=("told",))
OTHER = Subscription(name="other", types=("told",))
EVERYTHING = ParkedFilter()


@dataclass
class Meddler:
    """A broker with something that happens before, or after, it was spoken to."""

    broker: Broker
    before: Callable[[], Awaitable[object]] | None = None
    after: Callable[[], Awaitable[object]] | None = None
    answers: dict[str, Outcome] = field(default_factory=dict)

    async def publish(
        self, batch: Sequence[Message], *, only: str | None = None
    ) -> Sequence[Outcome]:
        if self.before is not None:
            await self.before()
        outcomes = await self.broker.publish(
            [each for each in batch if each.id not in self.answers], only=only
        )
        if self.after is not None:
            await self.after()
        said = iter(outcomes)
        return [self.answers.get(each.id) or next(said) for each in batch]


def desk(database: Database, broker: object) -> ParkedDesk:
    return ParkedDesk(service="ops-svc", store=ParkedStore(database=database), broker=broker)  # type: ignore[arg-type]


def parking(database: Database) -> ParkedEvents:
    return ParkedEvents(
        database=database, registry=CollectorRegistry(), redaction_for=redaction_of_parked
    )


async def park(
    database: Database, *ids: str, subscription: str = MENDED.name, body: bytes = b"{}"
) -> None:
    for event_id in ids:
        message = Message(
            id=event_id, type="told", body=body, headers={"ce-source": "src", "own": "kept"}
        )
        delivery = Delivery(message=message, subscription=subscription, attempt=10)
        await parking(database).park(delivery, "it would not go")


async def only_id(database: Database) -> ParkedId:
    [found] = await ParkedStore(database=database).page(EVERYTHING, after=None, limit=2)
    return found.id


@dataclass(frozen=True)
class Told:
    source: str
    id: str


@asynccontextmanager
async def effects(
    database: Database, broker: Broker
) -> AsyncIterator[Callable[[], Awaitable[list[str]]]]:
    """Consume as a service does: each event's id is written down in its handler's transaction."""
    async with database.connection() as connection:
        await connection.execute("CREATE TABLE effects (event_id text)")

    async def apply(connection: Connection, event: Told) -> None:
        await connection.execute("INSERT INTO effects VALUES ($1)", event.id)

    handler = transactional_handler(
        database=database,
        subscription=MENDED.name,
        read=lambda message: Told("src", message.id),
        apply=apply,
    )
    consumer = await broker.subscribe(MENDED, handler, parking=parking(database))

    async def had() -> list[str]:
        async with database.connection() as connection:
            found = await connection.fetch("SELECT event_id FROM effects ORDER BY event_id")
        return [each["event_id"] for each in found]

    yield had
    await consumer.stop()


async def nothing_waits(broker: Broker) -> bool:
    return await broker.waiting(MENDED.name, up_to=1) == 0


async def test_a_delivery_comes_again_to_its_subscription_alone_with_new_attempts(
    database: Database, broker: Broker, rows: Rows
) -> None:
    await broker.declare([MENDED, OTHER])
    mended, other = Recorder(), Recorder()
    await broker.subscribe(MENDED, mended, parking=ParkingList())
    await broker.subscribe(OTHER, other, parking=ParkingList())
    await park(database, "e1", body=b"\x00\xff secret")
    parked_id = await only_id(database)
    with capture_logs() as told:
        decision = await desk(database, broker).requeue(parked_id)
    await eventually(lambda: len(mended.received) == 1)
    assert mended.received[0].delivery == Delivery(
        message=Message(
            id="e1",
            type="told",
            body=b"\x00\xff secret",
            headers={"ce-source": "src", "own": "kept"},
        ),
        subscription=MENDED.name,
        attempt=1,
    )
    assert await rows("SELECT id FROM parked") == []
    assert (decision.parked_id, decision.decision) == (str(parked_id), "requeued")
    assert await rows("SELECT decision, subscription, source, event_id FROM parked_decisions") == [
        ("requeued", MENDED.name, "src", "e1")
    ]
    [logged] = [each for each in told if each["event"] == "parked_event_decided"]
    assert (logged["event_id"], logged["parked_id"]) == ("e1", str(parked_id))
    assert "secret" not in str(told)
    # All that could have come to the other has: its own next event is the first that it sees.
    marker = Message(id="marker", type="told", body=b"")
    assert await broker.publish([marker]) == [Accepted()]
    await eventually(lambda: other.finished == ["marker"])


async def test_what_a_quick_consumer_parks_again_before_the_deletion_is_not_deleted(
    database: Database, broker: Broker, rows: Rows
) -> None:
    await broker.declare([MENDED])

    def fail(_delivery: Delivery) -> Verdict:
        return Park("still not mended")

    await broker.subscribe(MENDED, Recorder(fail), parking=parking(database))
    await park(database, "e1")

    async def parked_anew() -> bool:
        return await rows("SELECT reason FROM parked") == [("still not mended",)]

    meddler = Meddler(broker, after=lambda: eventually(parked_anew))
    await desk(database, meddler).requeue(await only_id(database))
    assert await rows("SELECT event_id, attempts FROM parked") == [("e1", 1)]


async def test_killed_between_publication_and_deletion_it_has_one_effect(
    database: Database, broker: Broker, rows: Rows
) -> None:
    await broker.declare([MENDED])
    await park(database, "e1")

    async def die() -> None:
        raise asyncio.CancelledError

    parked_id = await only_id(database)
    with pytest.raises(asyncio.CancelledError):
        await desk(database, Meddler(broker, after=die)).requeue(parked_id)
    assert len(await rows("SELECT id FROM parked")) == 1
    await desk(database, broker).requeue(parked_id)
    assert await rows("SELECT id FROM parked") == []
    async with effects(database, broker) as had:
        await park(database, "e2")
        await desk(database, broker).requeue(await only_id(database))

        async def both() -> bool:
            return await had() == ["e1", "e2"]

        await eventually(both)
        await eventually(lambda: nothing_waits(broker))
        assert await had() == ["e1", "e2"]


async def test_two_operators_at_once_have_one_effect_and_the_same_answer(
    database: Database, broker: Broker, rows: Rows
) -> None:
    await broker.declare([MENDED])
    await park(database, "e1")
    parked_id = await only_id(database)
    both_have_read = asyncio.Barrier(2)
    desks = [desk(database, Meddler(broker, before=both_have_read.wait)) for _ in range(2)]
    decisions = await asyncio.gather(*(each.requeue(parked_id) for each in desks))
    assert {each.decision for each in decisions} == {"requeued"}
    assert await rows("SELECT id FROM parked") == []
    async with effects(database, broker) as had:

        async def one() -> bool:
            return await had() == ["e1"] and await nothing_waits(broker)

        await eventually(one)


async def test_a_discard_that_meets_a_requeueing_comes_too_late_and_both_are_on_record(
    database: Database, broker: Broker, rows: Rows
) -> None:
    await broker.declare([MENDED])
    await park(database, "e1")
    parked_id = await only_id(database)

    async def discard() -> None:
        await desk(database, broker).discard(parked_id, reason="it is too old")

    decision = await desk(database, Meddler(broker, before=discard)).requeue(parked_id)
    assert decision.decision == "requeued"
    assert await rows("SELECT id FROM parked") == []
    decided = await rows("SELECT decision FROM parked_decisions ORDER BY id")
    assert decided == [("discarded",), ("requeued",)]


async def test_a_broker_that_is_away_is_told_of_and_the_event_stays(
    database: Database, broker: Broker, rows: Rows
) -> None:
    await broker.declare([MENDED])
    await park(database, "e1", "e2")
    away = Meddler(broker, answers={"e1": Unknown("no answer"), "e2": Unknown("no answer")})
    [first, _] = await ParkedStore(database=database).page(EVERYTHING, after=None, limit=2)
    with pytest.raises(BrokerAwayError):
        await desk(database, away).requeue(first.id)
    span = await desk(database, away).begin(EVERYTHING)
    with pytest.raises(BrokerAwayError):
        await desk(database, away).requeue_some(EVERYTHING, span, limit=10)
    await broker.stop()
    with pytest.raises(BrokerAwayError):
        await desk(database, broker).requeue(first.id)
    assert await rows("SELECT event_id, reason FROM parked ORDER BY id") == [
        ("e1", "it would not go"),
        ("e2", "it would not go"),
    ]
    assert await rows("SELECT id FROM parked_decisions") == []


async def test_nothing_goes_to_a_subscription_that_is_no_more(
    database: Database, broker: Broker, rows: Rows
) -> None:
    await broker.declare([MENDED])
    await park(database, "e1", subscription="renamed")
    with pytest.raises(SubscriptionMissingError):
        await desk(database, broker).requeue(await only_id(database))
    assert len(await rows("SELECT id FROM parked")) == 1


async def test_all_of_a_subscription_go_in_batches_that_end_although_all_fail_again(
    database: Database, broker: Broker, rows: Rows
) -> None:
    await broker.declare([MENDED])
    await park(database, *(f"e{number}" for number in range(7)))
    await park(database, "not chosen", subscription=OTHER.name)
    recorder = Recorder(lambda _: Park("again"))
    await broker.subscribe(MENDED, recorder, parking=parking(database))

    async def parked_anew() -> bool:
        anew = await rows("SELECT id FROM parked WHERE reason = 'again'")
        return len(anew) == len(recorder.received)

    # Each batch is parked anew before the next one begins.
    meddler = Meddler(broker, before=lambda: eventually(parked_anew))
    chosen = ParkedFilter(subscription=MENDED.name)
    operator = desk(database, meddler)
    counts: list[int] = []
    rest: Span | None = await operator.begin(chosen)
    while rest is not None:
        batch = await operator.requeue_some(chosen, rest, limit=3)
        counts.append(batch.count)
        assert len(counts) < 10, "it goes round"
        rest = batch.rest
    assert counts == [3, 3, 1, 0]
    await eventually(lambda: len(recorder.received) >= 7)
    await eventually(parked_anew)
    assert sorted(recorder.received[n].delivery.message.id for n in range(7)) == [
        f"e{number}" for number in range(7)
    ]
    assert await rows("SELECT event_id FROM parked WHERE subscription = 'other'") == [
        ("not chosen",)
    ]


async def test_one_that_the_broker_never_takes_keeps_no_other_back(
    database: Database, broker: Broker, rows: Rows
) -> None:
    await broker.declare([MENDED])
    await park(database, "e1", "poison", "e3")
    poison = Rejected("too large", permanent=True)
    operator = desk(database, Meddler(broker, answers={"poison": poison}))
    batch = await operator.requeue_some(EVERYTHING, await operator.begin(EVERYTHING), limit=10)
    assert batch.count == 2
    [(parked_id, error)] = batch.refused.items()
    assert isinstance(error, NotPublishableError)
    assert await only_id(database) == parked_id
    with pytest.raises(NotPublishableError, match="too large"):
        await operator.requeue(parked_id)
    assert await rows("SELECT event_id FROM parked") == [("poison",)]


async def test_what_is_erased_while_it_is_requeued_is_not_parked_again(
    database: Database, broker: Broker, rows: Rows
) -> None:
    await broker.declare([MENDED])
    recorder = Recorder(lambda _: Park("still not mended"))
    await broker.subscribe(MENDED, recorder, parking=parking(database))
    lead = uuid4()
    body = f'{{"subject": "{lead}", "data": {{"email": "ada@example.com"}}}}'.encode()
    await park(database, "e1", body=body)

    async def erase() -> None:
        async with database.transaction() as connection:
            await redact_parked(connection, mentioning=lead, redacted=redaction_of_parked(lead))

    # The old body was read before the erasure, and is published after it.
    meddler = Meddler(broker, before=erase)
    with capture_logs() as told:
        await desk(database, meddler).requeue(await only_id(database))
        await eventually(lambda: "parked_event_withheld" in [each["event"] for each in told])
    assert await rows("SELECT id FROM parked") == []


async def test_a_discarded_event_is_gone_and_its_id_and_reason_stay(
    database: Database, broker: Broker, rows: Rows
) -> None:
    await broker.declare([MENDED])
    await park(database, "e1")
    parked_id, operator = await only_id(database), desk(database, broker)
    with capture_logs() as told:
        decision = await operator.discard(parked_id, reason="a test event of theirs")
    assert await rows("SELECT id FROM parked") == []
    # Who repeats the request, since the answer was lost, has the first answer.
    assert await operator.discard(parked_id, reason="again") == decision
    assert await operator.decisions(before=None, limit=10) == [decision]
    assert (decision.event_id, decision.reason) == ("e1", "a test event of theirs")
    assert "theirs" not in str(told)
    with pytest.raises(AlreadyDecidedError, match="discarded"):
        await operator.requeue(parked_id)
    await park(database, "e2")
    other = await only_id(database)
    first = await operator.requeue(other)
    assert await operator.requeue(other) == first
    with pytest.raises(AlreadyDecidedError, match="requeued"):
        await operator.discard(other, reason="too late")
    unknown = ParkedId.parse("consumer-4711")
    for ask in (operator.one(unknown), operator.requeue(unknown)):
        with pytest.raises(ParkedEventNotFoundError):
            await ask


@pytest.mark.parametrize(
    "text", ["", "consumer", "consumer-", "consumer--1", "nowhere-1", "outbox-9" * 20]
)
def test_an_id_that_names_no_row_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  by whichever part is wrong
        ParkedId.parse(text)
