"""`PATCH /v1/leads/{lead_id}`."""

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from uuid_utils.compat import uuid7

from leadwire.contracts import LeadUpdated

if TYPE_CHECKING:
    from conftest import Desk, MakePerson

Json = dict[str, Any]

ADA = {"name": "Ada", "family_name": "Lovelace", "email": "ada@example.com"}


async def create(desk: "Desk", **changes: object) -> Json:
    return await desk.call("POST", "/v1/leads", 201, json={**ADA, **changes})


async def change(
    desk: "Desk", lead: Json, body: object, status: int = 200, *, if_match: str | None = None
) -> Json:
    headers = {} if if_match is None else {"If-Match": if_match}
    path = f"/v1/leads/{lead['id']}"
    return await desk.call("PATCH", path, status, json=body, headers=headers)


async def updates(desk: "Desk") -> list[LeadUpdated]:
    return [event.data for event in await desk.published() if isinstance(event.data, LeadUpdated)]


async def test_a_change_is_stored_answered_and_announced_whole(desk: "Desk") -> None:
    lead = await create(desk, cellphone="+14155552671")
    body = {"last_name": " King ", "cellphone": None, "attributes": {"Company": "Engines", "x": {}}}
    path = f"/v1/leads/{lead['id']}"
    async with desk.client.patch(path, json=body) as response:
        assert response.status == 200
        assert response.headers["ETag"] == '"contact-2"'
        changed = await response.json()
    assert changed["updated_at"] > lead["updated_at"]
    assert changed == {
        "id": lead["id"],
        "name": "Ada",
        "family_name": "King",
        "email": "ada@example.com",
        "cellphone": None,
        "origin": "form",
        "import_id": None,
        "attributes": {"Company": "Engines", "x": {}},
        "has_resume": False,
        "created_at": lead["created_at"],
        "updated_at": changed["updated_at"],
        "rev": 2,
        "tags": {"contact": "contact-2"},
    }
    await desk.published()
    event = desk.events[-1]
    assert isinstance(event.data, LeadUpdated)
    announced = event.data.lead.model_dump(mode="json")
    assert announced == {name: value for name, value in changed.items() if name != "tags"}
    assert (str(event.subject), event.sequence) == (lead["id"], "0000000002")
    assert event.source == desk.events[0].source


async def test_what_changes_nothing_makes_no_version_and_no_event(desk: "Desk") -> None:
    lead = await create(desk)
    for body in ({}, {"email": "ada@EXAMPLE.com", "attributes": {"gone": None}}):
        same = await change(desk, lead, body, if_match='"contact-7"')
        assert (same["rev"], same["updated_at"]) == (1, lead["updated_at"])
    assert await updates(desk) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": " "}, {("name", "name_missing")}),
        (
            {"first_name": "\x01", "last_name": None, "email": "a@b", "cellphone": "555-2671"},
            {
                ("name", "name_invalid"),
                ("family_name", "family_name_missing"),
                ("email", "email_invalid"),
                ("cellphone", "cellphone_invalid"),
            },
        ),
        ({"attributes": {"x": "y" * 50_000}}, {("attributes", "row_too_large")}),
    ],
)
async def test_every_wrong_field_is_named_and_nothing_is_stored(
    desk: "Desk", body: Json, expected: set[tuple[str, str]]
) -> None:
    lead = await create(desk)
    problem = await change(desk, lead, {**body, "email": body.get("email", "b@example.com")}, 422)
    assert problem["code"] == "invalid_request"
    assert {(error["path"], error["code"]) for error in problem["errors"]} == expected
    assert await desk.rows("SELECT email, rev FROM leads") == [("ada@example.com", 1)]


@pytest.mark.parametrize(
    ("cellphone", "told"),
    [
        ("(415) 555-2671", "; it must be international, beginning with +"),
        (14155552671, "; send it as text, in quotes"),
        ("+12", ""),
        ([], ""),
    ],
)
async def test_the_form_and_a_change_say_the_same_of_the_same_values(
    desk: "Desk", cellphone: object, told: str
) -> None:
    lead = await create(desk)
    body = {"name": 5, "family_name": ["B"], "email": False, "cellphone": cellphone}
    of_form = await desk.call("POST", "/v1/leads", 422, json=body)
    of_change = await change(desk, lead, body, 422)
    assert of_change["errors"] == of_form["errors"]
    assert [(error["path"], error["code"]) for error in of_form["errors"]] == [
        ("name", "name_invalid"),
        ("family_name", "name_invalid"),
        ("email", "email_invalid"),
        ("cellphone", "cellphone_invalid"),
    ]
    assert of_form["errors"][3]["message"] == f"cellphone is not a valid phone number{told}"


