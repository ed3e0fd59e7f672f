"""The public form."""

import asyncio
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from import_svc.storage.errors import LostRaceError
from import_svc.storage.leads import LeadStore
from import_svc.usecases.forget_keys import ForgetKeys
from leadwire.contracts import Origin
from leadwire.testing import eventually

if TYPE_CHECKING:
    from conftest import Desk, MakePerson

    from leadwire.db import Database

ADA = {"name": "Ada", "family_name": "Lovelace", "email": "ada@example.com"}


async def test_a_lead_is_created_located_and_announced(desk: "Desk") -> None:
    body = {**ADA, "cellphone": "+1 415 555 2671"}
    async with desk.client.post("/v1/leads", json=body) as response:
        assert response.status == 201
        lead = await response.json()
        assert response.headers["Location"] == f"/v1/leads/{lead['id']}"
        assert response.headers["ETag"] == '"contact-1"'
    assert lead | {"id": 0, "created_at": 0, "updated_at": 0} == {
        "id": 0,
        "name": "Ada",
        "family_name": "Lovelace",
        "email": "ada@example.com",
        "cellphone": "+14155552671",
        "status": "pending",
        "manager": None,
        "origin": "form",
        "import_id": None,
        "attributes": {},
        "has_resume": False,
        "created_at": 0,
        "updated_at": 0,
        "rev": 1,
        "tags": {"contact": "contact-1"},
    }
    (announced,) = await desk.announced_leads()
    assert (str(announced.id), announced.origin) == (lead["id"], Origin.FORM)
    assert announced.import_id is None


async def test_first_and_last_name_will_do_and_a_cellphone_is_optional(desk: "Desk") -> None:
    body = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
    lead = await desk.call("POST", "/v1/leads", 201, json=body)
    assert (lead["name"], lead["family_name"], lead["cellphone"]) == ("Ada", "Lovelace", None)
    other = await desk.call("POST", "/v1/leads", 201, json={**body, "email": "b@example.com"})
    assert other["cellphone"] is None


async def test_a_known_email_or_cellphone_is_a_conflict(desk: "Desk") -> None:
    await desk.call("POST", "/v1/leads", 201, json={**ADA, "cellphone": "+14155552671"})
    conflicts = [
        ({**ADA, "email": "ADA@example.com"}, "email_exists", ["email_exists"]),
        (
            {**ADA, "email": "b@example.com", "cellphone": "+1 (415) 555-2671"},
            "cellphone_exists",
            ["cellphone_exists"],
        ),
        (
            {**ADA, "cellphone": "+14155552671"},
            "email_exists",
            ["email_exists", "cellphone_exists"],
        ),
    ]
    for body, code, codes in conflicts:
        problem = await desk.call("POST", "/v1/leads", 409, json=body)
        assert (problem["code"], problem["codes"]) == (code, codes)
    assert await desk.value("SELECT count(*) FROM leads") == 1


async def test_of_racing_creates_one_wins(desk: "Desk") -> None:
    async def create() -> int:
        async with desk.client.post("/v1/leads", json=ADA) as response:
            return int(response.status)

    statuses = await asyncio.gather(*(create() for _ in range(10)))
    assert sorted(statuses) == [201, *[409] * 9]
    assert len(await desk.announced_leads()) == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": " "}, {("name", "name_missing")}),
        ({"name": None}, {("name", "name_missing")}),
        ({"family_name": "x" * 201}, {("family_name", "name_invalid")}),
        (
            {"name": "\x01", "family_name": "\x02"},
            {("name", "name_invalid"), ("family_name", "name_invalid")},
        ),
        (
            {"name": "", "family_name": "\x02"},
            {("name", "name_missing"), ("family_name", "name_invalid")},
        ),
        ({"email": "a@b"}, {("email", "email_invalid")}),
        ({"email": None}, {("email", "email_missing")}),
        ({"cellphone": "555-2671"}, {("cellphone", "cellphone_invalid")}),
    ],
)
async def test_what_is_wrong_is_named(
    desk: "Desk", change: dict[str, object], expected: set[tuple[str, str]]
) -> None:
    problem = await desk.call("POST", "/v1/leads", 422, json={**ADA, **change})
    assert problem["code"] == "invalid_request"
    assert {(error["path"], error["code"]) for error in problem["errors"]} == expected


