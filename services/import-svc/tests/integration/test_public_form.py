"""What strangers may send through the form, and what they learn by it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from import_svc.settings import ImportSettings
from leadwire.testing.access import Keyring, Way, keyring_in

if TYPE_CHECKING:
    from conftest import Desk

Json = dict[str, Any]

ADA: Json = {"name": "Ada", "family_name": "Lovelace", "email": "ada@example.com"}
RECEIVED = {"status": "received"}


def person(number: int) -> Json:
    return {**ADA, "email": f"ada{number}@example.com"}


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return keyring_in(tmp_path)


@pytest.fixture
def conceals() -> bool:
    return False


@pytest.fixture
def settings(database_url: str, keyring: Keyring, tmp_path: Path, conceals: bool) -> ImportSettings:
    return ImportSettings(
        broker_url=f"memory://{uuid4()}",
        database_url=database_url,
        files_url=(tmp_path / "files").as_uri(),
        form_per_minute=5,
        form_conceals=conceals,
        trusted_proxies="127.0.0.1/32",
        **keyring.settings,
    )


def of(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


async def leads(desk: "Desk") -> int:
    count: int = await desk.value("SELECT count(*) FROM leads")
    return count


async def test_an_address_may_send_so_many_at_once_and_is_told_when_to_come_again(
    desk: "Desk",
) -> None:
    for number in range(5):
        await desk.call("POST", "/v1/leads", 201, json=person(number), headers=of("203.0.113.1"))
    async with desk.client.post("/v1/leads", json=person(5), headers=of("203.0.113.1")) as response:
        problem = await response.json()
        assert response.status == 429
        assert problem["code"] == "too_many_leads"
        assert 1 <= int(response.headers["Retry-After"]) <= 12
    assert await leads(desk) == 5


async def test_what_is_refused_counts_too(desk: "Desk") -> None:
    for _ in range(5):
        await desk.call("POST", "/v1/leads", 422, json={}, headers=of("203.0.113.1"))
    await desk.call("POST", "/v1/leads", 429, json={}, headers=of("203.0.113.1"))


async def test_one_address_uses_up_nothing_of_another(desk: "Desk") -> None:
    for number in range(6):
        status = 201 if number < 5 else 429
        await desk.call("POST", "/v1/leads", status, json=person(number), headers=of("203.0.113.1"))
    await desk.call("POST", "/v1/leads", 201, json=person(6), headers=of("203.0.113.2"))


async def test_the_addresses_of_one_network_count_as_one(desk: "Desk") -> None:
    for number in range(6):
        status = 201 if number < 5 else 429
        address = f"2001:db8:0:1::{number + 1}"
        await desk.call("POST", "/v1/leads", status, json=person(number), headers=of(address))


@pytest.mark.parametrize("role", ["admin", "importer", "intake"])
async def test_who_brings_leads_has_no_such_limit(
    desk: "Desk", keyring: Keyring, role: str
) -> None:
    for number in range(7):
        headers = keyring.headers(role)
        await desk.call("POST", "/v1/leads", 201, json=person(number), headers=headers)


@pytest.mark.parametrize("role", ["reader", "manager"])
async def test_who_only_reads_has_the_limit(desk: "Desk", keyring: Keyring, role: str) -> None:
    for number in range(6):
        status = 201 if number < 5 else 429
        headers = keyring.headers(role)
        await desk.call("POST", "/v1/leads", status, json=person(number), headers=headers)


@pytest.mark.parametrize("fields", [{"leave_blank": "x"}, {"leave_blank": ["x"]}])
async def test_a_program_that_fills_in_every_field_is_told_that_all_is_well(
    desk: "Desk", fields: Json
) -> None:
    assert await desk.call("POST", "/v1/leads", 201, json={**ADA, **fields}) == RECEIVED
    assert await leads(desk) == 0
    async with desk.client.get("/metrics") as response:
        counted = 'leadwire_form_turned_away_total{reason="honeypot",service="import-svc"} 1.0'
        assert counted in await response.text()


async def test_a_backend_that_says_who_it_is_is_taken_for_no_program(
    desk: "Desk", keyring: Keyring
) -> None:
    passed_on = {**ADA, "leave_blank": "x"}
    headers = keyring.headers("intake")
    lead = await desk.call("POST", "/v1/leads", 201, json=passed_on, headers=headers)
    assert (lead["email"], lead["attributes"]) == (ADA["email"], {})
    assert await leads(desk) == 1


@pytest.mark.parametrize("blank", ["", None])
async def test_a_person_leaves_the_hidden_field_blank(desk: "Desk", blank: str | None) -> None:
    lead = await desk.call("POST", "/v1/leads", 201, json={**ADA, "leave_blank": blank})
    assert lead["email"] == ADA["email"]
    assert lead["attributes"] == {}


async def test_without_concealment_a_conflict_is_told(desk: "Desk") -> None:
    await desk.call("POST", "/v1/leads", 201, json=ADA)
    await desk.call("POST", "/v1/leads", 409, json=ADA)


async def test_a_stranger_cannot_use_up_the_keys_of_others(desk: "Desk", keyring: Keyring) -> None:
    """Each has his own, and what a stranger says of a person is told from what others say."""
    key = {"Idempotency-Key": "form-17"}
    for number, sender in enumerate((of("203.0.113.1"), of("203.0.113.2"))):
        await desk.call("POST", "/v1/leads", 201, json=person(number), headers=key | sender)
    for number, role in enumerate(("intake", "importer"), start=2):
        sender = keyring.headers(role)
        await desk.call("POST", "/v1/leads", 201, json=person(number), headers=key | sender)
        problem = await desk.call("POST", "/v1/leads", 422, json=person(9), headers=key | sender)
        assert problem["code"] == "idempotency_key_reused"
    assert await leads(desk) == 4


async def test_a_stranger_who_comes_again_is_shown_the_lead_as_long_as_it_is_his_own(
    desk: "Desk", keyring: Keyring
) -> None:
    key = {"Idempotency-Key": "form-17", **of("203.0.113.1")}
    lead = await desk.call("POST", "/v1/leads", 201, json=ADA, headers=key)
    assert await desk.call("POST", "/v1/leads", 201, json=ADA, headers=key) == lead
    path, admin = f"/v1/leads/{lead['id']}", keyring.headers("admin")
    await desk.call("PATCH", path, json={"attributes": {"Note": "rich"}}, headers=admin)
    assert await desk.call("POST", "/v1/leads", 201, json=ADA, headers=key) == RECEIVED


async def test_imports_of_two_may_have_the_same_key(desk: "Desk", keyring: Keyring) -> None:
    def sent(number: int, way: Way) -> Json:
        headers = keyring.headers("importer", way) | {"Idempotency-Key": "list-17"}
        return {
            "json": [{**person(number), "cellphone": f"+1415555010{number}"}],
            "headers": headers,
        }

    first = await desk.call("POST", "/v1/imports", **sent(1, "basic"))
    other = await desk.call("POST", "/v1/imports", **sent(2, "key"))
    assert (first["imported"], other["imported"]) == (1, 1)
    # The same user, however he comes in.
    assert await desk.call("POST", "/v1/imports", **sent(1, "bearer")) == first


class TestConcealment:
    """Nobody can tell by the form who is known."""

    @pytest.fixture
    def conceals(self) -> bool:
        return True

    async def test_a_new_person_and_a_known_one_get_the_same_answer(self, desk: "Desk") -> None:
        answers = []
        for _ in range(2):
            async with desk.client.post("/v1/leads", json=ADA) as response:
                own = {"X-Request-ID", "Date"}  # of each answer, whoever gets it
                headers = {k: v for k, v in response.headers.items() if k not in own}
                answers.append((response.status, headers, await response.json()))
        assert answers[0] == answers[1]
        assert answers[0][0] == 201
        assert answers[0][2] == RECEIVED
        assert await leads(desk) == 1

    async def test_a_key_tells_nothing_either(self, desk: "Desk", keyring: Keyring) -> None:
        """Of a key that made a lead, another body would be refused, and one after its erasure."""
        known = {**ADA, "email": "known@example.com"}
        await desk.call("POST", "/v1/leads", 201, json=known, headers=keyring.headers("intake"))
        for address, first in (("203.0.113.1", known), ("203.0.113.2", ADA)):
            key = {"Idempotency-Key": first["email"], **of(address)}
            other = {**first, "name": "Augusta"}
            for body in (first, first, other):
                found = await desk.call("POST", "/v1/leads", 201, json=body, headers=key)
                assert found == RECEIVED
        assert await leads(desk) == 2
        for lead_id in await desk.rows("SELECT id FROM leads"):
            path, headers = f"/v1/leads/{lead_id[0]}", keyring.headers("admin")
            async with desk.client.delete(path, headers=headers) as response:
                assert response.status == 204
        key = {"Idempotency-Key": ADA["email"], **of("203.0.113.3")}
        assert await desk.call("POST", "/v1/leads", 201, json=ADA, headers=key) == RECEIVED
        assert await leads(desk) == 0

    async def test_the_same_request_makes_one_lead(self, desk: "Desk") -> None:
        bodies = [ADA, ADA, {**ADA, "email": "other@example.com"}]
        for body in bodies:
            key = {"Idempotency-Key": "one"}
            await desk.call("POST", "/v1/leads", 201, json=body, headers=key)
        assert await leads(desk) == 2

    async def test_what_is_wrong_with_the_data_is_told(self, desk: "Desk") -> None:
        problem = await desk.call("POST", "/v1/leads", 422, json={**ADA, "email": "ada"})
        assert problem["errors"][0]["code"] == "email_invalid"

    async def test_who_brings_leads_is_told_everything(
        self, desk: "Desk", keyring: Keyring
    ) -> None:
        headers = keyring.headers("intake")
        lead = await desk.call("POST", "/v1/leads", 201, json=ADA, headers=headers)
        assert lead["email"] == ADA["email"]
        await desk.call("POST", "/v1/leads", 409, json=ADA, headers=headers)
