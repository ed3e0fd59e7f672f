"""Who gets which lead (G5), seen through the API."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

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


class TestByHand:
    @pytest.fixture
    def auto_assign(self) -> bool:
        return False

    async def test_nothing_is_assigned_by_itself(self, desk: "Desk") -> None:
        anna = await desk.manager()
        await desk.leads(1)
        assert await desk.holds(anna) == []

    async def test_a_manager_takes_the_oldest_waiting_lead(self, desk: "Desk") -> None:
        anna = await desk.manager()
        first, _ = await desk.leads(2)
        path = f"/v1/managers/{anna['id']}/next-lead"
        assert (await desk.call("POST", path))["id"] == str(first)
        refused = await desk.call("POST", path, 409)
        assert refused["code"] == "manager_full"
        assert "holds 1 undecided lead already" in refused["detail"]

    async def test_the_next_lead_is_none_that_the_manager_has_just_given_back(
        self, desk: "Desk"
    ) -> None:
        anna = await desk.manager()
        first, second, third = await desk.leads(3)

        async def take() -> str:
            taken = await desk.call("POST", f"/v1/managers/{anna['id']}/next-lead")
            return str(taken["id"])

        async def give_back(lead: UUID) -> None:
            await desk.call("DELETE", f"/v1/leads/{lead}/assignee")

        assert await take() == str(first)
        await give_back(first)
        assert await take() == str(second)
        await give_back(second)
        assert await take() == str(first)  # he has had another since
        await give_back(first)
        await desk.mark(second, "interested")
        await desk.mark(third, "interested")
        path = f"/v1/managers/{anna['id']}/next-lead"
        assert (await desk.call("POST", path, 404))["code"] == "no_lead_waiting"
        query = "UPDATE given_back SET at = at - $1::interval"
        await desk.value(query, timedelta(minutes=61))
        assert await take() == str(first)

    async def test_a_request_for_the_next_lead_may_be_sent_again_with_its_key(
        self, desk: "Desk"
    ) -> None:
        anna, ben = await desk.manager("Anna", capacity=2), await desk.manager("Ben")
        first, second, third = await desk.leads(3)

        async def take(manager: dict[str, Any], key: str) -> tuple[str, str | None, str]:
            path, headers = f"/v1/managers/{manager['id']}/next-lead", {"Idempotency-Key": key}
            async with desk.client.post(path, headers=headers) as response:
                assert response.status == 200, await response.text()
                replayed = response.headers.get("Idempotent-Replayed")
                return (await response.json())["id"], replayed, response.headers["ETag"]

        answers = await asyncio.gather(*(take(anna, "k") for _ in range(5)))
        assert {answer[0] for answer in answers} == {str(first)}
        assert Counter(answer[1] for answer in answers) == {None: 1, "true": 4}
        assert await take(anna, "another") == (str(second), None, '"work-1"')
        # Also when he is full, or the lead has moved on; and keys are each manager's own.
        await desk.mark(first, "interested")
        await desk.call("POST", f"/v1/managers/{anna['id']}/pause")
        assert await take(anna, "k") == (str(first), "true", '"work-2"')
        assert await take(ben, "k") == (str(third), None, '"work-1"')
        assert await desk.published_of(first) == ["lead_assigned", "lead_interested_created"]
        await desk.erase(first)
        path, key = f"/v1/managers/{anna['id']}/next-lead", {"Idempotency-Key": "k"}
        assert (await desk.call("POST", path, 404, headers=key))["code"] == "lead_not_found"

    async def test_there_may_be_nothing_to_take(self, desk: "Desk") -> None:
        anna = await desk.manager()
        path = f"/v1/managers/{anna['id']}/next-lead"
        assert (await desk.call("POST", path, 404))["code"] == "no_lead_waiting"
        await desk.call("POST", f"/v1/managers/{anna['id']}/pause")
        assert (await desk.call("POST", path, 409))["code"] == "manager_paused"

    async def test_a_lead_is_given_to_a_manager_and_moved_only_on_purpose(
        self, desk: "Desk"
    ) -> None:
        anna, ben = await desk.manager("Anna"), await desk.manager("Ben")
        (lead,) = await desk.leads(1)
        path = f"/v1/leads/{lead}/assignee"
        to_anna, to_ben = {"manager_id": anna["id"]}, {"manager_id": ben["id"]}
        assert (await desk.call("PUT", path, json=to_anna))["manager"]["name"] == "Anna"
        assert (await desk.call("PUT", path, json=to_anna))["tags"] == {"work": "work-1"}
        refused = await desk.call("PUT", path, 409, json=to_ben)
        assert (refused["code"], refused["manager_id"]) == ("lead_taken", anna["id"])
        moved = await desk.call("PUT", path, json={**to_ben, "reassign": True})
        assert moved["manager"]["name"] == "Ben"
        assert await desk.holds(anna) == []
        assert await desk.published_of(lead) == ["lead_assigned", "lead_released", "lead_assigned"]

    async def test_the_history_says_why_somebody_changed_who_holds_a_lead(
        self, desk: "Desk"
    ) -> None:
        anna, ben = await desk.manager("Anna"), await desk.manager("Ben")
        (lead,) = await desk.leads(1)
        path = f"/v1/leads/{lead}/assignee"
        await desk.call("PUT", path, json={"manager_id": anna["id"], "reason": "by her wish"})
        move = {"manager_id": ben["id"], "reassign": True, "reason": " speaks Polish "}
        await desk.call("PUT", path, json=move)
        await desk.call("DELETE", path, params={"reason": "no time"})
        await desk.call("PUT", path, json={"manager_id": anna["id"]})
        entries = (await desk.call("GET", f"/v1/leads/{lead}/history"))["items"]
        assert [(e["event"], e["manager"]["name"], e["rule"], e["reason"]) for e in entries] == [
            ("lead_assigned", "Anna", "by_hand", "by her wish"),
            ("lead_released", "Anna", "reassigned", "speaks Polish"),
            ("lead_assigned", "Ben", "reassigned", "speaks Polish"),
            ("lead_released", "Ben", "given_back", "no time"),
            ("lead_assigned", "Anna", "by_hand", None),
        ]
        for wrong in ("", "A\nB", "a" * 501):
            refused = await desk.call("DELETE", path, 400, params={"reason": wrong})
            assert refused["code"] == "invalid_request"
            body = {"manager_id": ben["id"], "reason": wrong}
            assert (await desk.call("PUT", path, 422, json=body))["code"] == "invalid_request"
        assert await desk.holds(anna) == [lead]

    async def test_a_lead_is_not_given_where_it_cannot_go(self, desk: "Desk") -> None:
        anna, gone = await desk.manager("Anna"), await desk.manager("Gone")
        first, second, decided = await desk.leads(3)
        await desk.mark(decided, "interested")
        await desk.call("DELETE", f"/v1/managers/{gone['id']}", 204)
        await desk.call("PUT", f"/v1/leads/{first}/assignee", json={"manager_id": anna["id"]})

        async def refusal(lead: object, manager: object, status: int = 409) -> str:
            path, body = f"/v1/leads/{lead}/assignee", {"manager_id": str(manager)}
            return str((await desk.call("PUT", path, status, json=body))["code"])

        assert await refusal(second, anna["id"]) == "manager_full"
        assert await refusal(second, gone["id"]) == "manager_removed"
        assert await refusal(decided, anna["id"]) == "lead_decided"
        assert await refusal(second, second, 404) == "manager_not_found"
        await desk.call("POST", f"/v1/managers/{anna['id']}/pause")
        assert await refusal(second, anna["id"]) == "manager_paused"
        assert await refusal(uuid4(), anna["id"], 404) == "lead_not_found"
        await desk.erase(second)
        assert await refusal(second, anna["id"], 404) == "lead_not_found"
        path = f"/v1/leads/{first}/assignee"
        for body in ({}, {"manager_id": "1"}, {"manager_id": anna["id"], "reassign": "yes"}):
            assert (await desk.call("PUT", path, 422, json=body))["code"] == "invalid_request"

    async def test_a_lead_that_cannot_move_stays_where_it_is(self, desk: "Desk") -> None:
        anna, ben = await desk.manager("Anna"), await desk.manager("Ben")
        first, second = await desk.leads(2)
        for lead, manager in ((first, anna), (second, ben)):
            body = {"manager_id": manager["id"]}
            await desk.call("PUT", f"/v1/leads/{lead}/assignee", json=body)
        move = {"manager_id": ben["id"], "reassign": True}
        refused = await desk.call("PUT", f"/v1/leads/{first}/assignee", 409, json=move)
        assert refused["code"] == "manager_full"
        assert await desk.holds(anna) == [first]
        assert await desk.published_of(first) == ["lead_assigned"]

    async def test_who_holds_a_lead_is_changed_only_in_the_version_that_was_read(
        self, desk: "Desk"
    ) -> None:
        anna, ben = await desk.manager("Anna"), await desk.manager("Ben")
        (lead,) = await desk.leads(1)
        path, stale = f"/v1/leads/{lead}/assignee", {"If-Match": '"work-7"'}
        give = {"manager_id": anna["id"]}
        refused = await desk.call("PUT", path, 412, json=give, headers=stale)
        assert (refused["code"], refused["current"]) == ("precondition_failed", "work-0")
        await desk.call("PUT", path, json=give, headers={"If-Match": '"work-0"'})
        move = {"manager_id": ben["id"], "reassign": True}
        await desk.call("PUT", path, 412, json=move, headers=stale)
        await desk.call("DELETE", path, 412, headers=stale)
        assert await desk.holds(anna) == [lead]
        async with desk.client.delete(path, headers={"If-Match": '"work-1"'}) as response:
            assert (response.status, response.headers["ETag"]) == (200, '"work-2"')

    async def test_a_lead_that_nobody_holds_is_given_back_without_ado(self, desk: "Desk") -> None:
        (lead,) = await desk.leads(1)
        shown = await desk.call("DELETE", f"/v1/leads/{lead}/assignee")
        assert (shown["manager"], shown["tags"]) == (None, {"work": "work-0"})
        path = f"/v1/leads/{uuid4()}/assignee"
        assert (await desk.call("DELETE", path, 404))["code"] == "lead_not_found"
        path = f"/v1/managers/{uuid4()}/next-lead"
        assert (await desk.call("POST", path, 404))["code"] == "manager_not_found"

    async def test_a_removed_managers_leads_wait_until_somebody_gives_them_out(
        self, desk: "Desk"
    ) -> None:
        anna, ben = await desk.manager("Anna"), await desk.manager("Ben")
        (lead,) = await desk.leads(1)
        await desk.call("POST", f"/v1/managers/{anna['id']}/next-lead")
        await desk.call("DELETE", f"/v1/managers/{anna['id']}", 204)
        assert await desk.holds(ben) == []
        taken = await desk.call("POST", f"/v1/managers/{ben['id']}/next-lead")
        assert taken["id"] == str(lead)
        path = f"/v1/managers/{anna['id']}/next-lead"
        assert (await desk.call("POST", path, 409))["code"] == "manager_removed"
