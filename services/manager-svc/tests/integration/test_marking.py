"""`PUT /v1/leads/{id}/status`: transitions, versions, history, events."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from uuid_utils.compat import uuid7

from leadwire.contracts import LeadInterestedCreated, LeadNotInterestedCreated, LeadsCreated, Origin
from leadwire.testing import eventually
from manager_svc.settings import ManagerSettings
from manager_svc.usecases.await_lead import LeadArrivals

if TYPE_CHECKING:
    from conftest import Desk


async def test_the_same_status_again_changes_nothing_and_tells_nobody(desk: "Desk") -> None:
    (lead,) = await desk.leads(1)
    first = await desk.mark(lead, "interested")
    again = await desk.mark(lead, "interested", if_match='"work-0"')
    assert again["lead"] == first["lead"]
    assert await desk.published_of(lead) == ["lead_interested_created"]


async def test_pending_is_where_every_lead_begins(desk: "Desk") -> None:
    (lead,) = await desk.leads(1)
    assert (await desk.mark(lead, "pending"))["lead"]["tags"] == {"work": "work-0"}
    await desk.mark(lead, "reached_out")
    refused = await desk.mark(lead, "pending", 409)
    assert refused["code"] == "illegal_transition"
    assert refused["allowed"] == ["interested", "not_interested"]


async def test_a_decision_leads_nowhere_back(desk: "Desk") -> None:
    (lead,) = await desk.leads(1)
    await desk.mark(lead, "not_interested")
    for status in ("reached_out", "pending"):
        refused = await desk.mark(lead, status, 409, reason="a slip")
        assert (refused["code"], refused["allowed"]) == ("illegal_transition", ["interested"])
    assert await desk.published_of(lead) == ["lead_not_interested_created"]


async def test_a_decision_is_corrected_with_a_reason_and_told_again(desk: "Desk") -> None:
    anna = await desk.manager()
    contact, other = desk.contact(age=1), desk.contact()
    await desk.create(contact, other)
    await desk.mark(contact.id, "not_interested")
    refused = await desk.mark(contact.id, "interested", 409)
    assert refused["code"] == "reason_required"
    corrected = await desk.mark(contact.id, "interested", reason="misheard", if_match='"work-2"')
    assert (corrected["lead"]["status"], corrected["next_lead"]) == ("interested", None)
    assert corrected["lead"]["tags"] == {"work": "work-3"}
    assert await desk.holds(anna) == [other.id]  # nobody is freed a second time

    await desk.mark(contact.id, "interested", reason="the answer was lost")
    assert await desk.published_of(contact.id) == [
        "lead_assigned",
        "lead_not_interested_created",
        "lead_interested_created",
    ]
    told = next(e.data for e in await desk.published() if e.type == "lead_interested_created")
    assert isinstance(told, LeadInterestedCreated)
    assert told.manager is not None
    assert str(told.manager.id) == anna["id"]  # who held the lead when it was decided
    assert (told.lead.email, told.work.rev) == (contact.email, 3)
    assert told.marked_at == told.work.decided_at


async def test_a_correction_may_be_corrected(desk: "Desk") -> None:
    anna = await desk.manager()
    (lead,) = await desk.leads(1)
    await desk.mark(lead, "interested")
    await desk.mark(lead, "not_interested", reason="wrong lead")
    await desk.mark(lead, "interested", reason="it was the right one")
    entries = (await desk.call("GET", f"/v1/leads/{lead}/history"))["items"][1:]
    assert [(e["from_status"], e["to_status"], e["reason"]) for e in entries] == [
        ("pending", "interested", None),
        ("interested", "not_interested", "wrong lead"),
        ("not_interested", "interested", "it was the right one"),
    ]
    assert {entry["manager"]["id"] for entry in entries} == {anna["id"]}
    told = [e.data for e in await desk.published() if e.type == "lead_not_interested_created"]
    assert [data.reason for data in told if isinstance(data, LeadNotInterestedCreated)] == [
        "wrong lead"
    ]


async def test_a_correction_is_held_to_the_version_that_was_read(desk: "Desk") -> None:
    (lead,) = await desk.leads(1)
    await desk.mark(lead, "interested")
    stale = await desk.mark(lead, "not_interested", 412, reason="a slip", if_match='"work-0"')
    assert stale["code"] == "precondition_failed"
    assert await desk.published_of(lead) == ["lead_interested_created"]


async def test_an_interested_lead_is_told_with_all_that_others_need(desk: "Desk") -> None:
    anna = await desk.manager()
    contact = desk.contact()
    await desk.create(contact)
    await desk.mark(contact.id, "interested")
    event = (await desk.published())[-1]
    assert isinstance(event.data, LeadInterestedCreated)
    told = event.data
    assert told.lead.model_dump() == contact.model_dump(include=set(type(told.lead).model_fields))
    assert told.manager is not None
    assert str(told.manager.id) == anna["id"]
    assert told.work.decided_at == told.marked_at == event.time
    assert (told.work.rev, event.sequence) == (2, "0000000002")


async def test_a_lead_that_nobody_holds_can_be_marked(desk: "Desk") -> None:
    (lead,) = await desk.leads(1)
    answer = await desk.mark(lead, "interested")
    assert answer["next_lead"] is None
    event = (await desk.published())[-1]
    assert isinstance(event.data, LeadInterestedCreated)
    assert event.data.manager is None
    assert await desk.holds(await desk.manager()) == []


async def test_a_write_can_be_held_to_the_version_that_was_read(desk: "Desk") -> None:
    await desk.manager()
    (lead,) = await desk.leads(1)
    path = f"/v1/leads/{lead}/status"
    stale = await desk.mark(lead, "interested", 412, if_match='"work-7"')
    assert (stale["code"], stale["current"]) == ("precondition_failed", "work-1")
    async with desk.client.put(
        path, json={"status": "reached_out"}, headers={"If-Match": '"work-1"'}
    ) as response:
        assert (response.status, response.headers["ETag"]) == (200, '"work-2"')
    assert (await desk.mark(lead, "interested", 400, if_match="work-2"))["code"] == (
        "invalid_request"
    )
    await desk.mark(lead, "interested", if_match='"work-2"')


async def test_history_tells_who_did_what_in_pages(desk: "Desk") -> None:
    await desk.manager()
    (lead,) = await desk.leads(1)
    await desk.mark(lead, "reached_out")
    await desk.mark(lead, "not_interested")
    path = f"/v1/leads/{lead}/history"
    first = await desk.call("GET", path, params={"limit": "2"})
    rest = await desk.call("GET", path, params={"cursor": first["next_cursor"]})
    entries = first["items"] + rest["items"]
    assert rest["next_cursor"] is None
    assert [(e["event"], e["actor"], e["from_status"], e["to_status"]) for e in entries] == [
        ("lead_assigned", "matcher", "pending", "pending"),
        ("lead_reached_out", "anonymous", "pending", "reached_out"),
        ("lead_not_interested_created", "anonymous", "reached_out", "not_interested"),
    ]
    assert {entry["manager"]["name"] for entry in entries} == {"Anna"}


async def test_events_of_a_lead_come_in_order_with_growing_revs(desk: "Desk") -> None:
    anna = await desk.manager()
    (lead,) = await desk.leads(1)
    await desk.mark(lead, "reached_out")
    await desk.call("DELETE", f"/v1/managers/{anna['id']}", 204)
    await desk.manager("Ben")
    await desk.mark(lead, "interested")
    events = [event for event in await desk.published() if event.subject == lead]
    assert [event.type for event in events] == [
        "lead_assigned",
        "lead_reached_out",
        "lead_released",
        "lead_assigned",
        "lead_interested_created",
    ]
    assert [int(event.sequence or 0) for event in events] == [1, 2, 3, 4, 5]


async def test_the_wait_for_a_new_lead_ends(desk: "Desk") -> None:
    async with asyncio.timeout(20):
        assert (await desk.mark(uuid7(), "interested", 404))["code"] == "lead_not_found"


class TestPatiently:
    """Whoever waits for a new lead does so for longer than the test takes."""

    @pytest.fixture
    def settings(
        self, settings: ManagerSettings, monkeypatch: pytest.MonkeyPatch
    ) -> ManagerSettings:
        monkeypatch.setattr("manager_svc.app.LeadArrivals", partial(LeadArrivals, within=300.0))
        return settings

    async def test_a_lead_created_this_moment_is_waited_for(self, desk: "Desk") -> None:
        contact = desk.contact(lead_id=uuid7())
        marking = asyncio.create_task(desk.mark(contact.id, "interested"))
        # All but this query, in which the text stands as well.
        polls = (
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%No row: not heard of yet%'"
            " AND query NOT LIKE '%pg_stat_activity%' AND datname = current_database()"
        )
        await eventually(lambda: desk.value(polls), message="the request waits for the lead")
        await desk.publish(LeadsCreated(origin=Origin.FORM, import_id=None, leads=(contact,)))
        assert (await marking)["lead"]["status"] == "interested"

    async def test_a_lead_that_nobody_knows_is_not_found_at_once(self, desk: "Desk") -> None:
        async with asyncio.timeout(20):
            assert (await desk.mark(uuid4(), "interested", 404))["code"] == "lead_not_found"

    async def test_waiting_for_new_leads_takes_no_connections(self, desk: "Desk") -> None:
        """Far more requests wait than the pool has connections, and others are served."""
        (lead,) = await desk.leads(1)
        new = [desk.contact() for _ in range(40)]
        waiting = [asyncio.create_task(desk.mark(each.id, "interested")) for each in new]
        async with asyncio.timeout(20):
            await desk.mark(lead, "interested")
            assert not any(task.done() for task in waiting)
            await desk.create(*new)
            await asyncio.gather(*waiting)


async def test_nonsense_is_refused(desk: "Desk") -> None:
    (lead,) = await desk.leads(1)
    path = f"/v1/leads/{lead}/status"
    decide = {"status": "interested"}
    for body in (
        {"status": "won"},
        {"status": None},
        {},
        {**decide, "more": 1},
        {**decide, "reason": "  "},
        {**decide, "reason": "A\u0000B"},
        {**decide, "reason": "a" * 10_000},
        {**decide, "reason": 7},
    ):
        assert (await desk.call("PUT", path, 422, json=body))["code"] == "invalid_request"
    assert (await desk.mark("1", "interested", 400))["code"] == "invalid_request"


async def test_a_decision_that_is_sent_again_gives_nothing_out(desk: "Desk") -> None:
    anna = await desk.manager("Anna")
    first, following, _ = await desk.leads(3)
    once = await desk.mark(first, "interested")
    assert once["next_lead"]["id"] == str(following)
    assert await desk.mark(first, "interested") == once | {"next_lead": None}
    assert await desk.holds(anna) == [following]
