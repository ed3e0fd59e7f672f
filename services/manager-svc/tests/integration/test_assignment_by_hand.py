"""Where `MANAGER_AUTO_ASSIGN` is off, managers take leads, and others give them out."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

if TYPE_CHECKING:
    from conftest import Desk


@pytest.fixture
def auto_assign() -> bool:
    return False


async def test_nothing_is_assigned_by_itself(desk: "Desk") -> None:
    anna = await desk.manager()
    await desk.leads(1)
    assert await desk.holds(anna) == []


async def test_a_manager_takes_the_oldest_waiting_lead(desk: "Desk") -> None:
    anna = await desk.manager()
    first, _ = await desk.leads(2)
    path = f"/v1/managers/{anna['id']}/next-lead"
    assert (await desk.call("POST", path))["id"] == str(first)
    refused = await desk.call("POST", path, 409)
    assert refused["code"] == "manager_full"
    assert "holds 1 undecided lead already" in refused["detail"]


async def test_the_next_lead_is_none_that_the_manager_has_just_given_back(desk: "Desk") -> None:
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


async def test_a_request_for_the_next_lead_may_be_sent_again_with_its_key(desk: "Desk") -> None:
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


async def test_there_may_be_nothing_to_take(desk: "Desk") -> None:
    anna = await desk.manager()
    path = f"/v1/managers/{anna['id']}/next-lead"
    assert (await desk.call("POST", path, 404))["code"] == "no_lead_waiting"
    await desk.call("POST", f"/v1/managers/{anna['id']}/pause")
    assert (await desk.call("POST", path, 409))["code"] == "manager_paused"


async def test_a_lead_is_given_to_a_manager_and_moved_only_on_purpose(desk: "Desk") -> None:
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


async def test_the_history_says_why_somebody_changed_who_holds_a_lead(desk: "Desk") -> None:
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


async def test_a_lead_is_not_given_where_it_cannot_go(desk: "Desk") -> None:
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


async def test_a_lead_that_cannot_move_stays_where_it_is(desk: "Desk") -> None:
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


async def test_who_holds_a_lead_is_changed_only_in_the_version_that_was_read(desk: "Desk") -> None:
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


async def test_a_lead_that_nobody_holds_is_given_back_without_ado(desk: "Desk") -> None:
    (lead,) = await desk.leads(1)
    shown = await desk.call("DELETE", f"/v1/leads/{lead}/assignee")
    assert (shown["manager"], shown["tags"]) == (None, {"work": "work-0"})
    path = f"/v1/leads/{uuid4()}/assignee"
    assert (await desk.call("DELETE", path, 404))["code"] == "lead_not_found"
    path = f"/v1/managers/{uuid4()}/next-lead"
    assert (await desk.call("POST", path, 404))["code"] == "manager_not_found"


async def test_a_removed_managers_leads_wait_until_somebody_gives_them_out(desk: "Desk") -> None:
    anna, ben = await desk.manager("Anna"), await desk.manager("Ben")
    (lead,) = await desk.leads(1)
    await desk.call("POST", f"/v1/managers/{anna['id']}/next-lead")
    await desk.call("DELETE", f"/v1/managers/{anna['id']}", 204)
    assert await desk.holds(ben) == []
    taken = await desk.call("POST", f"/v1/managers/{ben['id']}/next-lead")
    assert taken["id"] == str(lead)
    path = f"/v1/managers/{anna['id']}/next-lead"
    assert (await desk.call("POST", path, 409))["code"] == "manager_removed"
