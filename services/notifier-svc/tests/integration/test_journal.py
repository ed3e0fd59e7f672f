"""The journal keeps every event as received, and shows it in pages."""

import json
import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Self

import pytest
from asyncpg import RaiseError
from prometheus_client import CollectorRegistry
from uuid_utils.compat import uuid7

from leadwire.broker import Ack, Delivery, Message
from leadwire.contracts import (
    EventType,
    LeadsCreated,
    Origin,
    new_event,
    read_event,
    to_message,
)
from leadwire.contracts.samples import sample_bytes
from leadwire.db import Database
from leadwire.testing import eventually
from notifier_svc.mail import Letters, transport_from_url
from notifier_svc.messaging.events import all_events
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.usecases import keep_house
from notifier_svc.usecases.keep_house import DAYS_AHEAD
from notifier_svc.usecases.plan_emails import EmailPlanner

if TYPE_CHECKING:
    from conftest import Office

REFUSE_PLANS = """
CREATE FUNCTION refuse_plan() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no plans today'; END $$;

CREATE TRIGGER refuse_plan BEFORE INSERT ON deliveries
FOR EACH ROW EXECUTE FUNCTION refuse_plan();
"""


def message(event_id: str, event_type: str, **attributes: object) -> Message:
    envelope = {"specversion": "1.0", "id": event_id, "source": "another-team", "type": event_type}
    return Message(id=event_id, type=event_type, body=json.dumps(envelope | attributes).encode())


@pytest.mark.parametrize("event_type", list(EventType), ids=str)
async def test_every_event_type_stands_in_the_journal_byte_for_byte(
    office: "Office", event_type: EventType
) -> None:
    body = sample_bytes(event_type)
    envelope = json.loads(body)
    headers = {"ce-source": envelope["source"], "traceparent": envelope["traceparent"]}
    await office.publish(Message(id=envelope["id"], type=event_type, body=body, headers=headers))
    assert await office.value("SELECT body FROM journal") == body
    assert await office.value("SELECT headers FROM journal") == [
        "ce-source",
        envelope["source"],
        "traceparent",
        envelope["traceparent"],
    ]
    [item] = await office.journal()
    assert item["event"] == envelope
    assert (item["id"], item["type"]) == (envelope["id"], event_type)
    assert item["subject"] == envelope.get("subject")


async def test_an_event_of_a_type_that_nobody_knows_is_kept_too(office: "Office") -> None:
    await office.publish(message("x1", "invoice_paid", subject="invoice/7", data={"total": 3}))
    [item] = await office.journal(type="invoice_paid")
    assert (item["subject"], item["time"]) == ("invoice/7", None)
    assert item["event"]["data"] == {"total": 3}


async def test_an_event_delivered_twice_stands_there_once(office: "Office") -> None:
    event = await office.create(office.contact())
    await office.publish(to_message(event))
    await office.publish(message("after", "marker"))
    assert [item["id"] for item in await office.journal()] == [str(event.id), "after"]


@pytest.mark.parametrize(
    ("event_type", "body"),
    [
        ("lead_assigned", b"not json"),
        ("lead_assigned", b'{"specversion": "0.3"}'),
    ],
    ids=["not JSON", "not a CloudEvent"],
)
async def test_what_cannot_be_read_is_parked_with_its_reason(
    office: "Office", event_type: str, body: bytes
) -> None:
    await office.publish(Message(id="broken", type=event_type, body=body))
    assert await office.value("SELECT body FROM parked") == body
    assert await office.value("SELECT length(reason) FROM parked") > 10
    assert await office.journal() == []


@pytest.mark.parametrize(
    ("event_type", "place"),
    [(EventType.LEADS_CREATED, b'"email":'), (EventType.LEAD_ERASED, b'"rev":')],
    ids=str,
)
async def test_what_cannot_be_acted_on_is_parked_and_stands_in_the_journal_all_the_same(
    office: "Office", event_type: EventType, place: bytes
) -> None:
    body = sample_bytes(event_type).replace(place, b'"lost":')
    envelope = json.loads(body)
    broken = Message(
        id=envelope["id"],
        type=event_type,
        body=body,
        headers={"ce-source": envelope["source"]},
    )
    await office.publish(broken)
    await office.publish(broken)

    async def both_parked() -> bool:
        async with office.client.get("/metrics") as response:
            parked = re.search(r"leadwire_events_parked_total{.*} (\S+)", await response.text())
        return parked is not None and float(parked[1]) == 2

    await eventually(both_parked)
    assert await office.value("SELECT body FROM parked") == body
    assert "Field required" in await office.value("SELECT reason FROM parked")
    [item] = await office.journal(type=event_type)
    assert item["event"] == envelope