async def test_all_that_is_wrong_is_named_at_once(desk: "Desk") -> None:
    body = {"name": 5, "first_name": "Ada", "email": "a@b", "cellphone": [1], "company": "x"}
    problem = await desk.call("POST", "/v1/leads", 422, json=body)
    assert [(error["path"], error.get("code")) for error in problem["errors"]] == [
        ("name", "name_invalid"),
        ("family_name", "family_name_missing"),
        ("email", "email_invalid"),
        ("cellphone", "cellphone_invalid"),
        ("first_name", None),
        ("company", None),
    ]


@pytest.mark.parametrize(
    "body",
    [{**ADA, "name": 5}, {**ADA, "company": "x"}, [], {**ADA, "first_name": "Ada"}],
    ids=["number", "unknown field", "array", "named twice"],
)
async def test_a_body_of_another_shape_is_refused(desk: "Desk", body: object) -> None:
    problem = await desk.call("POST", "/v1/leads", 422, json=body)
    assert problem["code"] == "invalid_request"


async def test_a_lead_of_the_form_is_known_to_imports(desk: "Desk", person: "MakePerson") -> None:
    await desk.call("POST", "/v1/leads", 201, json=person(1))
    receipt = await desk.bring([person(1)])
    assert receipt["failures"][0]["codes"] == ["email_exists", "cellphone_exists"]


async def test_the_extension_of_a_cellphone_is_kept(desk: "Desk", person: "MakePerson") -> None:
    lead = await desk.call(
        "POST", "/v1/leads", 201, json=person(1, cellphone="+1 212-555-0180 x100")
    )
    assert lead["cellphone"] == "+12125550180"
    assert lead["attributes"] == {"cellphone_extension": "100"}
    assert [each.attributes for each in await desk.announced_leads()] == [lead["attributes"]]


KEY = {"Idempotency-Key": "k"}


async def test_the_same_request_creates_one_lead(desk: "Desk", person: "MakePerson") -> None:
    first = await desk.call("POST", "/v1/leads", 201, json=person(1), headers=KEY)
    async with desk.client.post("/v1/leads", json=person(1), headers=KEY) as response:
        assert (response.status, await response.json()) == (201, first)
        assert response.headers["Idempotent-Replayed"] == "true"
        assert response.headers["Location"] == f"/v1/leads/{first['id']}"
    assert len(await desk.announced_leads()) == 1


async def test_the_key_of_another_lead_is_refused(desk: "Desk", person: "MakePerson") -> None:
    await desk.call("POST", "/v1/leads", 201, json=person(1), headers=KEY)
    problem = await desk.call("POST", "/v1/leads", 422, json=person(2), headers=KEY)
    assert problem["code"] == "idempotency_key_reused"
    other = {"Idempotency-Key": "other"}
    problem = await desk.call("POST", "/v1/leads", 409, json=person(1), headers=other)
    assert problem["code"] == "email_exists"


async def test_of_the_same_request_many_times_at_once_all_get_the_one_lead(
    desk: "Desk", person: "MakePerson"
) -> None:
    answers = await asyncio.gather(
        *(desk.call("POST", "/v1/leads", 201, json=person(1), headers=KEY) for _ in range(8))
    )
    assert {each["id"] for each in answers} == {answers[0]["id"]}
    assert await desk.value("SELECT count(*) FROM leads") == 1


async def test_a_request_that_comes_again_does_not_create_an_erased_person_again(
    desk: "Desk", person: "MakePerson"
) -> None:
    first = await desk.call("POST", "/v1/leads", 201, json=person(1), headers=KEY)
    async with desk.client.delete(f"/v1/leads/{first['id']}") as response:
        assert response.status == 204
    # Nobody can tell any more whether it is the same request.
    for body in (person(1), person(2)):
        problem = await desk.call("POST", "/v1/leads", 410, json=body, headers=KEY)
        assert problem["code"] == "lead_erased"
    assert await desk.rows("SELECT * FROM leads") == []
    assert await desk.rows("SELECT request_hash, lead_id FROM lead_keys") == [(None, None)]
    await desk.call("POST", "/v1/leads", 201, json=person(1))


