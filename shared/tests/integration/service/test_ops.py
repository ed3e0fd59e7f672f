"""What an operator is answered by any service, over HTTP."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.metadata import version
from types import ModuleType
from typing import Any

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from leadwire.broker.memory import MemoryHub
from leadwire.db import Connection
from leadwire.outbox import OUTBOX_MIGRATIONS
from leadwire.service import create_app
from leadwire.testing import eventually

MakeServiceDatabase = Callable[..., Awaitable[str]]
Client = TestClient[web.Request, web.Application]
BASE = "/v1/ops/probe-svc"

PARK = """
    INSERT INTO parked (subscription, source, event_id, type, content_type, body, headers, reason,
                        attempts)
    VALUES ($1, 'src', $2, $3, 'text/plain', $4, '{own,kept}', 'it would not go', 10)
"""
PARK_IN_OUTBOX = """
    INSERT INTO outbox (event_id, type, content_type, body, headers, attempts, last_error,
                        parked_at)
    VALUES ($1, 'probed', 'application/cloudevents+json', '{}',
            '{ce-source,probe,traceparent,00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01}',
            1, 'too large', now())
"""


@pytest.fixture
async def database_url(make_service_database: MakeServiceDatabase) -> str:
    return await make_service_database("probe_svc", [OUTBOX_MIGRATIONS])


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(database_url, server_settings={"search_path": "probe_svc"})
    yield connection
    await connection.close()


@pytest.fixture
def hub() -> str:
    return str(uuid.uuid4())


@pytest.fixture
async def client(probe: ModuleType, database_url: str, hub: str) -> AsyncIterator[Client]:
    settings = probe.ProbeSettings(
        auth="off",
        broker_url=SecretStr(f"memory://{hub}"),
        database_url=SecretStr(database_url),
    )
    async with TestClient(TestServer(create_app(probe.SERVICE, settings))) as client:
        yield client


@pytest.fixture
async def parked(connection: Connection) -> None:
    """Three deliveries of two subscriptions and types, and two events of the outbox."""
    await connection.execute(PARK, "probe-svc", "e1", "probed", b'{"a": 1}')
    await connection.execute(PARK, "former", "e2", "probed", b"{}")
    await connection.execute(PARK, "probe-svc", "e3", "told", b"\xff")
    for event_id in ("e4", "e5"):
        await connection.execute(PARK_IN_OUTBOX, event_id)


async def get(client: Client, path: str, **query: str | int) -> Any:
    answer = await client.get(f"{BASE}{path}", params=query)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def refusal(answer: Any) -> tuple[int, str]:
    return answer.status, (await answer.json())["code"]


@pytest.mark.usefixtures("parked")
async def test_all_that_is_parked_is_one_list_page_by_page(client: Client) -> None:
    found, cursor = [], ""
    while True:
        page = await get(client, "/parked", limit=2, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert [(each["place"], each["subscription"], each["event_id"]) for each in found] == [
        ("consumer", "probe-svc", "e1"),
        ("consumer", "former", "e2"),
        ("consumer", "probe-svc", "e3"),
        ("outbox", None, "e4"),
        ("outbox", None, "e5"),
    ]
    assert found[0] | {"parked_at": None} == {
        "id": "consumer-1",
        "place": "consumer",
        "subscription": "probe-svc",
        "source": "src",
        "event_id": "e1",
        "type": "probed",
        "reason": "it would not go",
        "attempts": 10,
        "parked_at": None,
        "size": 8,
    }
    assert (found[3]["source"], found[3]["reason"]) == ("probe", "too large")


@pytest.mark.usefixtures("parked")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"subscription": "probe-svc"}, ["e1", "e3"]),
        ({"type": "probed"}, ["e1", "e2", "e4", "e5"]),
        ({"subscription": "probe-svc", "type": "told"}, ["e3"]),
        ({"place": "outbox"}, ["e4", "e5"]),
        ({"place": "consumer"}, ["e1", "e2", "e3"]),
        ({"subscription": "nobody"}, []),
    ],
)
async def test_the_list_is_filtered(
    client: Client, query: dict[str, str], expected: list[str]
) -> None:
    page = await get(client, "/parked", **query)
    assert [each["event_id"] for each in page["items"]] == expected


@pytest.mark.usefixtures("parked")
async def test_one_is_shown_with_all_that_was_published(client: Client) -> None:
    shown = await get(client, "/parked/consumer-1")
    assert (shown["body"], shown["body_base64"]) == ('{"a": 1}', None)
    assert (shown["content_type"], shown["headers"]) == ("text/plain", {"own": "kept"})
    broken = await get(client, "/parked/consumer-3")
    assert (broken["body"], broken["body_base64"]) == (None, "/w==")
    in_outbox = (await get(client, "/parked", place="outbox"))["items"][0]
    assert (await get(client, f"/parked/{in_outbox['id']}"))["body"] == "{}"


@pytest.mark.usefixtures("parked")
async def test_what_was_parked_in_the_outbox_is_published_and_handled_once_requeued(
    client: Client, connection: Connection
) -> None:
    [first, second] = (await get(client, "/parked", place="outbox"))["items"]
    answer = await client.post(f"{BASE}/parked/{first['id']}/requeue")
    assert (answer.status, (await answer.json())["decision"]) == (200, "requeued")

    async def handled() -> bool:
        return len((await (await client.get("/traces")).json())["traces"]) == 1

    await eventually(handled)
    again = await client.post(f"{BASE}/parked/{first['id']}/requeue")
    assert again.status == 200
    discarded = await client.delete(f"{BASE}/parked/{second['id']}", params={"reason": "too large"})
    assert discarded.status == 204

    async def outbox_is_empty() -> bool:
        return bool(await connection.fetchval("SELECT count(*) FROM outbox") == 0)

    await eventually(outbox_is_empty)
    decisions = (await get(client, "/decisions"))["items"]
    assert [(each["decision"], each["event_id"], each["reason"]) for each in decisions] == [
        ("discarded", "e5", "too large"),
        ("requeued", "e4", None),
    ]
    assert await handled()


@pytest.mark.usefixtures("parked")
async def test_all_that_match_are_requeued_batch_by_batch(
    client: Client, connection: Connection
) -> None:
    traced = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await connection.execute("UPDATE parked SET headers = $1", ["traceparent", traced])
    counts, refused, cursor = [], [], None
    while True:
        query = {"type": "probed", "limit": "1"} | ({"cursor": cursor} if cursor else {})
        answer = await client.post(f"{BASE}/parked/requeue", params=query)
        assert answer.status == 200, await answer.text()
        batch = await answer.json()
        counts.append(batch["requeued"])
        refused += batch["refused"]
        if (cursor := batch["next_cursor"]) is None:
            break
    assert sum(counts) == 3
    assert [(each["id"], each["code"]) for each in refused] == [
        ("consumer-2", "subscription_missing")
    ]

    async def left() -> list[str]:
        return [each["event_id"] for each in (await get(client, "/parked"))["items"]]

    assert await left() == ["e2", "e3"]


@pytest.mark.usefixtures("parked")
async def test_what_makes_no_sense_is_refused(client: Client) -> None:
    unknown = f"{BASE}/parked/consumer-4711"
    for answer in (
        await client.get(unknown),
        await client.post(f"{unknown}/requeue"),
        await client.delete(unknown, params={"reason": "gone"}),
    ):
        assert await refusal(answer) == (404, "parked_event_not_found")
    one = f"{BASE}/parked/consumer-1"
    for answer in (
        await client.delete(one),
        await client.delete(one, params={"reason": "  "}),
        await client.delete(one, params={"reason": "x" * 501}),
        await client.get(f"{BASE}/parked/12"),
        await client.get(f"{BASE}/parked/consumer-{10**18}0"),
        await client.get(f"{BASE}/parked", params={"place": "nowhere"}),
        await client.post(f"{BASE}/parked/requeue", params={"limit": "501"}),
    ):
        assert (await refusal(answer))[1] == "invalid_request"
    cursor = (await get(client, "/parked", limit=1))["next_cursor"]
    for path in ("/parked?type=told&", "/decisions?"):
        answer = await client.get(f"{BASE}{path}cursor={cursor}")
        assert await refusal(answer) == (400, "invalid_cursor")
    assert len((await get(client, "/parked"))["items"]) == 5


@pytest.mark.usefixtures("parked")
async def test_the_status_tells_all_numbers_also_while_the_broker_is_away(
    client: Client, hub: str
) -> None:
    status = await get(client, "/status")
    assert status["service"] == "probe-svc"
    assert status["outbox"] == {"pending": 0, "oldest_pending_seconds": 0, "parked": 2}
    assert status["subscriptions"] == [
        {"name": "probe-svc", "waiting": 0, "parked": 2},
        {"name": "former", "waiting": None, "parked": 1},
    ]
    assert status["missing"] == []
    assert status["version"] == version("leadwire")
    MemoryHub.named(hub).go_down()
    status = await get(client, "/status")
    assert status["subscriptions"][0] == {"name": "probe-svc", "waiting": None, "parked": 2}
    assert status["missing"] is None
    answer = await client.post(f"{BASE}/parked/consumer-1/requeue")
    assert await refusal(answer) == (503, "broker_unavailable")
    assert "Retry-After" in answer.headers
    assert len((await get(client, "/parked"))["items"]) == 5


@pytest.mark.usefixtures("parked")
async def test_the_gauges_are_true_after_a_start(client: Client) -> None:
    # Parked by nobody that runs: a counter would know of nothing.
    expected = [
        'leadwire_parked_events{service="probe-svc",subscription="probe-svc"} 2.0',
        'leadwire_parked_events{service="probe-svc",subscription="former"} 1.0',
        'leadwire_waiting_events{service="probe-svc",subscription="probe-svc"} 0.0',
    ]

    async def shown() -> bool:
        text = await (await client.get("/metrics")).text()
        return all(each in text for each in expected)

    await eventually(shown, within=30)
