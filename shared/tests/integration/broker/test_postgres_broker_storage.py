"""What the Postgres broker keeps, how it finds it again, and what it refuses to keep."""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import uuid4

import pytest

from leadwire.broker import (
    Accepted,
    BrokerConfigurationError,
    Message,
    Rejected,
    Subscription,
    TopologyConflictError,
    Unknown,
)
from leadwire.broker.postgres import PostgresBroker
from leadwire.broker.pull import PullConsumer
from leadwire.db import Queries
from leadwire.testing import eventually
from leadwire.testing.broker_contract import (
    FIRST,
    HURRIED,
    SECOND,
    ids,
    message,
    messages,
    publish,
)
from leadwire.testing.broker_postgres import PostgresHarness
from leadwire.testing.broker_recording import ParkingList, Recorder

QUERIES = Queries("leadwire.broker.postgres.sql")
PLAIN = Subscription(name="plain", types=(FIRST,))
ORDERED = Subscription(name="ordered", types=(FIRST,), ordered=True)


async def counted(postgres: PostgresHarness) -> tuple[int, int]:
    """Return the number of messages and of deliveries in the database."""
    connection = await postgres.administrator()
    try:
        return (
            await connection.fetchval("SELECT count(*) FROM messages"),
            await connection.fetchval("SELECT count(*) FROM deliveries"),
        )
    finally:
        await connection.close()


async def is_empty(postgres: PostgresHarness) -> bool:
    return await counted(postgres) == (0, 0)


def has_finished(recorder: Recorder, expected: list[str]) -> bool:
    return recorder.finished == expected


async def administer(postgres: PostgresHarness, statement: str, *arguments: object) -> None:
    connection = await postgres.administrator()
    await connection.execute(statement, *arguments)
    await connection.close()


async def test_a_message_is_stored_once_and_deleted_with_its_last_delivery(
    postgres: PostgresHarness,
) -> None:
    broker = await postgres.client()
    await broker.declare([PLAIN, ORDERED])
    await publish(broker, messages(120))
    assert await counted(postgres) == (120, 240)
    first, second = Recorder(), Recorder()
    await broker.subscribe(PLAIN, first, parking=ParkingList())
    await eventually(lambda: len(first.finished) == 120)
    assert (await counted(postgres))[0] == 120
    await broker.subscribe(ORDERED, second, parking=ParkingList())
    await eventually(lambda: len(second.finished) == 120)
    await eventually(lambda: is_empty(postgres))


async def test_consumers_that_finish_at_the_same_time_leave_nothing_behind(
    postgres: PostgresHarness,
) -> None:
    subscriptions = [Subscription(name=f"s{number}", types=(FIRST,)) for number in range(4)]
    broker = await postgres.client()
    await broker.declare(subscriptions)
    recorders = [Recorder() for _ in subscriptions]
    for subscription, recorder in zip(subscriptions, recorders, strict=True):
        await broker.subscribe(subscription, recorder, parking=ParkingList())
    for _ in range(20):
        await publish(broker, messages(10))
    await eventually(lambda: all(len(recorder.finished) == 200 for recorder in recorders))
    await eventually(lambda: is_empty(postgres))


async def test_a_message_that_a_killed_consumer_left_is_deleted_by_the_next_session(
    postgres: PostgresHarness,
) -> None:
    broker = await postgres.client()
    await broker.declare([PLAIN])
    [stray, waiting] = batch = messages(2)
    await publish(broker, batch)
    await administer(
        postgres,
        "DELETE FROM deliveries USING messages WHERE number = message_number AND message_id = $1",
        stray.id,
    )
    assert await counted(postgres) == (2, 1)
    recorder = Recorder(is_open=False)
    await broker.subscribe(PLAIN, recorder, parking=ParkingList())
    await eventually(lambda: recorder.ids == [waiting.id])
    assert await counted(postgres) == (1, 1)
    recorder.open()