async def test_acting_that_failed_is_done_at_the_next_delivery_and_journaled_once(
    office: "Office", database: Database
) -> None:
    planner = EmailPlanner(letters=Letters(), alert_to=None)
    metrics = NotifierMetrics(CollectorRegistry())
    transport = transport_from_url(office.mailbox.as_uri())
    handle = all_events(
        database=database,
        planner=planner,
        transport=transport,
        metrics=metrics,
        on_planned=lambda: None,
    )
    data = LeadsCreated(origin=Origin.FORM, import_id=None, leads=(office.contact(),))
    told = to_message(new_event(data, source="leadwire/import-svc"))
    counts = "SELECT ARRAY[(SELECT count(*) FROM journal), (SELECT count(*) FROM deliveries)]"

    await office.execute(REFUSE_PLANS)
    with pytest.raises(RaiseError):
        await handle(Delivery(message=told, subscription="notifier-svc", attempt=1))
    await office.execute("DROP TRIGGER refuse_plan ON deliveries")
    assert await office.value(counts) == [1, 0]

    for attempt in (2, 3):
        delivery = Delivery(message=told, subscription="notifier-svc", attempt=attempt)
        assert await handle(delivery) == Ack()
        assert await office.value(counts) == [1, 1]


async def test_the_journal_is_filtered_by_type_and_time_of_receipt(office: "Office") -> None:
    for number, event_type in enumerate(["a", "b", "a", "c"]):
        await office.publish(message(str(number), event_type))
    received = [item["received_at"] for item in await office.journal()]

    async def ids(**params: str | list[str]) -> str:
        return "".join(item["id"] for item in await office.journal(**params))

    assert await ids(type="a") == "02"
    assert await ids(type=["b", "c"]) == "13"
    assert await ids(type="unheard_of") == ""
    assert await ids(**{"from": received[1]}) == "123"
    assert await ids(to=received[2]) == "01"
    assert await ids(**{"from": received[1], "to": received[3], "type": "a"}) == "2"


async def test_events_of_the_last_minutes_are_counted_by_type(office: "Office") -> None:
    for number, event_type in enumerate(["a", "b", "a", "c", "a"]):
        await office.publish(message(str(number), event_type))
    async with office.database.connection() as connection:
        await connection.execute("SELECT add_journal_days(current_date - 1, current_date)")
        for event_id, seconds in enumerate([20, 80, 170, 20, 200]):
            await connection.execute(
                "UPDATE journal SET received_at = now() - make_interval(secs => $2)"
                " WHERE event_id = $1",
                str(event_id),
                seconds,
            )

    async def counted(**params: str | list[str]) -> list[int]:
        found: list[int] = (await office.get("/v1/journal/count", params))["per_minute"]
        return found

    assert await counted(type=["a", "b"], minutes="3") == [1, 1, 1]
    assert await counted(type="c", minutes="1") == [1]
    assert await counted(type="unheard_of") == [0] * 15
    for wrong in ({}, {"type": "a", "minutes": "0"}, {"type": "a", "minutes": "61"}):
        problem = await office.get("/v1/journal/count", {**wrong}, status=400)
        assert problem["code"] == "invalid_request"


