"""Who gets which lead (G5), seen through the API."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from manager_svc.domain.matching import BATCH

if TYPE_CHECKING:
    from conftest import Desk


async def test_leads_go_out_oldest_first_whatever_order_they_come_in(desk: "Desk") -> None:
    young, old, middle = (desk.contact(age=age) for age in (1, 3, 2))
    await desk.create(young, old, middle)
    first = await desk.manager("Anna")
    second = await desk.manager("Ben")
    assert await desk.holds(first) == [old.id]
    assert await desk.holds(second) == [middle.id]


async def test_of_leads_of_one_moment_the_lower_id_goes_first(desk: "Desk") -> None:
    contacts = sorted((desk.contact() for _ in range(3)), key=lambda contact: contact.id)
    await desk.create(*reversed(contacts))
    assert await desk.holds(await desk.manager(capacity=2)) == [c.id for c in contacts[:2]]


async def test_a_new_lead_goes_to_whoever_has_been_free_longest(desk: "Desk") -> None:
    anna, ben, cleo = [await desk.manager(name) for name in ("Anna", "Ben", "Cleo")]
    leads = await desk.leads(3)
    assert [await desk.holds(m) for m in (anna, ben, cleo)] == [[lead] for lead in leads]
    await desk.mark(leads[1], "not_interested")
    await desk.mark(leads[0], "interested")
    (fourth,) = await desk.leads(1)
    assert await desk.holds(ben) == [fourth]
    assert await desk.holds(anna) == []


async def test_marking_answers_with_the_next_lead(desk: "Desk") -> None:
    anna = await desk.manager()
    first, second = await desk.leads(2)
    answer = await desk.mark(first, "interested")
    assert answer["lead"]["status"] == "interested"
    assert answer["lead"]["manager"] is None
    assert answer["next_lead"]["id"] == str(second)
    assert answer["next_lead"]["manager"] == {"id": anna["id"], "name": "Anna"}
    assert await desk.holds(anna) == [second]
    assert (await desk.mark(second, "not_interested"))["next_lead"] is None


async def test_reaching_out_keeps_the_lead_with_its_manager(desk: "Desk") -> None:
    anna = await desk.manager()
    first, _ = await desk.leads(2)
    answer = await desk.mark(first, "reached_out")
    assert answer["next_lead"] is None
    assert await desk.holds(anna) == [first]


async def test_a_manager_holds_as_many_leads_as_his_capacity(desk: "Desk") -> None:
    leads = await desk.leads(5)
    anna = await desk.manager(capacity=2)
    assert await desk.holds(anna) == leads[:2]
    path = f"/v1/managers/{anna['id']}"
    assert len((await desk.call("PATCH", path, json={"capacity": 4}))["leads"]) == 4
    assert await desk.holds(anna) == leads[:4]


async def test_a_smaller_capacity_must_hold_what_he_has(desk: "Desk") -> None:
    leads = await desk.leads(3)
    anna = await desk.manager(capacity=3)
    path = f"/v1/managers/{anna['id']}"
    refused = await desk.call("PATCH", path, 409, json={"capacity": 2})
    assert refused["code"] == "capacity_in_use"
    assert "holds 3 undecided leads," in refused["detail"]
    await desk.mark(leads[0], "interested")
    await desk.mark(leads[1], "interested")
    await desk.call("PATCH", path, json={"capacity": 1})
    (another,) = await desk.leads(1)
    assert await desk.holds(anna) == [leads[2]]
    assert (await desk.mark(leads[2], "interested"))["next_lead"]["id"] == str(another)


async def test_a_removed_managers_leads_go_on_in_the_same_moment(desk: "Desk") -> None:
    anna = await desk.manager("Anna", capacity=2)
    old, middle, young = await desk.leads(3)
    ben = await desk.manager("Ben")
    assert await desk.holds(ben) == [young]
    await desk.mark(young, "interested")
    await desk.call("DELETE", f"/v1/managers/{anna['id']}", 204)
    assert await desk.holds(ben) == [old]
    # What found nobody waits at its old age, before what comes in later.
    await desk.leads(1)
    assert (await desk.mark(old, "interested"))["next_lead"]["id"] == str(middle)
    assert await desk.published_of(old) == [
        "lead_assigned",
        "lead_released",
        "lead_assigned",
        "lead_interested_created",
    ]


async def test_a_paused_manager_keeps_what_he_holds_and_gets_nothing_new(desk: "Desk") -> None:
    anna = await desk.manager("Anna", capacity=2)
    (first,) = await desk.leads(1)
    path = f"/v1/managers/{anna['id']}"
    paused = await desk.call("POST", f"{path}/pause")
    assert (paused["state"], [lead["id"] for lead in paused["leads"]]) == ("paused", [str(first)])
    (second,) = await desk.leads(1)
    assert (await desk.mark(first, "interested"))["next_lead"] is None
    assert await desk.holds(anna) == []
    resumed = await desk.call("POST", f"{path}/resume")
    assert [lead["id"] for lead in resumed["leads"]] == [str(second)]
    assert (await desk.call("POST", f"{path}/resume"))["rev"] == resumed["rev"]


async def test_time_on_pause_does_not_count_as_free(desk: "Desk") -> None:
    anna, ben = await desk.manager("Anna"), await desk.manager("Ben")
    await desk.call("POST", f"/v1/managers/{anna['id']}/pause")
    await desk.call("POST", f"/v1/managers/{anna['id']}/resume")
    (lead,) = await desk.leads(1)
    assert await desk.holds(ben) == [lead]


async def test_a_lead_given_back_goes_to_somebody_else(desk: "Desk") -> None:
    anna = await desk.manager("Anna")
    (lead,) = await desk.leads(1)
    given_back = await desk.call("DELETE", f"/v1/leads/{lead}/assignee")
    assert given_back["manager"] is None
    assert await desk.holds(await desk.manager("Ben")) == [lead]
    assert await desk.holds(anna) == []


async def test_a_lead_that_two_gave_back_goes_to_neither_of_them_at_once(desk: "Desk") -> None:
    anna, ben = await desk.manager("Anna"), await desk.manager("Ben")
    (lead,) = await desk.leads(1)
    for holder in (anna, ben):
        assert await desk.holds(holder) == [lead]
        await desk.call("DELETE", f"/v1/leads/{lead}/assignee")
    assert await desk.holds(anna) == await desk.holds(ben) == []
    (other,) = await desk.leads(1)
    # Anna has had another now; Ben has not.
    assert await desk.holds(anna) == [other]
    assert (await desk.mark(other, "interested"))["next_lead"]["id"] == str(lead)
    assert await desk.holds(ben) == []


async def test_a_lead_that_another_lost_stays_closed_to_who_gave_it_back(desk: "Desk") -> None:
    anna, ben = await desk.manager("Anna"), await desk.manager("Ben")
    (lead,) = await desk.leads(1)
    await desk.call("DELETE", f"/v1/leads/{lead}/assignee")
    assert await desk.holds(ben) == [lead]
    await desk.call("DELETE", f"/v1/managers/{ben['id']}", 204)
    assert await desk.holds(anna) == []


async def test_what_was_given_back_is_forgotten_when_it_no_longer_counts(desk: "Desk") -> None:
    async def closed() -> set[Any]:
        return {lead for (lead,) in await desk.rows("SELECT lead_id FROM given_back")}

    leads = await desk.leads(4)
    anna = await desk.manager(capacity=4)
    for lead in leads[:3]:
        await desk.call("DELETE", f"/v1/leads/{lead}/assignee")
    assert await closed() == set(leads[:3])
    await desk.erase(leads[0])
    await desk.mark(leads[1], "interested")
    assert await closed() == {leads[2]}
    await desk.call("POST", f"/v1/managers/{anna['id']}/pause")
    await desk.value("UPDATE given_back SET at = at - $1::interval", timedelta(minutes=61))
    await desk.call("DELETE", f"/v1/leads/{leads[3]}/assignee")
    assert await closed() == {leads[3]}


async def test_giving_back_again_takes_nothing_from_the_next_one(desk: "Desk") -> None:
    anna = await desk.manager("Anna")
    (lead,) = await desk.leads(1)
    ben = await desk.manager("Ben")
    path, from_anna = f"/v1/leads/{lead}/assignee", {"manager_id": anna["id"]}
    given_back = await desk.call("DELETE", path, params=from_anna)
    assert given_back["manager"] == {"id": ben["id"], "name": "Ben"}
    # As if the answer had been lost: also with the version that was read before.
    assert await desk.call("DELETE", path, params=from_anna) == given_back
    stale = {"If-Match": '"work-1"'}
    assert await desk.call("DELETE", path, params=from_anna, headers=stale) == given_back
    assert await desk.holds(ben) == [lead]
    refused = await desk.call("DELETE", path, 404, params={"manager_id": str(uuid4())})
    assert refused["code"] == "manager_not_found"


async def test_a_lone_manager_gets_back_what_he_gave_back_after_another(desk: "Desk") -> None:
    anna = await desk.manager()
    first, second = await desk.leads(2)
    await desk.call("DELETE", f"/v1/leads/{first}/assignee")
    assert await desk.holds(anna) == [second]
    assert (await desk.mark(second, "interested"))["next_lead"]["id"] == str(first)


async def test_a_lone_manager_gets_back_what_he_gave_back_after_an_hour(desk: "Desk") -> None:
    anna = await desk.manager()
    (lead,) = await desk.leads(1)
    await desk.call("DELETE", f"/v1/leads/{lead}/assignee")
    assert await desk.holds(anna) == []
    await desk.value("UPDATE given_back SET at = at - $1::interval", timedelta(minutes=61))
    await desk.manager("Ben", capacity=1)  # any command runs the matcher
    assert await desk.holds(anna) == [lead]


async def test_one_transaction_matches_more_than_one_batch(desk: "Desk") -> None:
    count = BATCH * 2 + 10
    for _ in range(0, count, 200):
        await desk.leads(200)
    anna = await desk.manager(capacity=count)
    assert len(anna["leads"]) == count


async def test_a_lead_of_somebodys_choice_opens_the_rest_that_was_given_back(desk: "Desk") -> None:
    anna = await desk.manager(capacity=2)
    leads = await desk.leads(2)
    for lead in leads:
        await desk.call("DELETE", f"/v1/leads/{lead}/assignee")
    assert await desk.holds(anna) == []
    refused = await desk.call("POST", f"/v1/managers/{anna['id']}/next-lead", 404)
    assert refused["code"] == "no_lead_waiting"
    chosen = {"manager_id": anna["id"]}
    await desk.call("PUT", f"/v1/leads/{leads[1]}/assignee", json=chosen)
    assert sorted(await desk.holds(anna)) == sorted(leads)
