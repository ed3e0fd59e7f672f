"""`GET /v1/leads/{id}/assignment`: why this manager."""

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

if TYPE_CHECKING:
    from conftest import Desk


async def explained(desk: "Desk", lead: UUID) -> dict[str, Any]:
    return await desk.call("GET", f"/v1/leads/{lead}/assignment")


def verdicts(explanation: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["manager"]["name"], each["verdict"]) for each in explanation["free"]]


async def test_the_matcher_explains_who_was_free_since_when_and_which_lead_was_oldest(
    desk: "Desk",
) -> None:
    anna, ben = await desk.manager("Anna"), await desk.manager("Ben")
    contact = desk.contact()
    await desk.create(contact)
    found = await explained(desk, contact.id)
    assert found["manager"] == {"id": anna["id"], "name": "Anna"}
    assert (found["actor"], found["rule"], found["more_free"]) == ("matcher", "oldest_first", False)
    assert verdicts(found) == [("Anna", "chosen"), ("Ben", "free_for_less")]
    assert [each["since"] for each in found["free"]] == [anna["created_at"], ben["created_at"]]
    assert UUID(found["oldest_lead"]["id"]) == contact.id
    assert found["oldest_lead"]["created_at"] == "2026-01-01T00:00:00Z"
    (held,) = (await desk.call("GET", f"/v1/managers/{anna['id']}"))["leads"]
    assert found["assigned_at"] == held["assigned_at"]


async def test_of_leads_assigned_together_each_is_explained_by_its_own_turn(desk: "Desk") -> None:
    for name in ("Anna", "Ben", "Cleo"):
        await desk.manager(name)
    first, second = await desk.leads(2)
    assert verdicts(await explained(desk, first)) == [
        ("Anna", "chosen"),
        ("Ben", "free_for_less"),
        ("Cleo", "free_for_less"),
    ]
    found = await explained(desk, second)
    assert verdicts(found) == [("Ben", "chosen"), ("Cleo", "free_for_less")]
    assert UUID(found["oldest_lead"]["id"]) == second
    # Two leads, one reading, one row that explains both.
    assert await desk.value("SELECT count(*) FROM matchings") == 1


async def test_it_shows_that_a_manager_was_passed_over_and_why(desk: "Desk") -> None:
    anna = await desk.manager("Anna", capacity=2)
    (lead,) = await desk.leads(1)
    await desk.call("DELETE", f"/v1/leads/{lead}/assignee")
    assert await desk.holds(anna) == []
    await desk.manager("Ben")
    assert verdicts(await explained(desk, lead)) == [("Anna", "gave_it_back"), ("Ben", "chosen")]


async def test_it_shows_that_an_older_lead_was_passed_over(desk: "Desk") -> None:
    await desk.manager("Anna")
    old, young = await desk.leads(2)
    await desk.call("DELETE", f"/v1/leads/{old}/assignee")
    found = await explained(desk, young)
    assert verdicts(found) == [("Anna", "chosen")]
    assert UUID(found["oldest_lead"]["id"]) == old


async def test_many_free_managers_are_not_all_shown(desk: "Desk") -> None:
    for number in range(15):
        await desk.manager(f"M{number}")
    (lead,) = await desk.leads(1)
    found = await explained(desk, lead)
    assert [each["manager"]["name"] for each in found["free"]] == [f"M{n}" for n in range(11)]
    assert found["more_free"]


async def test_the_last_assignment_is_explained_whatever_came_after_it(desk: "Desk") -> None:
    anna = await desk.manager("Anna")
    (lead,) = await desk.leads(1)
    ben = await desk.manager("Ben")
    await desk.call("DELETE", f"/v1/managers/{anna['id']}", 204)
    await desk.mark(lead, "interested")
    found = await explained(desk, lead)
    assert found["manager"] == {"id": ben["id"], "name": "Ben"}
    await desk.call("DELETE", f"/v1/managers/{ben['id']}", 204)
    assert (await explained(desk, lead)) == found


async def test_without_an_assignment_there_is_nothing_to_explain(desk: "Desk") -> None:
    (lead,) = await desk.leads(1)
    path = f"/v1/leads/{lead}/assignment"
    assert (await desk.call("GET", path, 404))["code"] == "never_assigned"
    await desk.erase(lead)
    assert (await desk.call("GET", path, 404))["code"] == "lead_not_found"
    unknown = await desk.call("GET", f"/v1/leads/{uuid4()}/assignment", 404)
    assert unknown["code"] == "lead_not_found"


class TestByHand:
    @pytest.fixture
    def auto_assign(self) -> bool:
        return False

    async def test_what_somebody_chose_says_so(self, desk: "Desk") -> None:
        anna = await desk.manager("Anna")
        await desk.manager("Ben")
        old, young = await desk.leads(2)
        body = {"manager_id": anna["id"]}
        await desk.call("PUT", f"/v1/leads/{young}/assignee", json=body)
        found = await explained(desk, young)
        assert (found["rule"], found["actor"]) == ("by_hand", "anonymous")
        assert verdicts(found) == [("Anna", "chosen")]
        assert found["more_free"] is None  # Ben is free; but nobody has looked for him
        assert UUID(found["oldest_lead"]["id"]) == old

    async def test_who_asked_for_the_next_lead_got_the_oldest(self, desk: "Desk") -> None:
        anna = await desk.manager("Anna")
        old, _ = await desk.leads(2)
        await desk.call("POST", f"/v1/managers/{anna['id']}/next-lead")
        found = await explained(desk, old)
        assert (found["rule"], UUID(found["oldest_lead"]["id"])) == ("next_lead", old)
        assert found["free"][0]["since"] == anna["created_at"]