async def test_pages_join_without_gap_or_overlap(office: "Office") -> None:
    ids = [f"e{number}" for number in range(7)]
    for event_id in ids:
        await office.publish(message(event_id, "told"))
    seen: list[str] = []
    cursor, pages = None, 0
    while pages == 0 or cursor is not None:
        params: dict[str, str | list[str]] = {"limit": "3", "type": "told"}
        page = await office.get("/v1/journal", params | ({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1
    assert (seen, pages) == (ids, 3)


async def test_large_events_shorten_a_page_and_the_next_one_goes_on(
    office: "Office", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier_svc.usecases.read_journal.MAX_PAGE_BYTES", 5_000)
    for number in range(4):
        await office.publish(message(f"e{number}", "told", data="x" * 4_000))
    first = await office.get("/v1/journal")
    assert [item["id"] for item in first["items"]] == ["e0", "e1"]
    second = await office.get("/v1/journal", {"cursor": first["next_cursor"]})
    assert [item["id"] for item in second["items"]] == ["e2", "e3"]
    assert second["next_cursor"] is None


async def test_a_cursor_serves_only_the_filters_that_it_came_with(office: "Office") -> None:
    for number in range(2):
        await office.publish(message(f"e{number}", "told"))
    page = await office.get("/v1/journal", {"limit": "1"})
    cursor: str = page["next_cursor"]
    for wrong in ({"cursor": "nonsense"}, {"cursor": cursor, "type": "told"}):
        problem = await office.get("/v1/journal", {**wrong}, status=400)
        assert problem["code"] == "invalid_cursor"


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "1001"},
        {"from": "yesterday"},
        # A year, which is no moment 2026 seconds after 1970.
        {"from": "2026"},
        {"to": "9999-12-31T23:59:59-01:00"},
        {"x": "1"},
    ],
    ids=str,
)
async def test_a_malformed_query_is_refused(office: "Office", params: dict[str, str]) -> None:
    problem = await office.get("/v1/journal", {**params}, status=400)
    assert problem["code"] == "invalid_request"
    assert problem["errors"][0]["path"] == next(iter(params))


async def test_days_that_are_too_old_are_dropped_and_coming_ones_prepared(
    office: "Office", monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the database's clock: that of a process may be wrong by years."""
    today = datetime.now(UTC).date()
    monkeypatch.setattr(keep_house, "datetime", _Astray, raising=False)
    await office.execute("SELECT add_journal_days($1, $2)", today - timedelta(days=33), today)
    await office.publish(message("fresh", "told"))
    for age, event_id in ((29, "kept"), (31, "dropped")):
        await office.execute(
            "INSERT INTO journal (received_at, event_id, source, type, content_type, headers) "
            "VALUES (now() - make_interval(days => $1), $2, 's', 't', 'c', '{}')",
            age,
            event_id,
        )
    await office.keep_house()
    assert [item["id"] for item in await office.journal()] == ["fresh", "kept"]
    partitions = await office.value(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'journal'::regclass"
    )
    assert partitions == 30 + 1 + 7 + 1  # and one for what deliveries wait for


async def test_what_is_about_the_same_is_journaled_in_its_order_however_fast_it_comes(
    office: "Office",
) -> None:
    told = [
        message(f"{subject}-{number}", "burst", subject=subject, data={"rev": number})
        for subject in ("one", "another")
        for number in range(40)
    ]
    await office.publish_all(told)
    await eventually(
        lambda: office.value("SELECT count(*) = 80 FROM journal WHERE type = 'burst'"), within=20
    )
    order = await office.in_journal_order()
    assert [each for each in order if each.startswith("one-")] == [m.id for m in told[:40]]
    assert [each for each in order if each.startswith("another-")] == [m.id for m in told[40:]]


class _Astray(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + timedelta(days=1000)


async def test_who_reads_the_whole_journal_keeps_no_process_from_starting_nor_from_pruning(
    office: "Office", database: Database
) -> None:
    """As a backup does, which may take hours, while days are to be dropped and made."""
    await office.execute(f"DROP TABLE {_day(DAYS_AHEAD)}")
    await office.execute(
        "INSERT INTO replays (id, status, subscription, types, since, finished_at) "
        "VALUES (gen_random_uuid(), 'completed', 'a', '{}', now(), now() - interval '31 days')"
    )
    keeper = office.house_keeping()
    async with database.transaction() as backup:
        await backup.execute("LOCK TABLE journal IN ACCESS SHARE MODE")
        await keeper.start()
        await keeper.stop()
        await keeper.keep_house()
        assert await office.value("SELECT count(*) FROM replays") == 0
    await office.publish(message("fresh", "told"))


async def test_a_day_that_cannot_be_made_keeps_no_old_one_from_being_dropped(
    office: "Office", database: Database
) -> None:
    long_ago = datetime.now(UTC).date() - timedelta(days=33)
    await office.execute("SELECT add_journal_days($1, $1)", long_ago)
    await office.execute(f"DROP TABLE {_day(DAYS_AHEAD)}")
    async with database.transaction() as other:
        await other.execute(f"CREATE TABLE {_day(DAYS_AHEAD)} ()")  # its name is taken until then
        await office.keep_house()
        assert await office.value("SELECT to_regclass($1)", _day(-33)) is None
        await other.execute(f"DROP TABLE {_day(DAYS_AHEAD)}")
    await office.keep_house()
    assert await office.value("SELECT to_regclass($1)", _day(DAYS_AHEAD)) is not None


def _day(days: int) -> str:
    """Name the partition of a day that lies so many after today."""
    return f"journal_{datetime.now(UTC).date() + timedelta(days=days):%Y%m%d}"


async def test_a_decision_and_its_correction_are_journaled_both_without_emails(
    office: "Office",
) -> None:
    lead_id = uuid7()
    types = [EventType.LEAD_INTERESTED_CREATED, EventType.LEAD_NOT_INTERESTED_CREATED]
    for event_type in types:
        sample = read_event(Message(id="", type=event_type, body=sample_bytes(event_type)))
        await office.say(sample.data, subject=lead_id)
    told = [(item["type"], item["subject"]) for item in await office.journal()]
    assert told == [(str(event_type), str(lead_id)) for event_type in types]
    assert await office.deliveries() == []


async def test_an_import_is_journaled_without_emails(office: "Office") -> None:
    await office.create(office.contact(origin=Origin.IMPORT), origin=Origin.IMPORT)
    assert len(await office.journal()) == 1
    assert await office.deliveries() == []
