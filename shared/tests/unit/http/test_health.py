"""Health says whether a restart helps; readiness whether requests are welcome."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from leadwire.http import LEAVING, add_readiness_check, health, new_application

Client = TestClient[web.Request, web.Application]
Serve = Callable[..., Awaitable[Client]]


async def fine() -> None:
    pass


async def failing() -> None:
    raise RuntimeError("password=hunter2")


@pytest.fixture
def app() -> web.Application:
    return new_application(title="probe", version="1", authenticator=None)


async def test_ready_when_every_check_passes(serve: Serve, app: web.Application) -> None:
    add_readiness_check(app, "database", fine)
    client = await serve(app=app)

    answer = await client.get("/readyz")

    assert answer.status == 200
    assert await answer.json() == {"status": "ready", "checks": {"database": "ok"}}


async def test_not_ready_while_one_check_fails_and_the_reason_stays_inside(
    serve: Serve, app: web.Application
) -> None:
    add_readiness_check(app, "database", fine)
    add_readiness_check(app, "broker", failing)
    client = await serve(app=app)

    answer = await client.get("/readyz")

    assert answer.status == 503
    assert await answer.json() == {
        "status": "unavailable",
        "checks": {"database": "ok", "broker": "failed"},
    }
    assert (await client.get("/healthz")).status == 200


async def test_a_dependency_that_all_replicas_share_may_be_left_out(
    serve: Serve, app: web.Application
) -> None:
    add_readiness_check(app, "probe-svc database", fine)
    add_readiness_check(app, "probe-svc broker", failing)
    client = await serve(app=app)

    without_broker = await client.get("/readyz?exclude=broker")
    without_database = await client.get("/readyz?exclude=database")

    assert without_broker.status == 200
    assert (await without_broker.json())["checks"] == {"probe-svc database": "ok"}
    assert without_database.status == 503

    app[LEAVING].set()
    assert (await client.get("/readyz?exclude=broker")).status == 503


async def test_a_check_that_hangs_counts_as_failed(
    serve: Serve, app: web.Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CHECK_WITHIN", 0.05)
    add_readiness_check(app, "broker", asyncio.Event().wait)  # type: ignore[arg-type]
    client = await serve(app=app)

    assert (await client.get("/readyz")).status == 503


async def test_not_ready_while_the_process_leaves(serve: Serve, app: web.Application) -> None:
    client = await serve(app=app)

    app[LEAVING].set()
    answer = await client.get("/readyz")

    assert (answer.status, (await answer.json())["status"]) == (503, "draining")
    assert answer.headers["Connection"] == "close"


def test_two_checks_cannot_have_one_name(app: web.Application) -> None:
    add_readiness_check(app, "database", fine)

    with pytest.raises(ValueError, match="database"):
        add_readiness_check(app, "database", fine)