@pytest.mark.parametrize(
    "body",
    [{"name": 5}, {"status": "pending"}, [], {"name": "A", "first_name": "A"}, {"attributes": []}],
    ids=["number", "unknown field", "array", "named twice", "no object"],
)
async def test_a_body_of_another_shape_is_refused(desk: "Desk", body: object) -> None:
    problem = await change(desk, await create(desk), body, 422)
    assert problem["code"] == "invalid_request"


async def test_an_imported_lead_keeps_a_cellphone(desk: "Desk", person: "MakePerson") -> None:
    await desk.bring([person(1, Company="Ltd.")])
    ((lead_id,),) = await desk.rows("SELECT id FROM leads")
    problem = await change(desk, {"id": lead_id}, {"cellphone": None}, 422)
    assert [error["code"] for error in problem["errors"]] == ["cellphone_missing"]
    changed = await change(desk, {"id": lead_id}, {"attributes": {"Company": None, "n": 1}})
    assert (changed["attributes"], changed["origin"]) == ({"n": 1}, "import")
    (update,) = await updates(desk)
    assert update.lead.attributes == {"n": 1}


async def test_keys_of_other_leads_are_conflicts(desk: "Desk") -> None:
    await create(desk, email="a@example.com", cellphone="+14155552671")
    lead = await create(desk, email="b@example.com")
    conflicts = [
        ({"email": "A@example.com"}, ["email_exists"]),
        ({"cellphone": "+1 (415) 555-2671"}, ["cellphone_exists"]),
        (
            {"email": "a@example.com", "cellphone": "+14155552671"},
            ["email_exists", "cellphone_exists"],
        ),
    ]
    for body, codes in conflicts:
        problem = await change(desk, lead, {**body, "name": "Other"}, 409)
        assert (problem["code"], problem["codes"]) == (codes[0], codes)
    # Its own keys are no conflict, also in another case.
    changed = await change(desk, lead, {"email": "B@example.com", "cellphone": "+14155552672"})
    assert (changed["email"], changed["rev"]) == ("B@example.com", 2)
    assert len(await updates(desk)) == 1


async def test_of_racing_changes_to_one_email_one_wins(desk: "Desk") -> None:
    leads = [await create(desk, email=f"{number}@example.com") for number in range(8)]

    async def take(lead: Json) -> int:
        path, body = f"/v1/leads/{lead['id']}", {"email": "wanted@example.com"}
        async with desk.client.patch(path, json=body) as response:
            return int(response.status)

    assert Counter(await asyncio.gather(*map(take, leads))) == {200: 1, 409: 7}
    assert len(await updates(desk)) == 1


async def test_leads_that_take_each_others_email_at_once_are_both_refused(desk: "Desk") -> None:
    one, other = [await create(desk, email=f"{name}@example.com") for name in "ab"]
    for _ in range(5):
        problems = await asyncio.gather(
            change(desk, one, {"email": "b@example.com"}, 409),
            change(desk, other, {"email": "a@example.com"}, 409),
        )
        assert [problem["code"] for problem in problems] == ["email_exists"] * 2


async def test_racing_changes_of_one_lead_are_announced_in_their_order(desk: "Desk") -> None:
    lead = await create(desk)
    await asyncio.gather(
        *(change(desk, lead, {"attributes": {f"k{number}": 1}}) for number in range(10))
    )
    found = await updates(desk)
    assert [update.lead.rev for update in found] == list(range(2, 12))
    assert len(found[-1].lead.attributes) == 10


async def test_a_change_is_held_to_the_version_that_was_read(desk: "Desk") -> None:
    lead = await create(desk)
    problem = await change(desk, lead, {"name": "B"}, 412, if_match='"contact-2"')
    assert (problem["code"], problem["current"]) == ("precondition_failed", "contact-1")
    await change(desk, lead, {"name": "B"}, 412, if_match='W/"contact-1"')
    changed = await change(desk, lead, {"name": "B"}, if_match='"contact-1", "contact-9"')
    assert changed["tags"] == {"contact": "contact-2"}
    # The answer was lost, and the same request is sent again.
    again = await change(desk, lead, {"name": "B"}, if_match='"contact-1"')
    assert again["tags"] == {"contact": "contact-2"}
    await change(desk, lead, {"name": "C"}, if_match="*")
    problem = await change(desk, lead, {"name": "D"}, 400, if_match="contact-3")
    assert problem["errors"][0]["path"] == "If-Match"


async def test_a_lead_that_never_was_is_not_found(desk: "Desk") -> None:
    problem = await change(desk, {"id": uuid7()}, {"name": "A"}, 404)
    assert problem["code"] == "lead_not_found"
