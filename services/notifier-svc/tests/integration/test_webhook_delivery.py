"""Events reach the endpoints of other systems, and one that fails never delays another."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import orjson
import pytest
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from leadwire.contracts import LeadUpdated, new_event, to_message
from leadwire.testing import eventually
from notifier_svc.domain.attempts import OPENS_AFTER
from notifier_svc.usecases.deliver_events import IN_HAND
from webhook_sink import Received, Sink, running_sink

if TYPE_CHECKING:
    from conftest import Office


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
async def dead() -> AsyncIterator[Sink]:
    async with running_sink() as sink:
        sink.status(500)
        yield sink


async def say(office: "Office", count: int = 1) -> list[str]:
    """Publish events about as many leads; return their ids."""
    leads = [office.contact() for _ in range(count)]
    events = [new_event(LeadUpdated(lead=each), source="s", subject=each.id) for each in leads]
    await office.publish_all([to_message(each) for each in events])
    return [str(each.id) for each in events]


async def statuses(office: "Office", webhook_id: str) -> dict[str, tuple[str, int | None]]:
    items = await office.deliveries(webhook_id=webhook_id, limit="1000")
    return {one["event_id"]: (one["status"], one["last_status"]) for one in items}


async def until(office: "Office", webhook_id: str, expected: dict[str, Any]) -> None:
    async def reached() -> bool:
        return await statuses(office, webhook_id) == expected

    await eventually(reached, message=f"deliveries stand at {expected}")


async def due_now(office: "Office") -> None:
    """Let the time pass after which deliveries and endpoints are tried again."""

    async def none_is_under_way() -> bool:
        query = "SELECT NOT EXISTS (SELECT FROM deliveries WHERE leased_until IS NOT NULL)"
        return bool(await office.value(query))

    await eventually(none_is_under_way)
    await office.execute("UPDATE deliveries SET next_attempt_at = now() WHERE leased_until IS NULL")
    await office.execute("UPDATE webhooks SET resume_at = now()")


async def age(office: "Office", *, hours: int) -> None:
    """Have everything waited for so long."""
    for change in ("deliveries SET waiting_since", "webhooks SET enabled_since"):
        await office.execute(f"UPDATE {change} = now() - interval '{hours} h'")


async def test_an_event_arrives_as_it_was_published_and_signed(
    office: "Office", sink: Sink
) -> None:
    added = await office.post("/v1/webhooks", {"url": sink.url}, status=201)
    lead = office.contact()
    event = await office.say(LeadUpdated(lead=lead), subject=lead.id)
    await until(office, added["id"], {str(event.id): ("delivered", 200)})
    [got] = sink.received
    assert got.body == to_message(event).body
    assert got.headers["content-type"] == "application/cloudevents+json"
    assert got.id == str(event.id)
    told = Webhook(added["secret"]).verify(got.body, got.headers)
    assert told["data"]["lead"]["email"] == lead.email
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 32).verify(got.body, got.headers)


async def test_after_rotations_all_secrets_sign_for_a_time(office: "Office", sink: Sink) -> None:
    """One was lost on its way to the endpoint, and the last given twice, as by who tries again."""
    added = await office.post("/v1/webhooks", {"url": sink.url}, status=201)
    path = f"/v1/webhooks/{added['id']}"
    lost = await office.post(f"{path}/rotate-secret")
    given = {"secret": "whsec_" + "B" * 32}
    for _ in range(2):
        rotated = await office.post(f"{path}/rotate-secret", given)
    await say(office)
    await eventually(lambda: len(sink.received) == 1)
    assert len(sink.received[0].headers["webhook-signature"].split()) == 3
    for secret in (added["secret"], lost["secret"], rotated["secret"]):
        Webhook(secret).verify(sink.received[0].body, sink.received[0].headers)

    await office.execute("UPDATE webhooks SET previous_secret_until = now() - interval '1 s'")
    await say(office)
    await eventually(lambda: len(sink.received) == 2)
    Webhook(rotated["secret"]).verify(sink.received[1].body, sink.received[1].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(added["secret"]).verify(sink.received[1].body, sink.received[1].headers)


async def test_what_fails_is_tried_again_with_the_same_id_and_a_new_time(
    office: "Office", dead: Sink
) -> None:
    hook = await office.hook(url=dead.url)
    [event_id] = await say(office)
    await until(office, hook, {event_id: ("pending", 500)})
    [one] = await office.deliveries(webhook_id=hook)
    assert (one["attempts"], one["last_error"]) == (1, "answered 500")
    assert one["next_attempt_at"] > one["updated_at"]
    assert (await office.get(f"/v1/webhooks/{hook}"))["failures"] == 1

    dead.status(204)
    await due_now(office)
    await until(office, hook, {event_id: ("delivered", 204)})
    assert dead.ids == [event_id] * 2
    shown = await office.get(f"/v1/webhooks/{hook}")
    assert (shown["failures"], shown["failing_since"]) == (0, None)


async def test_after_the_time_it_is_parked_and_announced_and_can_be_retried(
    office: "Office", dead: Sink
) -> None:
    hook = await office.hook(url=dead.url, types=["lead_updated"])
    [event_id] = await say(office)
    await until(office, hook, {event_id: ("pending", 500)})
    await age(office, hours=73)
    await due_now(office)
    await until(office, hook, {event_id: ("parked", 500)})
    [one] = await office.deliveries(webhook_id=hook)

    async def announced() -> list[dict[str, Any]]:
        return await office.journal(type="notification_failed")

    [failed] = await eventually(announced)
    data = failed["event"]["data"]
    assert (data["kind"], data["delivery_id"], data["event_id"]) == ("webhook", one["id"], event_id)
    assert data["lead_id"] == failed["subject"] == one["about"]
    assert data["reason"] == "answered 500"

    dead.status(200)
    retried = await office.post(f"/v1/deliveries/{one['id']}/retry")
    assert (retried["status"], retried["attempts"]) == ("pending", 0)
    await until(office, hook, {event_id: ("delivered", 200)})
    answer = await office.post(f"/v1/deliveries/{one['id']}/retry", status=409)
    assert answer["code"] == "delivery_finished"
    answer = await office.post(f"/v1/deliveries/{uuid4()}/retry", status=404)
    assert answer["code"] == "delivery_not_found"


async def test_a_failure_to_announce_a_failure_is_not_announced(
    office: "Office", dead: Sink
) -> None:
    hook = await office.hook(url=dead.url)
    [event_id] = await say(office)
    for count in (1, 2):
        await eventually(partial(count_of, office, hook, "pending", minimum=1))
        await age(office, hours=73)
        await due_now(office)
        await eventually(partial(count_of, office, hook, "parked", minimum=count))
    assert len(await office.journal(type="notification_failed")) == 1
    assert event_id in await statuses(office, hook)


async def is_settled(office: "Office", event_id: str, attempts: int) -> bool:
    query = "SELECT attempts FROM deliveries WHERE event_id = $1 AND leased_until IS NULL"
    return bool(await office.value(query, event_id) == attempts)


async def count_of(office: "Office", webhook_id: str, status: str, *, minimum: int) -> bool:
    found = await office.deliveries(webhook_id=webhook_id, status=status)
    return len(found) >= minimum


async def test_410_disables_the_webhook_and_cancels_what_waits(
    office: "Office", sink: Sink
) -> None:
    hook = await office.hook(url=sink.url, state="paused")
    event_ids = await say(office, 30)
    await until(office, hook, dict.fromkeys(event_ids, ("pending", None)))
    sink.status(410)
    await office.patch(f"/v1/webhooks/{hook}", {"state": "enabled"})

    async def all_cancelled() -> bool:
        found = await statuses(office, hook)
        return {status for status, _ in found.values()} == {"cancelled"}

    await eventually(all_cancelled)
    shown = await office.get(f"/v1/webhooks/{hook}")
    assert (shown["state"], shown["state_reason"]) == ("disabled", "gone")
    assert len(sink.received) <= IN_HAND
    await office.create(office.contact())
    enabled = await office.patch(f"/v1/webhooks/{hook}", {"state": "enabled"})
    assert (enabled["state"], enabled["state_reason"]) == ("enabled", None)
    assert len(await statuses(office, hook)) == 30


async def test_what_waits_for_a_deleted_webhook_is_cancelled_and_stays_in_the_log(
    office: "Office", dead: Sink
) -> None:
    hook = await office.hook(url=dead.url)
    [event_id] = await say(office)
    await until(office, hook, {event_id: ("pending", 500)})
    await office.client.delete(f"/v1/webhooks/{hook}")
    await until(office, hook, {event_id: ("cancelled", 500)})


async def test_while_it_is_paused_events_wait_and_have_all_their_time_after(
    office: "Office", sink: Sink
) -> None:
    hook = await office.hook(url=sink.url, state="paused")
    [event_id] = await say(office)
    await until(office, hook, {event_id: ("pending", None)})
    await age(office, hours=100)
    sink.status(500)
    await office.patch(f"/v1/webhooks/{hook}", {"state": "enabled"})
    await until(office, hook, {event_id: ("pending", 500)})


async def test_10000_that_wait_for_a_dead_endpoint_delay_no_other(
    office: "Office", sink: Sink, dead: Sink
) -> None:
    down = await office.hook(url=dead.url, types=["lead_assigned"])
    [place] = await journal_places(office)
    await office.execute(
        "INSERT INTO deliveries (kind, webhook_id, source, event_id, event_type, about, "
        "entry_received_at, entry_position) "
        "SELECT 'webhook', $1, 's', n::text, 'lead_assigned', n::text, $2, $3 "
        "FROM generate_series(1, 10000) AS n",
        UUID(down),
        *place,
    )
    live = await office.hook(url=sink.url, types=["lead_updated"])

    async def breaks() -> bool:
        return bool((await office.get(f"/v1/webhooks/{down}"))["failures"] >= OPENS_AFTER)

    await eventually(breaks)
    event_ids = await say(office, 50)
    await until(office, live, dict.fromkeys(event_ids, ("delivered", 200)))
    await eventually(partial(measures, office, "leadwire_notifier_webhooks_down", 1), within=30)
    # Until the endpoint counts as down, as many as there is room for; after that, one at a time.
    assert len(dead.received) <= 30
    shown = await office.get(f"/v1/webhooks/{down}")
    assert shown["resume_at"] > shown["updated_at"]


async def measures(office: "Office", name: str, value: float) -> bool:
    async with office.client.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    found = [line for line in lines if line.startswith(name)]
    return [float(line.rpartition(" ")[2]) for line in found] == [value]


async def journal_places(office: "Office") -> list[tuple[Any, Any]]:
    lead = office.contact()
    await office.say(LeadUpdated(lead=lead), subject=lead.id)
    async with office.database.connection() as connection:
        rows = await connection.fetch("SELECT received_at, position FROM journal")
    return [tuple(row) for row in rows]


async def test_endpoints_that_hang_delay_no_other(office: "Office", sink: Sink) -> None:
    released = asyncio.Event()

    async def hang(_: Received) -> web.StreamResponse:
        await released.wait()
        return web.Response()

    async with running_sink() as hanging:
        hanging.answer = hang
        for _ in range(20):
            await office.hook(url=hanging.url, types=["lead_updated"])
        live = await office.hook(url=sink.url, types=["lead_updated"])
        event_ids = await say(office, 30)
        await until(office, live, dict.fromkeys(event_ids, ("delivered", 200)))
        assert hanging.open > 0
        released.set()


async def test_what_is_about_the_same_goes_in_order_and_the_rest_does_not_wait(
    office: "Office", sink: Sink
) -> None:
    first, other = office.contact(), office.contact()
    hook = await office.hook(url=sink.url)
    refused: set[str] = set()

    async def answer(got: Received) -> web.StreamResponse:
        return web.Response(status=500 if got.id in refused else 200)

    sink.answer = answer
    stuck = new_event(LeadUpdated(lead=first), source="s", subject=first.id)
    refused.add(str(stuck.id))
    await office.publish(to_message(stuck))
    await until(office, hook, {str(stuck.id): ("pending", 500)})
    later = await office.say(LeadUpdated(lead=first), subject=first.id)
    beside = await office.say(LeadUpdated(lead=other), subject=other.id)
    expected = {
        str(stuck.id): ("pending", 500),
        str(later.id): ("pending", None),
        str(beside.id): ("delivered", 200),
    }
    await until(office, hook, expected)

    refused.clear()
    await due_now(office)
    await until(office, hook, dict.fromkeys(expected, ("delivered", 200)))
    assert sink.ids == [str(each.id) for each in (stuck, beside, stuck, later)]


async def test_many_events_about_one_lead_arrive_in_their_order(
    office: "Office", sink: Sink
) -> None:
    lead = office.contact()
    hook = await office.hook(url=sink.url, state="paused")
    events = [await office.say(LeadUpdated(lead=lead), subject=lead.id) for _ in range(10)]
    ids = [str(each.id) for each in events]
    await office.patch(f"/v1/webhooks/{hook}", {"state": "enabled"})
    await until(office, hook, dict.fromkeys(ids, ("delivered", 200)))
    assert sink.ids == ids
    assert sink.most_at_once == 1


async def test_an_endpoint_that_asks_to_be_left_alone_is(office: "Office", sink: Sink) -> None:
    sink.status(429, **{"Retry-After": "600"})
    hook = await office.hook(url=sink.url)
    [first] = await say(office)
    await until(office, hook, {first: ("pending", 429)})
    [second] = await say(office)
    await until(office, hook, {first: ("pending", 429), second: ("pending", None)})
    shown = await office.get(f"/v1/webhooks/{hook}")
    wait = await office.value(
        "SELECT resume_at - now() FROM webhooks WHERE id = $1", UUID(shown["id"])
    )
    assert timedelta(seconds=500) < wait <= timedelta(seconds=600)
    assert sink.ids == [first]


async def test_one_event_that_is_never_taken_keeps_no_other_back(
    office: "Office", sink: Sink
) -> None:
    refused: set[str] = set()

    async def answer(got: Received) -> web.StreamResponse:
        return web.Response(status=422 if got.id in refused else 200)

    sink.answer = answer
    hook = await office.hook(url=sink.url)
    lead = office.contact()
    event = new_event(LeadUpdated(lead=lead), source="s", subject=lead.id)
    refused.add(str(event.id))
    await office.publish(to_message(event))
    for count in range(1, OPENS_AFTER + 3):
        await eventually(partial(is_settled, office, str(event.id), count))
        await due_now(office)
    shown = await office.get(f"/v1/webhooks/{hook}")
    assert shown["failures"] == 1
    [other] = await say(office)

    async def arrived() -> bool:
        return (await statuses(office, hook)).get(other) == ("delivered", 200)

    await eventually(arrived)


async def test_an_erased_lead_is_in_nothing_that_waits(office: "Office", dead: Sink) -> None:
    gone, stays = office.contact(), office.contact()
    hook = await office.hook(url=dead.url)
    created = await office.create(gone, stays)
    updated = await office.say(LeadUpdated(lead=gone), subject=gone.id)
    pending = dict.fromkeys((str(created.id), str(updated.id)), ("pending", 500))
    await until(office, hook, pending)
    await office.patch(f"/v1/webhooks/{hook}", {"state": "paused"})
    erased = await office.erase(gone.id)
    dead.received.clear()
    dead.status(200)
    await due_now(office)
    await office.patch(f"/v1/webhooks/{hook}", {"state": "enabled"})

    expected = {
        str(created.id): ("delivered", 200),
        str(updated.id): ("cancelled", None),
        str(erased.id): ("delivered", 200),
    }
    await until(office, hook, expected)
    assert gone.email not in str([each.body for each in dead.received])
    bodies = {each.id: orjson.loads(each.body) for each in dead.received}
    [lead] = bodies[str(created.id)]["data"]["leads"]
    assert lead["email"] == stays.email
    assert bodies[str(erased.id)]["type"] == "lead_erased"


async def test_all_parked_ones_of_a_webhook_are_retried_together(
    office: "Office", sink: Sink
) -> None:
    hook = await office.hook(url=sink.url, state="paused")
    event_ids = await say(office, 12)
    await until(office, hook, dict.fromkeys(event_ids, ("pending", None)))
    await office.execute("UPDATE deliveries SET status = 'parked', attempts = 70")
    await office.patch(f"/v1/webhooks/{hook}", {"state": "enabled"})
    assert await office.post(f"/v1/webhooks/{hook}/retry") == {"retried": 12}
    await until(office, hook, dict.fromkeys(event_ids, ("delivered", 200)))
    assert await office.post(f"/v1/webhooks/{hook}/retry") == {"retried": 0}
    answer = await office.post(f"/v1/webhooks/{uuid4()}/retry", status=404)
    assert answer["code"] == "webhook_not_found"


async def test_what_is_parked_at_a_disabled_webhook_stays_parked_until_that_is_enabled(
    office: "Office", sink: Sink
) -> None:
    hook = await office.hook(url=sink.url, state="paused")
    [told] = await say(office)
    await until(office, hook, {told: ("pending", None)})
    await office.execute("UPDATE deliveries SET status = 'parked' WHERE webhook_id IS NOT NULL")
    await office.patch(f"/v1/webhooks/{hook}", {"state": "disabled"})
    [one] = await office.deliveries(webhook_id=hook)
    for path in (f"/v1/deliveries/{one['id']}", f"/v1/webhooks/{hook}"):
        refused = await office.post(f"{path}/retry", status=409)
        assert refused["code"] == "webhook_disabled"
    assert await statuses(office, hook) == {told: ("parked", None)}
    await office.patch(f"/v1/webhooks/{hook}", {"state": "enabled"})
    assert await office.post(f"/v1/webhooks/{hook}/retry") == {"retried": 1}
    await until(office, hook, {told: ("delivered", 200)})


async def test_what_waits_behind_an_endpoint_that_is_down_for_good_is_parked_with_it(
    office: "Office", dead: Sink
) -> None:
    hook = await office.hook(url=dead.url)
    await office.execute(
        "UPDATE webhooks SET failures = 9, failing_since = now() - interval '73 h', "
        "resume_at = now() + interval '1 h'"
    )
    old = await say(office, 3)
    await until(office, hook, dict.fromkeys(old, ("pending", None)))
    await age(office, hours=73)
    await eventually(lambda: count_of(office, hook, "parked", minimum=3))
    [new] = await say(office)

    async def waits() -> bool:
        return (await statuses(office, hook)).get(new) == ("pending", None)

    await eventually(waits)
    assert dead.received == []


async def test_a_test_event_tells_at_once_what_the_endpoint_answers(
    office: "Office", sink: Sink
) -> None:
    added = await office.post("/v1/webhooks", {"url": sink.url, "state": "disabled"}, status=201)

    async def answer(_: Received) -> web.StreamResponse:
        return web.Response(status=401, text="who are you? " * 1000)

    sink.answer = answer
    ping = await office.post(f"/v1/webhooks/{added['id']}/test")
    assert (ping["is_taken"], ping["status"], ping["error"]) == (False, 401, None)
    assert len(ping["answer"]) == 4096
    [got] = sink.received
    event = Webhook(added["secret"]).verify(got.body, got.headers)
    assert (event["id"], event["type"]) == (ping["event_id"], "webhook_test")
    sink.status(204)
    ping = await office.post(f"/v1/webhooks/{added['id']}/test")
    assert (ping["is_taken"], ping["status"], ping["answer"]) == (True, 204, "")
    assert await office.deliveries() == []