@pytest.mark.parametrize(
    ("query", "arguments"),
    [
        ("claim_deliveries", (1, 1, 32)),
        ("read_ordered_deliveries", (2, 100)),
        ("finish_deliveries", (1, [7, 8], [1, 1])),
        ("postpone_deliveries", (1, [7], [1], [2], [0], [1.0])),
        ("finish_ordered_deliveries", (2, [7, 8])),
        ("delete_handled_messages", ([7, 8],)),
        ("free_lost_deliveries", (1,)),
        ("release_session", (1,)),
    ],
)
async def test_no_query_of_a_consumer_reads_a_whole_backlog(
    postgres: PostgresHarness, query: str, arguments: Sequence[object]
) -> None:
    broker = await postgres.client()
    await broker.declare([PLAIN, ORDERED])
    await administer(
        postgres,
        """
        INSERT INTO messages (number, message_id, type, content_type, headers, body)
        SELECT n, n, 't', 'c', '{}', '' FROM generate_series(1, 20000) AS n;
        INSERT INTO deliveries (message_number, subscription_id, available_at)
        SELECT n, s, CASE s WHEN 2 THEN '-infinity' ELSE now() END
        FROM generate_series(1, 20000) AS n, generate_series(1, 2) AS s;
        ANALYZE messages, deliveries;
        """,
    )
    connection = await postgres.administrator()
    rows = await connection.fetch(f"EXPLAIN {QUERIES[query]}", *arguments)
    await connection.close()
    plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan on deliveries" not in plan
    assert "Seq Scan on messages" not in plan
    assert "Index Scan using" in plan


async def test_what_postgres_cannot_store_is_rejected_for_good_beside_what_it_can(
    postgres: PostgresHarness,
) -> None:
    broker = await postgres.client()
    await broker.declare([PLAIN])
    batch = [
        message(),
        Message(id="nul\0", type=FIRST, body=b""),
        message(headers={"surrogate": "\ud800"}),
        message(body=bytes(16 * 1024 * 1024 + 1)),
        message(headers={"nul": "a\0b"}),
    ]
    outcomes = await broker.publish(batch)
    assert [type(outcome) for outcome in outcomes] == [
        Accepted,
        Rejected,
        Rejected,
        Rejected,
        Accepted,
    ]
    assert all(each.permanent for each in outcomes if isinstance(each, Rejected))
    recorder = Recorder()
    await broker.subscribe(PLAIN, recorder, parking=ParkingList())
    await eventually(lambda: recorder.ids == [batch[0].id, batch[4].id])
    assert dict(recorder.received[1].delivery.message.headers) == {"nul": "a\0b"}


async def test_a_batch_larger_than_one_statement_stays_in_order(postgres: PostgresHarness) -> None:
    broker = await postgres.client()
    await broker.declare([ORDERED])
    batch = [message(body=bytes(65536)) for _ in range(300)]
    await publish(broker, batch)
    recorder = Recorder()
    await broker.subscribe(ORDERED, recorder, parking=ParkingList())
    await eventually(lambda: len(recorder.finished) == 300, within=30)
    assert recorder.finished == ids(batch)


async def test_after_a_statement_that_failed_the_rest_of_a_batch_is_not_tried(
    postgres: PostgresHarness,
) -> None:
    broker = await postgres.client(publish_within=HURRIED)
    await broker.declare([ORDERED])
    batch = [message(body=bytes(65536)) for _ in range(130)]
    await postgres.block()
    outcomes = await broker.publish(batch)
    await postgres.unblock()
    assert {type(outcome) for outcome in outcomes} == {Unknown}
    reasons = [outcome.reason for outcome in outcomes if isinstance(outcome, Unknown)]
    assert "no answer" in reasons[0]
    assert "not sent" in reasons[-1]


async def test_publishing_before_anything_is_declared_is_refused_for_now(
    postgres: PostgresHarness,
) -> None:
    broker = await postgres.client()
    [outcome] = await broker.publish(messages(1))
    assert isinstance(outcome, Rejected)
    assert not outcome.permanent
    assert "declare" in outcome.reason


async def test_declaring_at_the_same_time_and_again_is_harmless(postgres: PostgresHarness) -> None:
    brokers = [await postgres.client(f"client {number}") for number in range(4)]
    await asyncio.gather(*(broker.declare([PLAIN, ORDERED]) for broker in brokers))
    await brokers[0].declare([PLAIN, ORDERED])
    assert await brokers[0].missing([PLAIN, ORDERED]) == []


async def test_missing_names_what_is_not_declared(postgres: PostgresHarness) -> None:
    broker = await postgres.client()
    assert await broker.missing([PLAIN, ORDERED]) == ["subscription plain", "subscription ordered"]
    await broker.declare([PLAIN])
    wider = Subscription(name="plain", types=(FIRST, SECOND))
    assert await broker.missing([wider]) == [f"subscription plain: type {SECOND}"]
    await broker.declare([wider])
    assert await broker.missing([wider]) == []
    await publish(broker, [message(SECOND)])