async def test_a_form_that_deadlocks_is_done_again(
    desk: "Desk", database: "Database", person: "MakePerson"
) -> None:
    """As with an import that has the form's cellphone in one row and its email in a later one."""
    form = person(1)
    async with database.connection() as connection:
        other = connection.transaction()
        await other.start()
        await connection.execute(INSERT.format(email="o@example.com", cellphone=form["cellphone"]))
        creating = asyncio.create_task(desk.call("POST", "/v1/leads", 201, json=form))
        then = INSERT.format(email=form["email"], cellphone="+14155552671")
        await connection.execute(ONCE_SOMEBODY_WAITS.format(then=then))
        await other.rollback()
    assert (await creating)["email"] == form["email"]


INSERT = (
    "INSERT INTO leads (id, name, family_name, email, email_key, cellphone, origin)"
    " VALUES (gen_random_uuid(), 'a', 'b', '{email}', '{email}', '{cellphone}', 'form')"
)
# Postgres lets the one fail that has waited for a second: the form, as long as the other one comes
# before. So the server itself looks for it, however late this process is.
ONCE_SOMEBODY_WAITS = """
    DO $$ BEGIN
        FOR look IN 1..3000 LOOP
            EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE NOT granted);
            PERFORM pg_sleep(0.01);
        END LOOP;
        {then};
    END $$
"""


async def test_a_lead_whose_event_cannot_be_stored_is_not_stored(desk: "Desk") -> None:
    async with desk.database.connection() as connection:
        await connection.execute("ALTER TABLE outbox ADD CONSTRAINT none CHECK (false) NOT VALID")
    await desk.call("POST", "/v1/leads", 500, json=ADA)
    assert await desk.rows("SELECT * FROM leads") == []


async def test_a_form_or_a_change_that_others_are_faster_than_again_and_again_may_come_again(
    desk: "Desk", person: "MakePerson", monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await desk.call("POST", "/v1/leads", 201, json=person(1))
    tried = 0

    async def lose(*_: object) -> None:
        nonlocal tried
        tried += 1
        raise LostRaceError

    monkeypatch.setattr(LeadStore, "add", lose)
    monkeypatch.setattr(LeadStore, "update", lose)
    for method, path, given in (
        ("POST", "/v1/leads", person(2)),
        ("PATCH", f"/v1/leads/{lead['id']}", {"email": "new@example.com"}),
    ):
        tried = 0
        async with desk.client.request(method, path, json=given) as response:
            problem = await response.json()
            assert (response.status, problem["code"]) == (503, "too_many_conflicts")
            assert int(response.headers["Retry-After"]) > 0
        assert tried > 1


async def test_the_key_of_an_erased_lead_is_forgotten_in_time(
    desk: "Desk", person: "MakePerson"
) -> None:
    for number in range(2):
        headers = {"Idempotency-Key": f"k{number}"}
        lead = await desk.call("POST", "/v1/leads", 201, json=person(number), headers=headers)
        async with desk.client.delete(f"/v1/leads/{lead['id']}") as response:
            assert response.status == 204
    await desk.call("POST", "/v1/leads", 201, json=person(2), headers={"Idempotency-Key": "alive"})
    async with desk.database.connection() as connection:
        await connection.execute(
            "UPDATE lead_keys SET delete_after = delete_after - interval '30 days' "
            "WHERE key_hash = sha256('k0')"
        )
    forget = ForgetKeys(database=desk.database, leads=LeadStore())

    async def only_its_key_is_gone() -> bool:
        keys = await desk.rows("SELECT key_hash FROM lead_keys")
        return {key for [key] in keys} == {sha256(b"alive").digest(), sha256(b"k1").digest()}

    await forget.start()
    try:
        await eventually(only_its_key_is_gone, message="the key is forgotten")
    finally:
        await forget.stop()
