"""A range of the journal is planned once more for a webhook."""

from typing import TYPE_CHECKING, Any

import pytest

from leadwire.contracts import LeadUpdated

if TYPE_CHECKING:
    from conftest import Office

URL = "https://hooks.example.org/leadwire"
PLANNED = (
    "SELECT array_agg(event_id ORDER BY entry_position) FROM deliveries "
    "WHERE webhook_id = $1 AND status = 'pending'"
)


async def test_a_webhook_gets_what_was_before_it_and_nothing_of_erased_leads(
    office: "Office",
) -> None:
    gone, stays = office.contact(), office.contact()
    created = await office.create(gone, stays)
    await office.say(LeadUpdated(lead=gone), subject=gone.id)
    updated = await office.say(LeadUpdated(lead=stays), subject=stays.id)
    erased = await office.erase(gone.id)
    webhook = await office.hook(url=URL, state="paused")
    replay = await office.replayed(webhook_id=webhook)
    assert (replay["status"], replay["webhook_id"]) == ("completed", webhook)
    assert (replay["progress"]["sent"], replay["progress"]["skipped"]) == (3, 1)
    assert await office.value(PLANNED, webhook) == [
        str(each.id) for each in (created, updated, erased)
    ]


@pytest.mark.parametrize(
    ("asked", "expected"), [([], ["b"]), (["lead_erased"], ["c"])], ids=["its own", "others"]
)
async def test_it_gets_the_types_that_it_wants_or_those_that_are_asked_for(
    office: "Office", asked: list[str], expected: list[str]
) -> None:
    for name, event_type in (("a", "told"), ("b", "lead_updated"), ("c", "told")):
        await office.tell(name, event_type=event_type)
    await office.execute("UPDATE journal SET type = 'lead_erased' WHERE event_id = 'c'")
    webhook = await office.hook(url=URL, state="paused", types=["lead_updated"])
    replay = await office.replayed(webhook_id=webhook, types=asked)
    assert replay["types"] == (asked or ["lead_updated"])
    assert await office.value(PLANNED, webhook) == expected


@pytest.mark.parametrize("overrides", [{"replay_max_backlog": 4}], ids=["brakes"])
async def test_it_is_planned_no_more_than_may_wait_and_goes_on_when_that_is_delivered(
    office: "Office",
) -> None:
    names = [f"e{number}" for number in range(10)]
    await office.tell(*names)
    webhook = await office.hook(url=URL, state="paused")
    started = await office.replay(webhook_id=webhook)
    seen = await office.replay_until(started, lambda seen: seen["held_up_by"])
    assert (seen["held_up_by"], seen["progress"]["sent"]) == ("backlog", 4)
    in_order = await office.in_journal_order()
    assert set(await office.value(PLANNED, webhook)) == set(in_order[:4])
    await office.execute("UPDATE deliveries SET status = 'delivered'")
    await office.replay_until(started, lambda seen: seen["progress"]["sent"] == 8)
    await office.execute("UPDATE deliveries SET status = 'delivered'")
    await office.replay_until(started, lambda seen: seen["status"] == "completed")
    query = "SELECT array_agg(event_id ORDER BY event_id) FROM deliveries"
    assert await office.value(query) == names


@pytest.mark.parametrize(
    ("change", "code"),
    [({"state": "disabled"}, "webhook_disabled"), (None, "webhook_not_found")],
    ids=["disabled", "deleted"],
)
@pytest.mark.parametrize("overrides", [{"replay_max_backlog": 2}], ids=["brakes"])
async def test_a_webhook_that_is_disabled_or_deleted_meanwhile_fails_the_replay(
    office: "Office", change: dict[str, Any] | None, code: str
) -> None:
    await office.tell("a", "b", "c")
    webhook = await office.hook(url=URL, state="paused")
    started = await office.replay(webhook_id=webhook)
    await office.replay_until(started, lambda seen: seen["held_up_by"])
    path = f"/v1/webhooks/{webhook}"
    if change is None:
        await office.client.delete(path)
    else:
        await office.patch(path, change)
    ended = await office.replay_until(started, lambda seen: seen["status"] == "failed")
    assert ended["error"]["code"] == code
    assert ended["progress"]["sent"] == 2