@pytest.mark.parametrize(
    ("tinkered", "found"),
    [
        ("DELETE FROM broker.subscriptions WHERE name = 'plain'", "subscription plain"),
        (
            "UPDATE broker.subscriptions SET types = '{wrong}' WHERE name = 'plain'",
            f"subscription plain: type {FIRST}",
        ),
        (
            "UPDATE broker.subscriptions SET ordered = true WHERE name = 'plain'",
            "subscription plain with ordered=False",
        ),
    ],
)
async def test_a_subscription_that_somebody_deleted_or_changed_is_found(
    postgres: PostgresHarness, tinkered: str, found: str
) -> None:
    broker = await postgres.client()
    await broker.declare([PLAIN, ORDERED])
    await administer(postgres, tinkered)
    assert await broker.missing([PLAIN, ORDERED]) == [found]


async def test_a_subscription_cannot_become_ordered(postgres: PostgresHarness) -> None:
    broker = await postgres.client()
    await broker.declare([PLAIN])
    reordered = Subscription(name="plain", types=(FIRST,), ordered=True)
    with pytest.raises(TopologyConflictError, match="plain exists with ordered=False"):
        await broker.declare([reordered])
    with pytest.raises(BrokerConfigurationError, match="ordered=True"):
        await broker.subscribe(reordered, Recorder(), parking=ParkingList())


async def test_a_role_without_a_schema_is_told_so(postgres: PostgresHarness) -> None:
    broker = await postgres.client()
    await administer(postgres, "DROP SCHEMA broker")
    with pytest.raises(BrokerConfigurationError, match="administrator"):
        await broker.declare([PLAIN])


async def test_the_role_may_be_given_nothing_but_the_right_to_create_its_schema(
    postgres: PostgresHarness,
) -> None:
    broker = await postgres.client()
    role = f"broker_{uuid4().hex}"
    await administer(
        postgres,
        f"""
        DROP SCHEMA broker;
        DO $$ BEGIN EXECUTE format('CREATE ROLE {role} LOGIN PASSWORD ''p''');
        EXECUTE format('GRANT CREATE, CONNECT ON DATABASE %I TO {role}', current_database());
        END $$;
        """,
    )
    place = postgres.url.rpartition("@")[2]
    other = PostgresBroker(url=f"postgresql://{role}:p@{place}", name="other")
    await other.start()
    try:
        await other.declare([PLAIN])
        await publish(other, messages(1))
    finally:
        await other.stop()
        await broker.stop()
        await administer(postgres, f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.parametrize("url", ["postgresql://host", "amqp://host/db", "postgres:db"])
def test_a_url_without_a_database_is_refused(url: str) -> None:
    with pytest.raises(BrokerConfigurationError):
        PostgresBroker.from_url(url, name="test")


@pytest.mark.parametrize("subscription", [PLAIN, ORDERED], ids=lambda each: each.name)
async def test_a_publication_wakes_the_consumer_without_the_poll(
    postgres: PostgresHarness, subscription: Subscription
) -> None:
    broker = await postgres.client()
    await broker.declare([subscription])
    recorder = Recorder()
    consumer = PullConsumer(
        subscription=subscription,
        handler=recorder,
        parking=ParkingList(),
        open_session=broker._opener(subscription),
        poll_interval=600,
    )
    consumer.start()
    batch = messages(3)
    for count, sent in enumerate(batch, start=1):
        await publish(broker, [sent])
        await eventually(partial(has_finished, recorder, ids(batch[:count])))
    await consumer.stop()


async def test_the_poll_finds_what_no_notification_told(postgres: PostgresHarness) -> None:
    broker = await postgres.client()
    await broker.declare([PLAIN])
    recorder = Recorder()
    await broker.subscribe(PLAIN, recorder, parking=ParkingList())
    expected = ["m1", "m2"]
    for sent in expected:
        await administer(
            postgres,
            "WITH stored AS (INSERT INTO messages VALUES (nextval('message_numbers'),"
            " $1, 't', 'c', '{}', '') RETURNING number)"
            " INSERT INTO deliveries SELECT number, 1, now() FROM stored",
            sent,
        )
        await eventually(partial(has_finished, recorder, expected[: expected.index(sent) + 1]))
