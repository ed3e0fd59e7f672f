"""A delivery that was given up is kept with its event until somebody decides on it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import orjson
import pytest
from prometheus_client import CollectorRegistry

from leadwire.contracts import Event, LeadUpdated
from leadwire.testing import eventually
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.storage.journal import JournalStore
from notifier_svc.usecases.measure_deliveries import DeliveryGauges
from webhook_sink import Sink, running_sink

if TYPE_CHECKING:
    from conftest import Office

PARKED = "UPDATE deliveries SET status = 'parked', updated_at = $1"
KEPT = "SELECT count(*) FROM journal_kept"
LONG_AGO = timedelta(days=45)


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {
        "webhook_allow_http": True,
        "webhook_allowed_networks": "127.0.0.0/8",
        # Many: what is delivered is not to come twice where the machine pauses.
        "webhook_answer_within_s": 30.0,
    }


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with running_sink() as sink:
        yield sink


@pytest.fixture
async def hook(office: "Office", sink: Sink) -> str:
    return await office.hook(url=sink.url, state="paused")


async def say(office: "Office", *, name: str = "Ada") -> Event:
    lead = office.contact(name=name)
    return await office.say(LeadUpdated(lead=lead), subject=lead.id)


async def grow_old(office: "Office") -> None:
    """Have all that is recorded be older than the journal and the log of deliveries are kept."""
    moment = datetime.now(UTC) - LONG_AGO
    await office.execute("SELECT add_journal_days($1, $1)", moment.date())
    await office.execute("UPDATE journal SET received_at = received_at - $1::interval", LONG_AGO)
    await office.execute(
        "UPDATE deliveries SET updated_at = updated_at - $1::interval, "
        "entry_received_at = entry_received_at - $1::interval",
        LONG_AGO,
    )


async def park(office: "Office") -> None:
    await office.execute("UPDATE deliveries SET status = 'parked' WHERE status = 'pending'")


async def standing(office: "Office", hook: str) -> dict[str, str]:
    items = await office.deliveries(webhook_id=hook, limit="1000")
    return {one["event_id"]: one["status"] for one in items}


async def until(office: "Office", hook: str, expected: dict[str, str]) -> None:
    async def reached() -> bool:
        return await standing(office, hook) == expected

    await eventually(reached, message=f"deliveries stand at {expected}")


async def test_what_is_parked_at_a_webhook_is_sent_though_the_journal_has_forgotten_it(
    office: "Office", hook: str, sink: Sink
) -> None:
    parked, other = await say(office), await say(office, name="Grace")
    other_id = str(other.id)
    await office.execute("DELETE FROM deliveries WHERE event_id = $1", other_id)
    await park(office)
    await grow_old(office)
    for _ in range(2):  # what is kept once is kept on
        await office.keep_house()
    assert await office.value(KEPT) == 1
    assert await office.journal() == []
    replay = await office.replayed(webhook_id=hook)
    assert replay["progress"]["sent"] == 0
    await office.patch(f"/v1/webhooks/{hook}", {"state": "enabled"})
    assert await office.post(f"/v1/webhooks/{hook}/retry") == {"retried": 1}
    await until(office, hook, {str(parked.id): "delivered"})
    [got] = sink.received
    assert orjson.loads(got.body)["data"]["lead"]["name"] == "Ada"
    await office.keep_house()
    assert await office.value(KEPT) == 0


async def test_what_waits_for_a_paused_webhook_keeps_its_event_as_long(
    office: "Office", hook: str, sink: Sink
) -> None:
    told = await say(office)
    await grow_old(office)
    await office.keep_house()
    await office.patch(f"/v1/webhooks/{hook}", {"state": "enabled"})
    await until(office, hook, {str(told.id): "delivered"})
    assert len(sink.received) == 1


async def test_an_event_that_is_kept_for_a_delivery_is_erased_as_any_other(
    office: "Office", hook: str, sink: Sink
) -> None:
    gone, stays = office.contact(), office.contact()
    batch = await office.create(gone, stays)
    updated = await office.say(LeadUpdated(lead=gone), subject=gone.id)
    await office.execute("DELETE FROM deliveries WHERE webhook_id IS NULL")
    await park(office)
    await grow_old(office)
    await office.keep_house()
    assert await office.value(KEPT) == 2
    await office.erase(gone.id)
    bodies = "SELECT string_agg(encode(body, 'escape'), '') FROM journal_kept"
    left = await office.value(bodies)
    assert gone.email not in left
    assert stays.email in left
    await office.patch(f"/v1/webhooks/{hook}", {"state": "enabled"})
    await office.post(f"/v1/webhooks/{hook}/retry")
    await eventually(lambda: is_settled(office, str(batch.id), str(updated.id)))
    assert gone.email not in str([each.body for each in sink.received])


async def is_settled(office: "Office", *event_ids: str) -> bool:
    query = "SELECT bool_and(status <> 'pending') FROM deliveries WHERE event_id = ANY ($1)"
    return bool(await office.value(query, list(event_ids)))


async def test_no_event_is_copied_while_a_lead_is_erased(office: "Office", hook: str) -> None:
    """The erasure would not see the copy."""
    gone = office.contact()
    await office.say(LeadUpdated(lead=gone), subject=gone.id)
    await park(office)
    await grow_old(office)
    async with office.database.transaction() as connection:
        journal = JournalStore(connection=connection)
        await journal.lock_for_erasure()
        housekeeping = asyncio.create_task(office.keep_house())
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

        async def waits() -> bool:
            return bool(await office.value(waiting))

        await eventually(waits)
        await journal.redact_events_about(gone.id)
    await housekeeping
    assert await office.value("SELECT body IS NULL FROM journal_kept")


async def test_no_event_is_kept_where_its_day_is_missing(office: "Office") -> None:
    """It is refused, as ever, and comes again once the day is there."""
    with pytest.raises(Exception, match="journal_kept_kept_check"):
        await office.execute(
            "INSERT INTO journal (received_at, event_id, source, type, content_type, headers) "
            "VALUES ('1999-12-31', 'e', 's', 't', 'c', '{}')"
        )


async def test_a_parked_delivery_is_discarded_for_a_reason_and_then_forgotten(
    office: "Office", hook: str
) -> None:
    told = await say(office)
    await until(office, hook, {str(told.id): "pending"})
    [one] = await office.deliveries(webhook_id=hook)
    path = f"/v1/deliveries/{one['id']}/discard"
    refused = await office.post(path, {"reason": "too late"}, status=409)
    assert refused["code"] == "delivery_not_parked"
    await park(office)
    await office.patch(f"/v1/webhooks/{hook}", {"state": "disabled"})
    await office.post(path, {"reason": " "}, status=422)
    await office.post(path, {"reason": "two\nlines"}, status=422)
    discarded = await office.post(path, {"reason": "too late"})
    assert (discarded["status"], discarded["last_error"]) == ("cancelled", "discarded: too late")
    await office.post(path, {"reason": "too late"}, status=409)
    unknown = await office.post(f"/v1/deliveries/{uuid4()}/discard", {"reason": "no"}, status=404)
    assert unknown["code"] == "delivery_not_found"
    await grow_old(office)
    await office.keep_house()
    assert await office.deliveries() == []


async def test_all_that_is_parked_at_a_webhook_is_discarded_together_and_nothing_else(
    office: "Office", hook: str, sink: Sink
) -> None:
    other = await office.hook(url=sink.url, state="paused")
    events = [str((await say(office)).id) for _ in range(3)]
    await park(office)
    waits = str((await say(office)).id)
    path = f"/v1/webhooks/{hook}/discard"
    assert await office.post(path, {"reason": "moved"}) == {"discarded": 3}
    assert await office.post(path, {"reason": "moved"}) == {"discarded": 0}
    assert await standing(office, hook) == dict.fromkeys(events, "cancelled") | {waits: "pending"}
    assert list((await standing(office, other)).values()).count("parked") == 3
    unknown = await office.post(f"/v1/webhooks/{uuid4()}/discard", {"reason": "no"}, status=404)
    assert unknown["code"] == "webhook_not_found"


async def test_what_is_parked_at_a_webhook_is_cancelled_when_that_is_deleted(
    office: "Office", hook: str
) -> None:
    told = await say(office)
    await park(office)
    await office.client.delete(f"/v1/webhooks/{hook}")
    await until(office, hook, {str(told.id): "cancelled"})


async def test_a_parked_email_is_kept_until_its_lead_is_erased(office: "Office") -> None:
    lead = office.contact()
    await office.create(lead)
    await eventually(lambda: all_emails_are_made(office))
    await office.execute(PARKED, datetime.now(UTC) - LONG_AGO)
    await office.keep_house()
    kept = await office.deliveries(status="parked")
    assert {UUID(each["lead_id"]) for each in kept} == {lead.id}
    await office.erase(lead.id)
    assert await office.deliveries(status="parked") == []


async def all_emails_are_made(office: "Office") -> bool:
    return bool(await office.value("SELECT bool_and(status = 'delivered') FROM deliveries"))


async def test_what_is_parked_is_told_by_kind(office: "Office", hook: str) -> None:
    await say(office)
    await say(office)
    await park(office)
    registry = CollectorRegistry()
    gauges = DeliveryGauges(database=office.database, metrics=NotifierMetrics(registry))
    await gauges.measure()
    name = "leadwire_notifier_parked_deliveries"
    assert registry.get_sample_value(name, {"kind": "webhook"}) == 2
    assert registry.get_sample_value(name, {"kind": "alert"}) == 0
    await office.post(f"/v1/webhooks/{hook}/discard", {"reason": "moved"})
    await gauges.measure()
    assert registry.get_sample_value(name, {"kind": "webhook"}) == 0
