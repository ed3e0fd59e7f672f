"""Webhooks as clients make them, and what is planned for them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from leadwire.broker import Message
from leadwire.contracts import EventType, LeadUpdated
from leadwire.testing import eventually
from notifier_svc.domain.webhooks import MAX_WEBHOOKS
from notifier_svc.storage.webhooks import WebhookStore

if TYPE_CHECKING:
    from conftest import Office

URL = "https://hooks.example.org/leadwire"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


async def planned(office: "Office") -> list[tuple[str, str, str]]:
    return [
        (one["webhook_id"], one["event_id"], one["status"])
        for one in await office.deliveries(kind="webhook")
    ]


async def test_a_webhook_is_added_shown_changed_and_deleted(office: "Office") -> None:
    added = await office.post("/v1/webhooks", {"url": URL, "types": ["lead_updated"]}, status=201)
    path = f"/v1/webhooks/{added['id']}"
    assert Webhook(added["secret"]).sign("id", datetime.now(UTC), "body")
    shown = await office.get(path)
    assert shown == {key: value for key, value in added.items() if key != "secret"}
    assert (shown["state"], shown["failures"], shown["types"]) == ("enabled", 0, ["lead_updated"])

    changed = await office.patch(path, {"state": "paused", "types": []})
    assert (changed["state"], changed["types"], changed["url"]) == ("paused", [], URL)
    assert (await office.get("/v1/webhooks"))["items"] == [changed]

    assert (await office.client.delete(path)).status == 204
    assert (await office.client.delete(path)).status == 404
    assert (await office.get(path, status=404))["code"] == "webhook_not_found"
    assert (await office.get("/v1/webhooks"))["items"] == []


async def test_a_secret_is_shown_when_it_is_new_and_nowhere_else(office: "Office") -> None:
    with capture_logs() as said:
        added = await office.post("/v1/webhooks", {"url": URL, "secret": SECRET}, status=201)
        assert added["secret"] == SECRET
        path = f"/v1/webhooks/{added['id']}"
        rotated = await office.post(f"{path}/rotate-secret")
        assert rotated["secret"] not in {SECRET, ""}
        assert rotated["previous_secret_until"] is not None
        given = "whsec_" + "A" * 32
        again = await office.post(f"{path}/rotate-secret", {"secret": given})
        assert again["secret"] == given
        answers = [await office.get(path), await office.get("/v1/webhooks")]
    for secret in (SECRET, rotated["secret"], given):
        assert secret not in str(answers)
        assert secret not in str(said)


async def test_pages_of_webhooks_go_on(office: "Office") -> None:
    ids = [(await office.post("/v1/webhooks", {"url": URL}, status=201))["id"] for _ in range(3)]
    first = await office.get("/v1/webhooks", {"limit": "2"})
    rest = await office.get("/v1/webhooks", {"limit": "2", "cursor": first["next_cursor"]})
    assert [one["id"] for one in first["items"] + rest["items"]] == ids
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({}, "url"),
        ({"url": URL, "types": ["lead_sold"]}, "'lead_interested_created'"),
        ({"url": URL + "/ü"}, "url"),
        ({"url": "https://example.org/" + "x" * 2000}, "url"),
        ({"url": URL, "description": "x" * 501}, "description"),
        ({"url": URL, "secret": "whsec_c2hvcnQ="}, "24 to 64"),
        ({"url": URL, "secret": "whsec_!"}, "24 to 64"),
        ({"url": URL, "secret": SECRET.removeprefix("whsec_")}, "24 to 64"),
        ({"url": URL, "state": "deleted"}, "state"),
        ({"url": URL, "active": True}, "active"),
    ],
)
async def test_what_is_wrong_with_a_webhook_is_said(
    office: "Office", body: dict[str, Any], part: str
) -> None:
    answer = await office.post("/v1/webhooks", body, status=422)
    assert answer["code"] == "invalid_request"
    assert part in str(answer["errors"])
    if secret := body.get("secret"):
        assert secret not in str(answer)


async def test_a_url_that_leads_inside_is_refused(office: "Office") -> None:
    for url in ("http://example.org", "https://127.0.0.1/", "https://me:word@example.org/"):
        answer = await office.post("/v1/webhooks", {"url": url}, status=422)
        assert answer["code"] == "url_not_allowed"
    added = await office.post("/v1/webhooks", {"url": URL}, status=201)
    answer = await office.patch(f"/v1/webhooks/{added['id']}", {"url": "https://[::1]"}, status=422)
    assert answer["code"] == "url_not_allowed"
    answer = await office.patch(f"/v1/webhooks/{added['id']}", {"url": None}, status=422)
    assert answer["code"] == "invalid_request"


async def test_there_are_never_more_webhooks_than_allowed(office: "Office") -> None:
    await office.execute(
        "INSERT INTO webhooks (id, url, types, description, state, secret) "
        "SELECT gen_random_uuid(), $1, '{}', '', 'paused', $2 FROM generate_series(1, $3)",
        URL,
        SECRET,
        MAX_WEBHOOKS - 2,
    )

    async def add() -> int:
        async with office.client.post("/v1/webhooks", json={"url": URL}) as response:
            return response.status

    answers = await asyncio.gather(*(add() for _ in range(6)))
    assert sorted(answers) == [201, 201, 409, 409, 409, 409]


async def test_each_event_is_planned_once_for_each_webhook_that_wants_it(office: "Office") -> None:
    lead = office.contact()
    await office.create(lead)
    every = await office.hook(url=URL, state="paused")
    updates = await office.hook(url=URL, state="paused", types=["lead_updated"])
    await office.hook(url=URL, state="disabled")
    await office.hook(url=URL, state="paused", types=["manager_added"])
    deleted = await office.hook(url=URL)
    await office.client.delete(f"/v1/webhooks/{deleted}")
    assert await planned(office) == []

    updated = await office.say(LeadUpdated(lead=lead), subject=lead.id)
    created = await office.create(office.contact())

    assert sorted(await planned(office)) == sorted(
        [
            (every, str(updated.id), "pending"),
            (updates, str(updated.id), "pending"),
            (every, str(created.id), "pending"),
        ]
    )
    [one] = await office.deliveries(webhook_id=updates)
    assert (one["kind"], one["event_type"], one["about"]) == (
        "webhook",
        "lead_updated",
        str(lead.id),
    )
    assert (one["attempts"], one["recipient"], one["lead_id"]) == (0, None, None)


async def test_an_event_that_comes_twice_is_planned_once(office: "Office") -> None:
    hook = await office.hook(url=URL, state="paused")
    body = b'{"specversion":"1.0","id":"e-1","source":"elsewhere","type":"sold","data":{"price":1}}'
    for _ in range(2):
        await office.publish(Message(id="e-1", type="sold", body=body))
    assert await planned(office) == [(hook, "e-1", "pending")]


async def test_nothing_is_planned_of_an_event_about_an_erased_lead(office: "Office") -> None:
    hook = await office.hook(url=URL, state="paused")
    gone, stays = office.contact(), office.contact()
    erased = await office.erase(gone.id)
    await office.say(LeadUpdated(lead=gone), subject=gone.id)
    await office.create(gone)
    both = await office.create(gone, stays)
    assert sorted(await planned(office)) == sorted(
        [(hook, str(erased.id), "pending"), (hook, str(both.id), "pending")]
    )


async def test_ids_of_deliveries_are_version_7_and_grow_with_time(office: "Office") -> None:
    earlier = await office.value("SELECT new_delivery_id()")
    later = await office.value("SELECT new_delivery_id() FROM pg_sleep(0.002)")
    assert isinstance(earlier, UUID)
    assert earlier.version == later.version == 7
    assert earlier < later


async def test_types_to_choose_from_are_those_that_are_published(office: "Office") -> None:
    added = await office.post(
        "/v1/webhooks", {"url": URL, "types": [str(each) for each in EventType]}, status=201
    )
    assert len(added["types"]) == len(EventType)
    answer = await office.post(f"/v1/webhooks/{uuid4()}/rotate-secret", status=404)
    assert answer["code"] == "webhook_not_found"


async def test_a_deleted_webhook_is_forgotten_with_its_deliveries_and_not_while_one_waits(
    office: "Office",
) -> None:
    hooks = [await office.hook(url="https://example.org/hook") for _ in range(3)]
    recent, old, waited_for = (UUID(each) for each in hooks)
    for each in hooks:
        await office.client.delete(f"/v1/webhooks/{each}")
    ages = "UPDATE webhooks SET updated_at = now() - interval '31 days' WHERE id = ANY ($1)"
    async with office.database.connection() as connection, connection.transaction():
        # In here, or the rounds of notifier-svc itself could come in between.
        await connection.execute(ages, [old, waited_for])
        # As by who planned before the deletion and commits only now: nobody has seen it yet.
        await connection.execute(
            "INSERT INTO deliveries (kind, webhook_id, source, event_id, event_type, "
            "entry_received_at, entry_position) VALUES ('webhook', $1, 's', 'e', 't', now(), 1)",
            waited_for,
        )
        await WebhookStore(connection=connection).prune(older_than=timedelta(days=30))
        left = await connection.fetch("SELECT id FROM webhooks")
    assert {row["id"] for row in left} == {recent, waited_for}

    async def cancelled() -> bool:
        return bool(await office.value("SELECT status = 'cancelled' FROM deliveries"))

    await eventually(cancelled)
    await office.keep_house()
    assert await office.value("SELECT array_agg(id) FROM webhooks") == [recent]
