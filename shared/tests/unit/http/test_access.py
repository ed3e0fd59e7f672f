"""Who shows which credentials, and what is answered to him."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from argon2 import PasswordHasher
from structlog.testing import capture_logs

from leadwire.access import ADMINS, ANYBODY, PUBLIC, Access, Role, only
from leadwire.access.attempts import OF_USER_THERE
from leadwire.access.passwords import MOST_WAITING
from leadwire.http import Operation, Response, json_response, principal_of
from leadwire.testing.access import (
    MANAGER_ID,
    Keyring,
    basic,
    write_private,
)

Client = TestClient[web.Request, web.Application]
Serve = Callable[..., Awaitable[Client]]

PASSWORD = "password of reader"


async def tell(request: web.Request) -> web.StreamResponse:
    who = principal_of(request)
    return json_response(
        {
            "name": who.name,
            "roles": sorted(who.roles),
            "manager_id": None if who.manager_id is None else str(who.manager_id),
            "ends": who.expires_at is not None,
        }
    )


def operation(method: str, path: str, access: Access) -> Operation:
    return Operation(method, path, tell, "s", "t", {200: Response(None, "x")}, access=access)


OPERATIONS = [
    operation("GET", "/read", only(Role.READER)),
    operation("POST", "/write", only(Role.READER)),
    operation("GET", "/admin", ADMINS),
    operation("GET", "/form", ANYBODY),
    operation("GET", "/public", PUBLIC),
]


@pytest.fixture
def serve_on(serve: Serve, guarded: Callable[[str], web.Application]) -> Serve:
    """Serve the operations with access on."""

    async def start(proxies: str = "") -> Client:
        return await serve(*OPERATIONS, app=guarded(proxies))

    return start


async def ask(
    client: Client, path: str, headers: Any = None, *, method: str = "GET"
) -> tuple[int, dict[str, Any]]:
    async with client.request(method, path, headers=headers) as response:
        return response.status, await response.json()


async def test_handlers_learn_who_asks(serve_on: Serve, keyring: Keyring) -> None:
    client = await serve_on()
    nobody: dict[str, Any] = {"name": None, "roles": [], "manager_id": None, "ends": False}
    reader = {"name": "reader", "roles": ["reader"], "manager_id": None, "ends": False}
    manager = {"name": "manager", "roles": ["manager"], "manager_id": str(MANAGER_ID)}
    assert await ask(client, "/form") == (200, nobody)
    assert await ask(client, "/read", keyring.headers("reader", "basic")) == (200, reader)
    assert await ask(client, "/form", keyring.headers("reader", "key")) == (
        200,
        reader | {"name": "reader-key"},
    )
    assert await ask(client, "/form", keyring.headers("manager")) == (200, manager | {"ends": True})


async def test_what_is_public_heeds_no_credentials(serve_on: Serve) -> None:
    client = await serve_on()
    status, who = await ask(client, "/public", {"X-API-Key": "wrong"})
    assert (status, who["name"]) == (200, None)
    assert (await ask(client, "/form", {"X-API-Key": "wrong"}))[0] == 401


async def test_off_lets_everybody_do_everything_whatever_he_shows(
    serve: Serve,
) -> None:
    client = await serve(*OPERATIONS)
    status, who = await ask(client, "/admin", {"Authorization": "nonsense"})
    assert (status, who["name"], who["roles"]) == (200, None, sorted(Role))


async def test_off_lets_no_foreign_page_change_anything_but_send_the_form(serve: Serve) -> None:
    client = await serve(*OPERATIONS, operation("POST", "/form", ANYBODY))
    for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
        status, problem = await ask(client, "/write", foreign, method="POST")
        assert (status, problem["code"]) == (403, "forbidden")
        assert (await ask(client, "/form", foreign, method="POST"))[0] == 200
    for own in ({}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": f"http://{client.host}:3000"}):
        assert (await ask(client, "/write", own, method="POST"))[0] == 200


async def test_a_role_that_does_not_do_is_told_which_would(
    serve_on: Serve, keyring: Keyring
) -> None:
    client = await serve_on()
    status, problem = await ask(client, "/read", keyring.headers("importer"))
    assert (status, problem["code"]) == (403, "forbidden")
    assert "admin, reader" in problem["detail"]


ENCODED = b64encode(b"reader").decode()

UNREADABLE = [
    {"Authorization": ""},
    {"Authorization": "Basic"},
    {"Authorization": "Basic !!!"},
    {"Authorization": f"Basic {ENCODED}"},
    {"Authorization": f"Basic {b64encode(bytes([255, 58, 255])).decode()}"},
    {"Authorization": "Bearer"},
    {"Authorization": "Negotiate x"},
    {"Authorization": "Bearer " + "x" * 5_000},
    {"X-API-Key": ""},
    [("Authorization", "Bearer a"), ("Authorization", "Bearer b")],
    [("X-API-Key", "lw_reader"), ("X-API-Key", "lw_reader")],
]


@pytest.mark.parametrize("headers", UNREADABLE)
async def test_credentials_that_are_none_get_401(serve_on: Serve, headers: Any) -> None:
    client = await serve_on()
    status, problem = await ask(client, "/read", headers)
    assert (status, problem["code"]) == (401, "unauthorized")


async def test_two_ways_at_once_are_refused(serve_on: Serve, keyring: Keyring) -> None:
    client = await serve_on()
    both = {**keyring.headers("reader"), **keyring.headers("reader", "key")}
    assert (await ask(client, "/read", both))[0] == 401


async def test_schemes_are_read_in_any_case(serve_on: Serve, keyring: Keyring) -> None:
    client = await serve_on()
    for way in ("basic", "bearer"):
        [(name, value)] = keyring.headers("reader", way).items()
        scheme, _, rest = value.partition(" ")
        assert (await ask(client, "/read", {name: f"{scheme.upper()}  {rest}"}))[0] == 200


async def test_a_page_is_not_challenged_to_basic(serve_on: Serve) -> None:
    client = await serve_on()
    async with client.get("/read") as response:
        assert "Basic" in response.headers["WWW-Authenticate"]
    async with client.get("/read", headers={"X-Requested-With": "console"}) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="leadwire"'
    async with client.get("/read", headers={"Authorization": "Bearer x"}) as response:
        assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


async def test_a_foreign_page_changes_nothing_by_the_password_that_a_browser_adds(
    serve_on: Serve, keyring: Keyring
) -> None:
    client = await serve_on()
    foreign = {"Sec-Fetch-Site": "cross-site"}
    password, token = keyring.headers("reader", "basic"), keyring.headers("reader")
    assert (await ask(client, "/write", foreign | password, method="POST"))[0] == 403
    assert (await ask(client, "/write", foreign | token, method="POST"))[0] == 200
    own = {"Sec-Fetch-Site": "same-origin"}
    assert (await ask(client, "/write", own | password, method="POST"))[0] == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1.evil.example", "null", "http://[", ""]
)
async def test_nor_does_it_where_the_browser_tells_the_origin_alone_as_without_tls(
    serve_on: Serve, keyring: Keyring, origin: str
) -> None:
    client = await serve_on()
    password = keyring.headers("reader", "basic")
    foreign = {"Origin": origin}
    assert (await ask(client, "/write", foreign | password, method="POST"))[0] == 403
    token = keyring.headers("reader")
    assert (await ask(client, "/write", foreign | token, method="POST"))[0] == 200
    for own in ("http://127.0.0.1:8080", f"https://{client.host}"):
        assert (await ask(client, "/write", password | {"Origin": own}, method="POST"))[0] == 200


async def test_a_body_is_not_waited_for_from_somebody_who_is_not_let_in(serve_on: Serve) -> None:
    client = await serve_on()

    async def never_ends() -> Any:
        yield b"x"
        await asyncio.sleep(3600)

    async with asyncio.timeout(30):
        async with client.post("/write", data=never_ends()) as response:
            assert response.status == 401


async def test_guessing_is_slowed_and_does_not_lock_out_elsewhere(
    serve_on: Serve, keyring: Keyring
) -> None:
    client = await serve_on("127.0.0.0/8")
    here, elsewhere = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
    for number in range(OF_USER_THERE.size):
        wrong = here | basic("reader", f"guess {number}")
        assert (await ask(client, "/read", wrong))[0] == 401
    right = keyring.headers("reader", "basic")
    async with client.get("/read", headers=here | right) as response:
        assert (response.status, (await response.json())["code"]) == (429, "too_many_attempts")
        assert 0 < int(response.headers["Retry-After"]) <= OF_USER_THERE.drop_seconds
    assert (await ask(client, "/read", elsewhere | right))[0] == 200
    # Known as right now, but where it was guessed, that must not tell.
    assert (await ask(client, "/read", here | right))[0] == 429
    assert (await ask(client, "/read", here | keyring.headers("reader")))[0] == 200


async def test_accents_may_be_sent_in_either_way(serve_on: Serve, keyring: Keyring) -> None:
    users = json.loads(keyring.users_file.read_text())
    reader = next(each for each in users["users"] if each["name"] == "reader")
    reader["password"] = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(
        "caf\u00e9 au lait"
    )
    write_private(keyring.users_file, users)
    client = await serve_on()
    for password in ("caf\u00e9 au lait", "cafe\u0301 au lait"):
        assert (await ask(client, "/read", basic("reader", password)))[0] == 200
    assert (await ask(client, "/read", basic("reader", "cafe au lait")))[0] == 401


async def test_the_same_password_many_times_at_once_is_one_attempt(
    serve_on: Serve, keyring: Keyring
) -> None:
    client = await serve_on()
    right = keyring.headers("reader", "basic")
    answers = await asyncio.gather(*(ask(client, "/read", right) for _ in range(50)))
    assert {status for status, _ in answers} == {200}


async def test_more_passwords_than_can_be_checked_get_503(
    serve_on: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await serve_on("127.0.0.0/8")
    monkeypatch.setattr("leadwire.access.passwords.MOST_WAITING", 0)
    async with client.get("/read", headers=basic("reader", PASSWORD)) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "2")
    # It was not looked at, so it does not count.
    monkeypatch.setattr("leadwire.access.passwords.MOST_WAITING", MOST_WAITING)
    assert (await ask(client, "/read", basic("reader", PASSWORD)))[0] == 200


async def test_no_secret_and_no_name_gets_into_a_log_or_an_answer(
    serve_on: Serve, keyring: Keyring
) -> None:
    client = await serve_on()
    tries = [
        keyring.headers("reader", "basic"),
        basic("reader", "hunter2-guess"),
        basic("hunter2-user", "hunter2-guess"),
        {"X-API-Key": "hunter2-key"},
        keyring.headers("reader", "key"),
        {"Authorization": "Bearer hunter2.hunter2.hunter2"},
        {"Authorization": "Basic hunter2"},
        keyring.headers("importer"),
        {"Authorization": f"Bearer {keyring.token('reader', lifetime=timedelta(hours=-1))}"},
    ]
    with capture_logs() as logs:
        answers = [await ask(client, "/admin", headers) for headers in tries]
    told = f"{logs} {answers}"
    secrets = [value.split()[-1] for each in tries for value in each.values()]
    assert [each for each in [*secrets, "hunter2", PASSWORD] if each in told] == []
    assert "reader" not in str(logs)
