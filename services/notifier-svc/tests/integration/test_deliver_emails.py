"""What comes of deliveries, whatever is raised while they are sent or written down."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from uuid_utils.compat import uuid7

from leadwire.db import Database, DatabaseUnavailableError
from leadwire.outbox import Outbox
from notifier_svc.domain.deliveries import EmailDelivery, NotDeliveredError
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.storage.email_deliveries import EmailDeliveryStore
from notifier_svc.usecases import email_loop
from notifier_svc.usecases.deliver_emails import EmailDeliverer, EmailPolicy, Room, SendEmail
from notifier_svc.usecases.email_loop import EmailLoop

ADDRESS = "ada@example.org"
REFUSE_OUTCOMES = """
CREATE FUNCTION refuse_outcome() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'of a kind that does not pass'; END $$;

CREATE TRIGGER refuse_outcome BEFORE UPDATE OF status ON deliveries
FOR EACH ROW EXECUTE FUNCTION refuse_outcome();
"""


def deliverer(
    database: Database,
    send: SendEmail,
    registry: CollectorRegistry | None = None,
    room: Room = lambda most: most,
) -> EmailDeliverer:
    return EmailDeliverer(
        database=database,
        outbox=Outbox(),
        send=send,
        policy=EmailPolicy(max_attempts=3, send_within=30.0, at_once=16),
        metrics=NotifierMetrics(registry or CollectorRegistry()),
        room=room,
    )


async def plan(database: Database, count: int, *, attempts: int = 0) -> list[UUID]:
    ids = [uuid7() for _ in range(count)]
    async with database.connection() as connection:
        await connection.executemany(
            "INSERT INTO deliveries "
            "(id, source, event_id, kind, lead_id, recipient, subject, body, attempts) "
            "VALUES ($1, 's', 'e', 'alert', $1, $2, 'S', 'B', $3)",
            [(each, ADDRESS, attempts) for each in ids],
        )
    return ids


async def states(database: Database) -> Mapping[UUID, tuple[str, int, str | None]]:
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT id, status, attempts, last_error FROM deliveries")
    return {row["id"]: (row["status"], row["attempts"], row["last_error"]) for row in rows}


@pytest.mark.parametrize(
    "raised",
    [IndexError(ADDRESS), asyncio.CancelledError(ADDRESS)],
    ids=["an error", "a cancellation that leaks"],
)
async def test_what_nobody_foresaw_parks_its_delivery_and_no_other(
    database: Database, raised: BaseException
) -> None:
    bad, good = await plan(database, 2)

    async def send(delivery: EmailDelivery) -> None:
        if delivery.id == bad:
            raise raised

    registry = CollectorRegistry()
    with capture_logs() as said:
        await deliverer(database, send, registry).deliver_due()

    assert await states(database) == {
        bad: ("parked", 1, type(raised).__name__),
        good: ("delivered", 1, None),
    }
    [line] = [each for each in said if each["event"] == "delivery_failed_unforeseen"]
    assert (line["delivery_id"], line["error"]) == (str(bad), type(raised).__name__)
    if isinstance(raised, Exception):  # of a cancellation asyncio keeps no stack
        assert "test_deliver_emails.py" in line["stack"]
    assert ADDRESS not in str(said)
    counted = registry.get_sample_value(
        "leadwire_notifier_email_attempts_total", {"kind": "alert", "outcome": "parked"}
    )
    assert counted == 1
    async with database.connection() as connection:
        [event] = await connection.fetch("SELECT type, aggregate_id FROM outbox")
    assert (event["type"], event["aggregate_id"]) == ("notification_failed", bad)


async def test_database_trouble_that_passes_is_a_failure_that_passes(database: Database) -> None:
    [one] = await plan(database, 1)

    async def send(_: EmailDelivery) -> None:
        raise DatabaseUnavailableError("away")

    await deliverer(database, send).deliver_due()

    assert await states(database) == {one: ("pending", 1, "DatabaseUnavailableError")}


async def test_a_failure_that_is_permanent_is_parked_with_its_reason(database: Database) -> None:
    [one] = await plan(database, 1)

    async def send(_: EmailDelivery) -> None:
        raise NotDeliveredError("gone for ever", permanent=True)

    await deliverer(database, send).deliver_due()

    assert await states(database) == {one: ("parked", 1, "gone for ever")}


async def test_a_loop_that_is_stopped_lets_what_is_under_way_end_and_begins_nothing(
    database: Database,
) -> None:
    [one] = await plan(database, 1)
    begun, release = asyncio.Event(), asyncio.Event()

    async def send(_: EmailDelivery) -> None:
        begun.set()
        await release.wait()

    loop = EmailLoop(deliverer=deliverer(database, send))
    await loop.start()
    await begun.wait()
    stopping = asyncio.create_task(loop.stop())
    [two] = await plan(database, 1)
    release.set()
    await stopping
    assert await states(database) == {one: ("delivered", 1, None), two: ("pending", 0, None)}


async def test_what_does_not_end_in_time_is_left_to_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email_loop, "_FINISH_WITHIN", 0.05)
    [one] = await plan(database, 1)
    begun, cut = asyncio.Event(), asyncio.Event()

    async def send(_: EmailDelivery) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cut.set()

    loop = EmailLoop(deliverer=deliverer(database, send))
    await loop.start()
    await begun.wait()
    await loop.stop()
    assert cut.is_set()
    assert await states(database) == {one: ("pending", 1, None)}


@pytest.mark.parametrize("permanent", [False, True], ids=["postponed", "parked"])
async def test_a_failure_that_is_told_late_takes_an_email_from_nobody_who_is_at_it(
    database: Database, permanent: bool
) -> None:
    [one] = await plan(database, 1)
    taken: asyncio.Queue[int] = asyncio.Queue()
    late, release = asyncio.Event(), asyncio.Event()

    async def fail_late(delivery: EmailDelivery) -> None:
        await taken.put(delivery.attempts)
        await late.wait()
        raise NotDeliveredError("too late", permanent=permanent)

    async def take(delivery: EmailDelivery) -> None:
        await taken.put(delivery.attempts)
        await release.wait()

    first = asyncio.create_task(deliverer(database, fail_late).deliver_due())
    assert await taken.get() == 1
    async with database.connection() as connection:
        await connection.execute("UPDATE deliveries SET next_attempt_at = now()")
    second = asyncio.create_task(deliverer(database, take).deliver_due())
    assert await taken.get() == 2
    late.set()
    await first
    await deliverer(database, take).deliver_due()
    assert taken.empty()
    assert await states(database) == {one: ("pending", 2, None)}
    release.set()
    await second
    assert await states(database) == {one: ("delivered", 2, None)}


async def test_outcomes_that_cannot_be_written_down_are_all_logged_and_tried_again(
    database: Database,
) -> None:
    ids = await plan(database, 3)
    async with database.connection() as connection:
        await connection.execute(REFUSE_OUTCOMES)

    async def send(delivery: EmailDelivery) -> None:
        if delivery.id == ids[0]:
            raise NotDeliveredError("gone for ever", permanent=True)

    with capture_logs() as said:
        await deliverer(database, send).deliver_due()

    lines = [each for each in said if each["event"] == "delivery_not_settled"]
    assert {line["delivery_id"] for line in lines} == {str(each) for each in ids}
    assert {line["error"] for line in lines} == {"RaiseError"}
    assert await states(database) == dict.fromkeys(ids, ("pending", 1, None))


async def test_without_an_attempt_left_it_is_parked_unsent(database: Database) -> None:
    [one] = await plan(database, 1, attempts=3)
    sent: list[UUID] = []

    async def send(delivery: EmailDelivery) -> None:
        sent.append(delivery.id)

    await deliverer(database, send).deliver_due()

    assert sent == []
    assert await states(database) == {one: ("parked", 4, "no attempt is left")}


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [(None, timedelta(seconds=4), timedelta(seconds=6)), (timedelta(minutes=9),) * 3],
    ids=["its own time", "what the service asks for"],
)
async def test_a_failure_that_passes_waits_for_its_own_time_or_what_is_asked_for(
    database: Database, asked: timedelta | None, least: timedelta, most: timedelta
) -> None:
    await plan(database, 1)

    async def send(_: EmailDelivery) -> None:
        raise NotDeliveredError("too many", retry_after=asked)

    await deliverer(database, send).deliver_due()

    async with database.connection() as connection:
        wait = await connection.fetchval("SELECT next_attempt_at - updated_at FROM deliveries")
    assert least <= wait <= most


async def test_of_two_who_claim_at_once_none_gets_what_the_other_has(database: Database) -> None:
    ids = await plan(database, 10)
    claim = partial(EmailDeliveryStore.claim_due, lease=timedelta(seconds=60))
    async with (
        database.connection() as one,
        database.connection() as other,
        asyncio.timeout(10.0),
        one.transaction(),
    ):
        first = await claim(EmailDeliveryStore(connection=one), limit=4)
        second = await claim(EmailDeliveryStore(connection=other), limit=10)
    assert (len(first), len(second)) == (4, 6)
    assert {each.id for each in [*first, *second]} == set(ids)


async def test_without_room_nothing_is_claimed(database: Database) -> None:
    ids = await plan(database, 3)
    room = 0

    async def send(_: EmailDelivery) -> None:
        pass

    some = deliverer(database, send, room=lambda most: min(room, most))
    assert await some.deliver_due() is False
    assert await states(database) == dict.fromkeys(ids, ("pending", 0, None))
    room = 1
    assert await some.deliver_due() is True
    assert sorted(status for status, *_ in (await states(database)).values()) == [
        "delivered",
        "pending",
        "pending",
    ]
