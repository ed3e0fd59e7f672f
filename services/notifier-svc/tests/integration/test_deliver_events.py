"""What several processes make of the same deliveries, and of processes that die."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from leadwire.db import Database
from leadwire.outbox import Outbox
from leadwire.testing import eventually
from notifier_svc.domain.attempts import OPENS_AFTER, EventDelivery, Reply
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.storage.deliveries import DeliveryStore
from notifier_svc.storage.journal import JournalStore
from notifier_svc.storage.webhook_deliveries import WebhookDeliveryStore
from notifier_svc.usecases.deliver_events import (
    AT_ONCE,
    IN_HAND,
    EventDeliverer,
    SendEvent,
    WebhookPolicy,
)
from notifier_svc.usecases.keep_house import DAYS_AHEAD

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ADDRESS = "ada@example.org"
BODY = b'{"personal": "ada@example.org"}'

ADD_WEBHOOK = """
INSERT INTO webhooks (id, url, types, description, state, secret)
VALUES ($1, 'https://example.org', '{}', '', 'enabled', $2)
"""
ADD_ENTRY = """
INSERT INTO journal (event_id, source, type, content_type, body, headers)
VALUES ('e', 's', 'lead_updated', 'application/json', $1, '{}')
RETURNING received_at, position
"""
ADD_DELIVERIES = """
INSERT INTO deliveries (kind, webhook_id, source, event_id, event_type, about,
    entry_received_at, entry_position)
SELECT 'webhook', $1, 's', n::text, 'lead_updated', (n % $5)::text, $2, $3
FROM generate_series(1, $4) AS n
"""
REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = 'ada@example.org'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE OF status ON deliveries
FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION refuse();
"""


@pytest.fixture
async def webhook_id(database: Database) -> UUID:
    webhook_id = uuid4()
    async with database.transaction() as connection:
        [today] = await connection.fetch("SELECT current_date AS day")
        first = today["day"] - timedelta(days=1)
        await JournalStore(connection=connection).add_days(
            first, first + timedelta(days=DAYS_AHEAD)
        )
        await connection.execute(ADD_WEBHOOK, webhook_id, SECRET)
    return webhook_id


async def plan(database: Database, webhook_id: UUID, count: int, *, leads: int = 10**6) -> None:
    """Plan deliveries of one journal entry, about so many leads in turn."""
    async with database.connection() as connection:
        [entry] = await connection.fetch(ADD_ENTRY, BODY)
        await connection.execute(ADD_DELIVERIES, webhook_id, *entry, count, leads)


def deliverer(database: Database, send: SendEvent) -> EventDeliverer:
    return EventDeliverer(
        database=database,
        outbox=Outbox(),
        send=send,
        policy=WebhookPolicy(retry_for=timedelta(hours=72), answer_within=5.0),
        metrics=NotifierMetrics(CollectorRegistry()),
    )


async def rows(database: Database, columns: str) -> list[tuple[object, ...]]:
    async with database.connection() as connection:
        found = await connection.fetch(
            f"SELECT {columns} FROM deliveries ORDER BY event_id::int"  # noqa: S608
        )
    return [tuple(row) for row in found]


async def execute(database: Database, query: str) -> None:
    async with database.connection() as connection:
        await connection.execute(query)


def nothing() -> None:
    pass


async def drain(deliverers: Sequence[EventDeliverer], database: Database) -> None:
    """Let all work until nothing is pending."""

    async def over() -> bool:
        await asyncio.gather(*(each.work(on_end=nothing) for each in deliverers))
        statuses = await rows(database, "status")
        return ("pending",) not in statuses

    await eventually(over, within=30)


async def test_two_processes_never_have_the_same_delivery_under_way(
    database: Database, webhook_id: UUID
) -> None:
    await plan(database, webhook_id, 150)
    sent: Counter[UUID] = Counter()
    most = under_way = 0

    async def send(delivery: EventDelivery) -> Reply:
        nonlocal most, under_way
        sent[delivery.id] += 1
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return Reply(status=200)

    await drain([deliverer(database, send), deliverer(database, send)], database)
    assert len(sent) == 150
    assert set(sent.values()) == {1}
    assert most <= 2 * AT_ONCE


async def test_what_a_dead_process_had_under_way_comes_again_and_its_late_word_counts_no_more(
    database: Database, webhook_id: UUID
) -> None:
    await plan(database, webhook_id, 1)
    release = asyncio.Event()

    async def hang(_: EventDelivery) -> Reply:
        await release.wait()
        return Reply(status=500)

    async def take(_: EventDelivery) -> Reply:
        return Reply(status=200)

    slow, quick = deliverer(database, hang), deliverer(database, take)
    await slow.work(on_end=nothing)
    for _ in range(3):
        await quick.work(on_end=nothing)
    assert await rows(database, "status, attempts") == [("pending", 1)]

    await execute(database, "UPDATE deliveries SET next_attempt_at = now(), leased_until = now()")
    await drain([quick], database)
    release.set()
    await slow.finish(within=5.0)
    assert await rows(database, "status, attempts, last_status") == [("delivered", 2, 200)]


