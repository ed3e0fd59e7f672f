"""Parked deliveries: kept whole, once, also when they came broken."""

from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry

from leadwire.broker import Delivery, Message
from leadwire.db import Database
from leadwire.outbox import ParkedEvents

Rows = Callable[[str], Awaitable[list[tuple[object, ...]]]]


def delivery(message: Message, *, attempt: int = 1, subscription: str = "stream-svc") -> Delivery:
    return Delivery(message=message, subscription=subscription, attempt=attempt)


async def test_a_parked_delivery_is_kept_whole_with_its_reason(
    database: Database, rows: Rows
) -> None:
    registry = CollectorRegistry()
    message = Message(id="e1", type="lead_updated", body=b"\x00\xff", headers={"a": "b"})
    await ParkedEvents(database=database, registry=registry).park(
        delivery(message, attempt=10), "it would not go"
    )
    assert await rows(
        "SELECT subscription, event_id, type, content_type, body, headers, reason, attempts "
        "FROM parked"
    ) == [
        (
            "stream-svc",
            "e1",
            "lead_updated",
            "application/cloudevents+json",
            b"\x00\xff",
            ["a", "b"],
            "it would not go",
            10,
        )
    ]
    labels = {"subscription": "stream-svc", "type": "lead_updated"}
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
