"""Everything that goes wrong is told as problem+json, and nothing of the inside with it."""

import uuid
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from structlog.testing import capture_logs

from leadwire.access import PUBLIC
from leadwire.http import (
    Operation,
    Problem,
    Response,
    answer_unavailable_when,
    new_application,
)

Client = TestClient[web.Request, web.Application]
Serve = Callable[..., Awaitable[Client]]


async def full(_: web.Request) -> web.StreamResponse:
    raise Problem(
        status=409, code="manager_full", detail="Wait.", headers={"Retry-After": "3"}, capacity=1
    )


async def broken(_: web.Request) -> web.StreamResponse:
    raise RuntimeError("alice@example.com")


async def odd_status(_: web.Request) -> web.StreamResponse:
    raise web.HTTPTooManyRequests


async def elsewhere(_: web.Request) -> web.StreamResponse:
    raise web.HTTPSeeOther("/full")


def get(path: str, handler: Callable[..., Awaitable[web.StreamResponse]]) -> Operation:
    return Operation("GET", path, handler, "s", "t", {200: Response(None, "x")}, access=PUBLIC)


@pytest.fixture
async def client(serve: Serve) -> Client:
    return await serve(
        get("/full", full), get("/broken", broken), get("/odd", odd_status), get("/see", elsewhere)
    )


@pytest.mark.parametrize("path", ["/full", "/healthz", "/openapi.json"])
async def test_every_json_answer_ends_with_a_newline(client: Client, path: str) -> None:
    body = await (await client.get(path)).read()

    assert body.endswith(b"}\n")
    assert body.count(b"\n") == 1


async def test_a_problem_is_rendered_with_all_its_members(client: Client) -> None:
    answer = await client.get("/full")

    assert answer.status == 409
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Retry-After"] == "3"
    assert await answer.json() == {
        "type": "urn:leadwire:problem:manager_full",
        "title": "Conflict",
        "status": 409,
        "code": "manager_full",
        "detail": "Wait.",
        "capacity": 1,
        "request_id": answer.headers["X-Request-Id"],
    }


async def test_what_nobody_foresaw_is_logged_with_its_stack_and_hidden_from_the_client(
    client: Client,
) -> None:
    with capture_logs() as lines:
        answer = await client.get("/broken")

    assert (answer.status, (await answer.json())["code"]) == (500, "internal_error")
    assert "alice" not in await answer.text()
    (failure,) = [line for line in lines if line["event"] == "request_failed"]
    assert failure["route"] == "/broken"
    assert isinstance(failure["exc_info"], RuntimeError)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/%00", 404, "not_found"),
        ("DELETE", "/full", 405, "method_not_allowed"),
        ("GET", "/odd", 429, "http_error"),
    ],
)
async def test_what_aiohttp_refuses_is_a_problem_too(
    client: Client, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)

    assert answer.content_type == "application/problem+json"
    assert (answer.status, (await answer.json())["code"]) == (status, code)


async def test_a_wrong_method_is_told_the_right_ones(client: Client) -> None:
    assert (await client.delete("/full")).headers["Allow"] == "GET,HEAD"


async def test_a_redirect_stays_one(client: Client) -> None:
    answer = await client.get("/see", allow_redirects=False)

    assert (answer.status, answer.headers["Location"]) == (303, "/full")


async def test_a_failure_that_passes_by_itself_is_a_503_with_retry_after(serve: Serve) -> None:
    app = new_application(title="probe", version="1", authenticator=None)
    answer_unavailable_when(app, lambda error: isinstance(error, RuntimeError))
    client = await serve(get("/broken", broken), app=app)

    answer = await client.get("/broken")

    assert (answer.status, (await answer.json())["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


async def test_a_sane_request_id_is_kept_and_any_other_replaced(client: Client) -> None:
    kept = await client.get("/full", headers={"X-Request-Id": "abc-123"})
    too_long = await client.get("/full", headers={"X-Request-Id": "a" * 129})
    strange = await client.get("/full", headers={"X-Request-Id": "a b"})
    missing = await client.get("/full")

    assert kept.headers["X-Request-Id"] == "abc-123"
    made = [each.headers["X-Request-Id"] for each in (too_long, strange, missing)]
    assert len({uuid.UUID(each) for each in made}) == 3


async def test_the_server_header_names_no_version(client: Client) -> None:
    assert (await client.get("/full")).headers["Server"] == "leadwire"


async def test_the_access_log_has_the_template_and_never_the_path(serve: Serve) -> None:
    async def show(_: web.Request, *, name: str) -> web.StreamResponse:
        return web.Response(text=name)

    client = await serve(get("/people/{name}", show))
    with capture_logs() as lines:
        answer = await client.get("/people/alice", headers={"X-Request-Id": "r1"})
        await answer.read()

    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["route"], line["method"], line["status"]) == ("/people/{name}", "GET", 200)
    assert line["duration_ms"] >= 0
    assert "alice" not in str(line)
