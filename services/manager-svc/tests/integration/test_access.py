"""Who may do what here; and lead managers only what is theirs."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from leadwire.access.attempts import OF_USER_THERE
from leadwire.testing.access import MANAGER_ID, PUBLIC, Keyring, keyring_in, walk
from manager_svc.settings import ManagerSettings

if TYPE_CHECKING:
    from conftest import Desk

ADMIN: frozenset[str] = frozenset()
WORKERS = frozenset({"manager"})
READERS = frozenset({"manager", "reader"})

RULES = {
    "POST /v1/auth/token": PUBLIC,
    "GET /v1/auth/me": frozenset({"manager", "reader", "importer", "intake"}),
    "POST /v1/managers": ADMIN,
    "GET /v1/managers": READERS,
    "GET /v1/managers/{manager_id}": READERS,
    "PATCH /v1/managers/{manager_id}": ADMIN,
    "DELETE /v1/managers/{manager_id}": ADMIN,
    "POST /v1/managers/{manager_id}/restore": ADMIN,
    "POST /v1/managers/{manager_id}/pause": WORKERS,
    "POST /v1/managers/{manager_id}/resume": WORKERS,
    "POST /v1/managers/{manager_id}/next-lead": WORKERS,
    "PUT /v1/leads/{lead_id}/status": WORKERS,
    "PUT /v1/leads/{lead_id}/assignee": WORKERS,
    "DELETE /v1/leads/{lead_id}/assignee": WORKERS,
    "GET /v1/leads/{lead_id}/assignment": READERS,
    "GET /v1/leads/{lead_id}/history": READERS,
    "GET /v1/ops/manager-svc/status": ADMIN,
    "GET /v1/ops/manager-svc/parked": ADMIN,
    "GET /v1/ops/manager-svc/parked/{parked_id}": ADMIN,
    "GET /v1/ops/manager-svc/decisions": ADMIN,
    "POST /v1/ops/manager-svc/parked/requeue": ADMIN,
    "POST /v1/ops/manager-svc/parked/{parked_id}/requeue": ADMIN,
    "DELETE /v1/ops/manager-svc/parked/{parked_id}": ADMIN,
}


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return keyring_in(tmp_path)


@pytest.fixture
def settings(database_url: str, keyring: Keyring) -> ManagerSettings:
    return ManagerSettings(
        broker_url=f"memory://{uuid4()}", database_url=database_url, **keyring.settings
    )


async def test_every_route_lets_in_whom_it_should_by_every_way_and_nobody_else(
    desk: "Desk", keyring: Keyring
) -> None:
    await walk(desk.client, keyring, RULES)


class People:
    """An administrator and two lead managers, each by a token of his own."""

    def __init__(self, desk: "Desk", keyring: Keyring) -> None:
        self._desk = desk
        self._keyring = keyring
        self.ids: dict[str, UUID] = {}

    async def hire(self, *names: str) -> None:
        for name in names:
            made = await self.call("admin", "POST", "/v1/managers", 201, json={"name": name})
            self.ids[name] = UUID(made["id"])

    async def ask(
        self, who: str, method: str, path: str, **kwargs: Any
    ) -> tuple[int, dict[str, Any]]:
        role = "manager" if who in self.ids else who
        token = self._keyring.token(role, manager_id=self.ids.get(who))
        headers = {"Authorization": f"Bearer {token}"}
        async with self._desk.client.request(method, path, headers=headers, **kwargs) as answer:
            return answer.status, await answer.json(content_type=None)

    async def call(
        self, who: str, method: str, path: str, status: int = 200, **kwargs: Any
    ) -> dict[str, Any]:
        answered, content = await self.ask(who, method, path, **kwargs)
        assert answered == status, content
        return content

    async def mark(self, who: str, lead: UUID, wanted: str, status: int = 200) -> dict[str, Any]:
        body = {"status": wanted, "reason": "why"}
        return await self.call(who, "PUT", f"/v1/leads/{lead}/status", status, json=body)

    async def holder(self, lead: UUID) -> str | None:
        for name, manager_id in self.ids.items():
            shown = await self.call("reader", "GET", f"/v1/managers/{manager_id}")
            if str(lead) in {each["id"] for each in shown["leads"]}:
                return name
        return None


@pytest.fixture
async def people(desk: "Desk", keyring: Keyring) -> People:
    people = People(desk, keyring)
    await people.hire("anna", "bert")
    return people


async def test_a_manager_marks_what_he_holds_and_nothing_else(desk: "Desk", people: People) -> None:
    hers, his, waiting = await desk.leads(3)
    assert [await people.holder(each) for each in (hers, his, waiting)] == ["anna", "bert", None]
    for lead in (his, waiting):
        refused = await people.mark("anna", lead, "reached_out", 403)
        assert refused["code"] == "forbidden"
    await people.mark("anna", hers, "reached_out")
    await people.mark("anna", hers, "interested")
    # Sent again because the answer was lost, it is answered as before, though he holds it no more.
    await people.mark("anna", hers, "interested")
    assert await people.holder(waiting) == "anna"
    await people.mark("admin", his, "not_interested")


async def test_decisions_are_corrected_by_an_administrator(desk: "Desk", people: People) -> None:
    [lead] = await desk.leads(1)
    await people.mark("anna", lead, "interested")
    await people.mark("anna", lead, "not_interested", 403)
    await people.mark("admin", lead, "not_interested")


@pytest.mark.parametrize("action", ["pause", "resume", "next-lead"])
async def test_a_manager_acts_in_his_own_name(people: People, action: str) -> None:
    path = f"/v1/managers/{people.ids['bert']}/{action}"
    refused = await people.call("anna", "POST", path, 403)
    assert refused["code"] == "forbidden"
    allowed = 404 if action == "next-lead" else 200
    await people.call("bert", "POST", path, allowed)
    await people.call("admin", "POST", path, allowed)


async def test_a_manager_claims_what_waits_for_himself_alone(desk: "Desk", people: People) -> None:
    for name in people.ids:
        await people.call("admin", "POST", f"/v1/managers/{people.ids[name]}/pause")
    first, second = await desk.leads(2)
    await people.call("anna", "POST", f"/v1/managers/{people.ids['anna']}/resume")
    assert await people.holder(first) == "anna"
    path = f"/v1/leads/{second}/assignee"
    for_bert = {"manager_id": str(people.ids["bert"])}
    await people.call("anna", "PUT", path, 403, json=for_bert)
    await people.call("bert", "PUT", path, 409, json=for_bert)  # he is paused
    await people.call("admin", "PATCH", f"/v1/managers/{people.ids['bert']}", json={"capacity": 2})
    await people.call("bert", "POST", f"/v1/managers/{people.ids['bert']}/resume")
    assert await people.holder(second) == "bert"
    taking = for_bert | {"reassign": True}
    taken = f"/v1/leads/{first}/assignee"
    advice = {"admin": 'send "reassign": true', "bert": "only an administrator may"}
    for name, said in advice.items():
        refused = await people.call(name, "PUT", taken, 409, json=for_bert)
        assert said in refused["detail"]
    await people.call("bert", "PUT", taken, 403, json=taking)
    assert await people.holder(first) == "anna"
    await people.call("admin", "PUT", taken, json=taking)
    assert await people.holder(first) == "bert"


async def test_a_manager_gives_back_what_is_his(desk: "Desk", people: People) -> None:
    hers, his = await desk.leads(2)
    path = f"/v1/leads/{his}/assignee"
    for_bert = {"manager_id": str(people.ids["bert"])}
    await people.call("anna", "DELETE", path, 403, params=for_bert)
    await people.call("anna", "DELETE", path)  # he does not hold it: nothing happens
    assert await people.holder(his) == "bert"
    await people.call("bert", "DELETE", path)
    assert await people.holder(his) is None
    assert await people.holder(hers) == "anna"


async def test_a_lead_that_is_taken_from_a_manager_meanwhile_is_not_marked_by_him(
    desk: "Desk", people: People
) -> None:
    for name in people.ids:
        await people.call(
            "admin", "PATCH", f"/v1/managers/{people.ids[name]}", json={"capacity": 9}
        )
    for lead in await desk.leads(8):
        loser = await people.holder(lead)
        winner = "bert" if loser == "anna" else "anna"
        assert loser is not None
        body = {"manager_id": str(people.ids[winner]), "reassign": True}
        (marked, _), (assigned, _) = await asyncio.gather(
            people.ask(loser, "PUT", f"/v1/leads/{lead}/status", json={"status": "interested"}),
            people.ask("admin", "PUT", f"/v1/leads/{lead}/assignee", json=body),
        )
        assert (marked, assigned) in {(200, 409), (403, 200)}


async def test_histories_name_who_did_it(desk: "Desk", people: People, keyring: Keyring) -> None:
    [lead] = await desk.leads(1)
    await people.mark("anna", lead, "reached_out")
    by_key: dict[str, Any] = {"headers": keyring.headers("admin", "key")}
    path = f"/v1/leads/{lead}/status"
    await desk.call("PUT", path, json={"status": "interested"}, **by_key)
    shown = await people.call("reader", "GET", f"/v1/leads/{lead}/history")
    assert [(each["event"], each["actor"]) for each in shown["items"]] == [
        ("lead_assigned", "matcher"),
        ("lead_reached_out", "manager"),
        ("lead_interested_created", "admin-key"),
    ]


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LOG_IN = {"username": "manager", "password": "password of manager"}


@pytest.mark.parametrize("kind", ["json", "data"])
async def test_a_password_is_exchanged_for_a_token(desk: "Desk", kind: str) -> None:
    body: dict[str, Any] = {kind: LOG_IN | {"grant_type": "password", "scope": "x"}}
    got = await desk.call("POST", "/v1/auth/token", **body)
    assert {name: value for name, value in got.items() if name != "access_token"} == {
        "token_type": "Bearer",
        "expires_in": 3600,
        "name": "manager",
        "roles": ["manager"],
        "manager_id": str(MANAGER_ID),
    }
    headers = {"Authorization": f"Bearer {got['access_token']}"}
    me = await desk.call("GET", "/v1/auth/me", headers=headers)
    ends = datetime.fromisoformat(me.pop("expires_at"))
    assert abs(ends - datetime.now(UTC) - timedelta(hours=1)) < timedelta(minutes=1)
    assert me == {
        "name": "manager",
        "roles": ["manager"],
        "manager_id": str(MANAGER_ID),
        "auth": "on",
    }


JSON = {"Content-Type": "application/json"}

NO_LOG_IN: list[tuple[dict[str, Any], int, str]] = [
    ({"json": LOG_IN | {"password": "wrong"}}, 401, "unauthorized"),
    ({"json": LOG_IN | {"username": "nobody"}}, 401, "unauthorized"),
    ({"json": LOG_IN | {"username": "manager-key"}}, 401, "unauthorized"),
    ({"json": {"username": "manager"}}, 422, "invalid_request"),
    ({"json": LOG_IN | {"password": ""}}, 422, "invalid_request"),
    ({"json": LOG_IN | {"password": "x" * 2_000}}, 422, "invalid_request"),
    ({"json": LOG_IN | {"password": "\u0000"}}, 422, "invalid_request"),
    ({"json": LOG_IN | {"grant_type": "client_credentials"}}, 422, "invalid_request"),
    ({"json": []}, 422, "invalid_request"),
    ({"data": b"username=manager&password=%ff", "headers": FORM}, 401, "unauthorized"),
    ({"data": b"", "headers": FORM}, 422, "invalid_request"),
    ({"data": b'{"username": "a", "password": "\\ud800"}', "headers": JSON}, 400, "malformed_json"),
    ({"data": b"{", "headers": JSON}, 400, "malformed_json"),
    ({"data": b"x" * 20_000, "headers": JSON}, 413, "body_too_large"),
]


async def test_what_is_no_log_in_gets_no_token(desk: "Desk") -> None:
    for kwargs, status, code in NO_LOG_IN:
        answer = await desk.call("POST", "/v1/auth/token", status, **kwargs)
        assert answer["code"] == code
        assert "password of" not in str(answer)


async def test_guessing_at_the_token_is_slowed_too(desk: "Desk") -> None:
    for number in range(OF_USER_THERE.size):
        body = LOG_IN | {"password": f"guess {number}"}
        await desk.call("POST", "/v1/auth/token", 401, json=body)
    refused = await desk.call("POST", "/v1/auth/token", 429, json=LOG_IN)
    assert refused["code"] == "too_many_attempts"
