"""Parked deliveries: kept whole, once, also when they came broken."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
import structlog
from prometheus_client import CollectorRegistry

from leadwire.broker import Delivery, Message, Park, Subscription, Verdict
from leadwire.broker.attempts import Done, settle
from leadwire.contracts.redaction import redaction_of_parked
from leadwire.db import Database, Queries
from leadwire.observability import configure_logging
from leadwire.outbox import ParkedEvents, redact_parked
from leadwire.testing import eventually

Rows = Callable[[str], Awaitable[list[tuple[object, ...]]]]

SECRET = "alice@example.com"


def delivery(message: Message, *, attempt: int = 1, subscription: str = "stream-svc") -> Delivery:
    return Delivery(message=message, subscription=subscription, attempt=attempt)


async def test_a_parked_delivery_is_kept_whole_with_its_reason(
    database: Database, rows: Rows
) -> None:
    registry = CollectorRegistry()
    headers = {"ce-source": "leadwire/import-svc"}
    message = Message(id="e1", type="lead_updated", body=b"\x00\xff", headers=headers)
    await ParkedEvents(database=database, registry=registry).park(
        delivery(message, attempt=10), "it would not go"
    )
    assert await rows(
        "SELECT subscription, source, event_id, type, content_type, body, headers, reason, "
        "attempts FROM parked"
    ) == [
        (
            "stream-svc",
            "leadwire/import-svc",
            "e1",
            "lead_updated",
            "application/cloudevents+json",
            b"\x00\xff",
            ["ce-source", "leadwire/import-svc"],
            "it would not go",
            10,
        )
    ]
    labels = {"subscription": "stream-svc"}
    assert registry.get_sample_value("leadwire_events_parked_total", labels) == 1


async def test_parking_again_keeps_one_entry_with_the_latest_reason(
    database: Database, rows: Rows
) -> None:
    parked = ParkedEvents(database=database, registry=CollectorRegistry())
    message = Message(id="e1", type="lead_updated", body=b"{}")
    await parked.park(delivery(message), "first")
    await parked.park(delivery(message, attempt=2), "second")
    await parked.park(delivery(message, subscription="manager-svc"), "another subscription")
    assert await rows("SELECT subscription, reason, attempts FROM parked ORDER BY id") == [
        ("stream-svc", "second", 2),
        ("manager-svc", "another subscription", 1),
    ]


async def test_events_of_two_sources_with_one_id_are_two_entries(
    database: Database, rows: Rows
) -> None:
    parked = ParkedEvents(database=database, registry=CollectorRegistry())
    for source in ("leadwire/import-svc", "leadwire/manager-svc"):
        message = Message(id="e1", type="told", body=b"", headers={"ce-source": source})
        await parked.park(delivery(message), "no")
    await parked.park(delivery(Message(id="e1", type="told", body=b"")), "no")
    assert await rows("SELECT source FROM parked ORDER BY id") == [
        ("leadwire/import-svc",),
        ("leadwire/manager-svc",),
        ("",),
    ]


async def test_messages_with_one_id_that_say_different_things_are_two_entries(
    database: Database, rows: Rows
) -> None:
    parked = ParkedEvents(database=database, registry=CollectorRegistry())
    for body in (b"{broken", b"broken, too", b"{broken"):
        await parked.park(delivery(Message(id="1", type="told", body=body)), "unreadable")
    assert await rows("SELECT event_id, body FROM parked ORDER BY id") == [
        ("1", b"{broken"),
        ("1", b"broken, too"),
    ]


async def test_what_says_the_same_once_a_lead_is_erased_is_one_entry(
    database: Database, rows: Rows
) -> None:
    parked = ParkedEvents(
        database=database, registry=CollectorRegistry(), redaction_for=redaction_of_parked
    )
    gone, stays = uuid4(), uuid4()

    def told(name: str) -> Delivery:
        leads = [{"id": str(gone), "name": name}, {"id": str(stays), "name": "Grace"}]
        body = orjson.dumps({"data": {"leads": leads}})
        return delivery(Message(id="1", type="leads_created", body=body))

    await parked.park(told("Ada"), "no")
    await parked.park(told("Augusta Ada"), "no")
    assert len(await rows("SELECT id FROM parked")) == 2
    async with database.transaction() as connection:
        await redact_parked(connection, mentioning=gone, redacted=redaction_of_parked(gone))
    await parked.park(told("Ada"), "again")  # redelivered after the erasure
    [[body]] = await rows("SELECT body FROM parked")
    assert orjson.loads(str(body, "utf-8") if isinstance(body, bytes) else "")["data"]["leads"] == [
        {"id": str(stays), "name": "Grace"}
    ]


@pytest.fixture
def _restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("_restored_logging")
async def test_the_reason_is_kept_in_the_entry_and_not_logged(
    database: Database, rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(level="DEBUG", format="json", service="probe-svc")
    error = asyncpg.UniqueViolationError("duplicate key value")
    error.detail = f"Key (email)=({SECRET}) already exists."

    async def fail(_delivery: Delivery) -> Verdict:
        raise error

    async def fail_in_own_words(_delivery: Delivery) -> Verdict:
        raise ValueError(f"{SECRET} is no number")

    async def refuse(_delivery: Delivery) -> Verdict:
        return Park(f"{SECRET} is no number")

    parking = ParkedEvents(database=database, registry=CollectorRegistry())
    subscription = Subscription(name="stream-svc", types=("told",), max_attempts=1)
    for number, handler in enumerate((fail, fail_in_own_words, refuse)):
        told = delivery(Message(id=f"e{number}", type="told", body=b""))
        settled = await settle(told, handler, subscription=subscription, parking=parking)
        assert settled == Done()

    text = capsys.readouterr().err
    assert SECRET not in text
    assert text.count('"event": "delivery_parked"') == 3
    reasons = await rows("SELECT reason FROM parked")
    assert len(reasons) == 3
    assert all(SECRET in str(reason) for reason in reasons)


async def test_text_that_postgres_cannot_hold_is_parked_all_the_same(
    database: Database, rows: Rows
) -> None:
    parked = ParkedEvents(database=database, registry=CollectorRegistry())
    message = Message(id="e\x00", type="t\x00", body=b"", headers={"h\x00": "\ud800"})
    await parked.park(delivery(message), "long \x00 " + "x" * 5_000)
    [(event_id, headers, reason)] = await rows("SELECT event_id, headers, reason FROM parked")
    assert event_id == "e\ufffd"
    assert headers == ["h\ufffd", "?"]
    assert isinstance(reason, str)
    assert reason.startswith("long \ufffd xxx")
    assert len(reason) == 2_000


async def test_the_reason_goes_with_what_is_taken_out_of_an_event(
    database: Database, rows: Rows
) -> None:
    parked = ParkedEvents(database=database, registry=CollectorRegistry())
    reason = f"Key (email)=({SECRET}) already exists."
    gone = uuid4()
    ada = str(gone).encode()
    for event_id, body in (("1", ada + b", bob"), ("2", ada), ("3", b"bob"), ("4", b"of " + ada)):
        await parked.park(delivery(Message(id=event_id, type="told", body=body)), reason)
    left = {ada + b", bob": b"bob", ada: None, b"of " + ada: b"of " + ada}
    async with database.transaction() as connection:
        await redact_parked(connection, mentioning=gone, redacted=lambda _type, body: left[body])
    assert await rows("SELECT event_id, body, reason FROM parked ORDER BY id") == [
        ("1", b"bob", "withheld: it may quote what was taken out of the event"),
        ("3", b"bob", reason),
        ("4", b"of " + ada, reason),
    ]


async def park(database: Database, **bodies: bytes) -> None:
    parked = ParkedEvents(database=database, registry=CollectorRegistry())
    for event_id, body in bodies.items():
        await parked.park(delivery(Message(id=event_id, type="told", body=body)), "no")


async def forget(database: Database, mentioned: UUID) -> None:
    async with database.transaction() as connection:
        await redact_parked(connection, mentioning=mentioned, redacted=lambda _type, _body: None)


async def test_an_id_is_found_wherever_it_stands_in_a_body(database: Database, rows: Rows) -> None:
    gone, other = uuid4(), uuid4()
    await park(
        database,
        alone=str(gone).encode(),
        upper=str(gone).upper().encode(),
        broken=b'\x00\xff{"lead": "' + str(gone).encode() + b"\\",
        among=f"{other}{gone}0 {gone}".encode(),
        other=str(other).encode(),
        nobody=b"\xff",
        empty=b"",
    )
    await forget(database, gone)
    assert await rows("SELECT event_id FROM parked ORDER BY id") == [
        ("other",),
        ("nobody",),
        ("empty",),
    ]


async def test_what_took_the_place_of_a_body_is_found_by_what_it_mentions(
    database: Database, rows: Rows
) -> None:
    first, second = uuid4(), uuid4()
    await park(database, both=f"{first} {second}".encode())
    async with database.transaction() as connection:
        await redact_parked(
            connection, mentioning=first, redacted=lambda _type, _body: str(second).encode()
        )
    await forget(database, first)
    assert len(await rows("SELECT id FROM parked")) == 1
    await forget(database, second)
    assert await rows("SELECT id FROM parked") == []


@pytest.mark.parametrize("parked", [3, 3000])
async def test_parked_events_are_found_by_index(database: Database, parked: int) -> None:
    fill = """
        INSERT INTO parked (subscription, source, event_id, type, content_type, body, headers,
                            reason, attempts)
        SELECT 's', '', n, 't', 'c', gen_random_uuid()::text::bytea, '{}', 'r', 1
        FROM generate_series(1, $1::int) AS n
    """
    find = Queries("leadwire.outbox.sql")["find_parked_mentioning"]
    async with database.transaction() as connection:
        await connection.execute(fill, parked)
        await connection.execute("ANALYZE parked")
        await connection.execute(f"PREPARE find (uuid) AS {find}")
        for plan in ("force_generic_plan", "force_custom_plan"):
            await connection.execute(f"SET LOCAL plan_cache_mode = {plan}")
            lines = await connection.fetch("EXPLAIN EXECUTE find (gen_random_uuid())")
            assert "parked_by_mentioned_ids" in "\n".join(line[0] for line in lines), lines


def guarded(database: Database) -> ParkedEvents:
    return ParkedEvents(
        database=database, registry=CollectorRegistry(), redaction_for=redaction_of_parked
    )


def event_about(*leads: UUID, event_type: str = "leads_created") -> Message:
    told = [{"id": str(each), "email": SECRET} for each in leads]
    body = orjson.dumps({"subject": None, "data": {"leads": told}})
    return Message(id="late", type=event_type, body=body)


async def test_what_is_parked_after_the_erasure_tells_nothing_of_it(
    database: Database, rows: Rows
) -> None:
    gone, other = uuid4(), uuid4()
    await forget(database, gone)
    await guarded(database).park(delivery(event_about(gone)), f"{SECRET} is no number")
    assert await rows("SELECT id FROM parked") == []
    await guarded(database).park(delivery(event_about(gone, other)), f"{SECRET} is no number")
    [(body, reason)] = await rows("SELECT body, reason FROM parked")
    assert isinstance(body, bytes)
    assert str(gone) not in body.decode()
    assert str(other) in body.decode()
    assert reason == "withheld: it may quote what was taken out of the event"


async def test_what_is_parked_while_an_erasure_commits_tells_nothing_of_it(
    database: Database, rows: Rows
) -> None:
    gone = uuid4()
    async with database.transaction() as connection:
        await redact_parked(connection, mentioning=gone, redacted=redaction_of_parked(gone))
        parking = asyncio.create_task(guarded(database).park(delivery(event_about(gone)), "no"))
        await eventually(lambda: waits_for_a_lock(rows))
    await parking
    assert await rows("SELECT id FROM parked") == []


async def test_an_erasure_finds_what_is_parked_at_the_same_moment(
    database: Database, rows: Rows
) -> None:
    gone = uuid4()
    queries = Queries("leadwire.outbox.sql")
    async with database.transaction() as connection:
        # What `park` does first; then it inserts.
        await connection.execute(queries["lock_for_parking"])
        erasing = asyncio.create_task(forget(database, gone))
        await eventually(lambda: waits_for_a_lock(rows))
        await connection.execute(
            "INSERT INTO parked (subscription, source, event_id, type, content_type, body, "
            "headers, reason, attempts) VALUES ('s', '', 'e', 't', 'c', $1, '{}', 'r', 1)",
            str(gone).encode(),
        )
    await erasing
    assert await rows("SELECT id FROM parked") == []


async def waits_for_a_lock(rows: Rows) -> bool:
    waiting = """
        SELECT 1
        FROM pg_locks
        JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted
    """
    return len(await rows(waiting)) == 1