async def test_a_process_that_stops_writes_down_what_ended_in_time(
    database: Database, webhook_id: UUID
) -> None:
    await plan(database, webhook_id, 2)
    begun = 0

    async def one_hangs(_: EventDelivery) -> Reply:
        nonlocal begun
        begun += 1
        if begun == 1:
            await asyncio.Event().wait()
        return Reply(status=200)

    stopping = deliverer(database, one_hangs)
    await stopping.work(on_end=nothing)
    await stopping.finish(within=0.2)
    assert sorted(await rows(database, "status, attempts"), key=str) == [
        ("delivered", 1),
        ("pending", 1),
    ]


async def test_a_delivery_that_is_under_way_is_not_hastened(
    database: Database, webhook_id: UUID
) -> None:
    await plan(database, webhook_id, 1)

    async def hang(_: EventDelivery) -> Reply:
        await asyncio.Event().wait()
        return Reply()

    under_way = deliverer(database, hang)
    await under_way.work(on_end=nothing)
    [(delivery_id,)] = await rows(database, "id")
    async with database.connection() as connection:
        assert isinstance(delivery_id, UUID)
        assert not await DeliveryStore(connection=connection).retry(delivery_id)
    assert await rows(database, "next_attempt_at = leased_until") == [(True,)]
    await under_way.finish(within=0)


async def test_what_is_under_way_to_an_endpoint_that_failed_too_long_is_not_given_up(
    database: Database, webhook_id: UUID
) -> None:
    await plan(database, webhook_id, 1)
    answer = asyncio.Event()

    async def take(_: EventDelivery) -> Reply:
        await answer.wait()
        return Reply(status=200)

    under_way = deliverer(database, take)
    await under_way.work(on_end=nothing)
    await execute(database, "UPDATE webhooks SET failing_since = now() - interval '9 days'")
    await execute(database, "UPDATE deliveries SET waiting_since = now() - interval '9 days'")
    async with database.connection() as connection:
        store = WebhookDeliveryStore(connection=connection)
        assert not await store.park_overdue(retry_for=timedelta(hours=72), error="no", limit=9)
    answer.set()
    await under_way.finish(within=5.0)
    assert await rows(database, "status") == [("delivered",)]


async def test_what_still_waits_or_is_parked_is_kept_however_old_it_is(
    database: Database, webhook_id: UUID
) -> None:
    await plan(database, webhook_id, 5)
    for number, status in enumerate(("pending", "delivered", "parked", "cancelled"), 1):
        query = f"UPDATE deliveries SET status = '{status}' WHERE event_id = '{number}'"  # noqa: S608
        await execute(database, query)
    old = "UPDATE deliveries SET updated_at = now() - interval '31 days' WHERE event_id <> '5'"
    await execute(database, old)
    async with database.connection() as connection:
        store = DeliveryStore(connection=connection)
        assert await store.prune(older_than=timedelta(days=30), limit=1_000) == 2
    assert await rows(database, "event_id") == [("1",), ("3",), ("5",)]


async def test_where_too_much_failed_one_process_sends_one_probe(
    database: Database, webhook_id: UUID
) -> None:
    await plan(database, webhook_id, 50)
    async with database.connection() as connection:
        await connection.execute("UPDATE webhooks SET failures = $1", OPENS_AFTER)
    probes: list[EventDelivery] = []

    async def fail(delivery: EventDelivery) -> Reply:
        probes.append(delivery)
        return Reply(error="no connection")

    replicas = [deliverer(database, fail) for _ in range(3)]
    for _ in range(5):
        await asyncio.gather(*(each.work(on_end=nothing) for each in replicas))
    assert len(probes) == 1
    async with database.connection() as connection:
        query = "SELECT failures, resume_at > now() FROM webhooks"
        [state] = await connection.fetch(query)
    assert tuple(state) == (OPENS_AFTER + 1, True)


async def test_however_much_fails_at_once_the_first_break_is_short(
    database: Database, webhook_id: UUID
) -> None:
    """Else a blip that met many deliveries would be taken for a long outage."""
    await plan(database, webhook_id, 80)

    async def fail(_: EventDelivery) -> Reply:
        return Reply(error="no connection")

    replicas = [deliverer(database, fail) for _ in range(4)]
    for each in replicas:
        await each.work(on_end=nothing)
    for each in replicas:
        await each.finish(within=5.0)
    query = (
        "SELECT failures, resume_at > now(), resume_at < now() + interval '6 s', "
        "(SELECT count(*) FROM deliveries WHERE attempts = 1) FROM webhooks"
    )
    async with database.connection() as connection:
        [state] = await connection.fetch(query)
        assert tuple(state) == (OPENS_AFTER, True, True, 4 * IN_HAND)
        probed_at = await connection.fetchval(
            "UPDATE webhooks SET resume_at = now() RETURNING now()"
        )
    await replicas[0].work(on_end=nothing)
    await replicas[0].finish(within=5.0)
    async with database.connection() as connection:
        [state] = await connection.fetch(
            "SELECT failures, resume_at > $1::timestamptz + interval '7 s' FROM webhooks", probed_at
        )
    assert tuple(state) == (OPENS_AFTER + 1, True)


async def test_a_probe_of_which_nothing_is_left_to_send_tells_nothing_of_the_endpoint(
    database: Database, webhook_id: UUID
) -> None:
    """As of an import whose leads are all erased: the next one in the queue finds out."""
    await plan(database, webhook_id, 1)
    await execute(database, "UPDATE journal SET body = NULL")
    await execute(database, f"UPDATE webhooks SET failures = {OPENS_AFTER}")  # noqa: S608

    async def send(_: EventDelivery) -> Reply:
        pytest.fail("there is nothing to send")

    only = deliverer(database, send)
    await only.work(on_end=nothing)
    await only.finish(within=5.0)
    assert await rows(database, "status") == [("cancelled",)]
    async with database.connection() as connection:
        [state] = await connection.fetch("SELECT failures, resume_at <= now() FROM webhooks")
    assert tuple(state) == (OPENS_AFTER, True)


async def test_of_two_who_claim_a_probe_at_once_one_gets_it(
    database: Database, webhook_id: UUID
) -> None:
    await plan(database, webhook_id, 50)
    claim = partial(
        WebhookDeliveryStore.claim, in_use={}, room=IN_HAND, lease=timedelta(seconds=60)
    )
    async with database.connection() as one, database.connection() as other:
        await one.execute("UPDATE webhooks SET failures = $1", OPENS_AFTER)
        async with one.transaction(), asyncio.timeout(10.0):
            assert len(await claim(WebhookDeliveryStore(connection=one))) == 1
            assert await claim(WebhookDeliveryStore(connection=other)) == []
        assert await claim(WebhookDeliveryStore(connection=other)) == []


async def test_an_outcome_that_cannot_be_written_down_keeps_no_other_from_it(
    database: Database, webhook_id: UUID
) -> None:
    await plan(database, webhook_id, 4)
    await execute(database, REFUSE.format(code="P0001", when="OLD.event_id = '2'"))

    async def take(_: EventDelivery) -> Reply:
        return Reply(status=200)

    worker = deliverer(database, take)
    with capture_logs() as said:
        await worker.work(on_end=nothing)
        await worker.finish(within=5.0)
    statuses = await rows(database, "event_id, status")
    assert [status for event_id, status in statuses if event_id != "2"] == ["delivered"] * 3
    assert ("2", "pending") in statuses
    assert [each["event"] for each in said].count("delivery_not_settled") == 1
    assert ADDRESS not in str(said)


async def test_what_the_database_could_not_take_for_a_moment_is_written_down_later(
    database: Database, webhook_id: UUID
) -> None:
    await plan(database, webhook_id, 3)
    await execute(database, REFUSE.format(code="53200", when="true"))
    sent = 0

    async def take(_: EventDelivery) -> Reply:
        nonlocal sent
        sent += 1
        return Reply(status=200)

    worker = deliverer(database, take)
    await worker.work(on_end=nothing)
    with pytest.raises(Exception, match="ada"):
        await worker.finish(within=5.0)
    await execute(database, "DROP TRIGGER refuse ON deliveries")
    await worker.work(on_end=nothing)
    assert await rows(database, "status") == [("delivered",)] * 3
    assert sent == 3


async def test_what_nobody_foresaw_is_a_failure_of_its_delivery_alone(
    database: Database, webhook_id: UUID
) -> None:
    await plan(database, webhook_id, 2)

    async def break_once(delivery: EventDelivery) -> Reply:
        if delivery.event_id == "1":
            raise LookupError(ADDRESS)
        return Reply(status=200)

    worker = deliverer(database, break_once)
    with capture_logs() as said:
        await worker.work(on_end=nothing)
        await worker.finish(within=5.0)
    assert await rows(database, "status, last_error") == [
        ("pending", "LookupError"),
        ("delivered", None),
    ]
    assert ADDRESS not in str(said)


async def test_about_one_lead_one_delivery_is_under_way_whoever_claims(
    database: Database, webhook_id: UUID
) -> None:
    for _ in range(5):
        await plan(database, webhook_id, 4, leads=4)
    busy: set[str | None] = set()

    async def send(delivery: EventDelivery) -> Reply:
        assert delivery.about not in busy
        busy.add(delivery.about)
        await asyncio.sleep(0)
        busy.discard(delivery.about)
        return Reply(status=200)

    await drain([deliverer(database, send), deliverer(database, send)], database)
    assert await rows(database, "status, attempts") == [("delivered", 1)] * 20
