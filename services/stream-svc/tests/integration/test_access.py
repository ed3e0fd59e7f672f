"""Who may do what here."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from leadwire.testing import eventually
from leadwire.testing.access import Keyring, Way, keyring_in, new_token_key, walk, write_private

if TYPE_CHECKING:
    from conftest import MakeContact, StartService

ADMIN: frozenset[str] = frozenset()
READERS = frozenset({"manager", "reader"})

RULES = {
    "GET /v1/leads/stream": READERS,
    "GET /v1/leads": READERS,
    "GET /v1/leads/count": READERS,
    "GET /v1/leads/{lead_id}": READERS,
    "GET /v1/ops/stream-svc/status": ADMIN,
    "GET /v1/ops/stream-svc/parked": ADMIN,
    "GET /v1/ops/stream-svc/parked/{parked_id}": ADMIN,
    "GET /v1/ops/stream-svc/decisions": ADMIN,
    "POST /v1/ops/stream-svc/parked/requeue": ADMIN,
    "POST /v1/ops/stream-svc/parked/{parked_id}/requeue": ADMIN,
    "DELETE /v1/ops/stream-svc/parked/{parked_id}": ADMIN,
}


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return keyring_in(tmp_path)


async def test_every_route_lets_in_whom_it_should_by_every_way_and_nobody_else(
    start_service: "StartService", keyring: Keyring
) -> None:
    service = await start_service(**keyring.settings)
    await walk(service.client, keyring, RULES)


async def test_a_stream_ends_with_its_token_and_goes_on_with_a_new_one(
    start_service: "StartService", keyring: Keyring, make_contact: "MakeContact"
) -> None:
    service = await start_service(**keyring.settings)
    path, follow = "/v1/leads/stream", {"follow": "true"}

    def headers(lifetime: timedelta) -> dict[str, str]:
        return {"Authorization": f"Bearer {keyring.token('reader', lifetime=lifetime)}"}

    brief = headers(timedelta(seconds=4))
    async with service.client.get(path, params=follow, headers=brief) as response:
        frames = [orjson.loads(line) async for line in response.content]
    assert frames[-1]["reason"] == "token_expired"
    cursor = next(frame["cursor"] for frame in reversed(frames) if "cursor" in frame)

    contact = make_contact()
    await service.publisher.created(contact)
    resumed = {"follow": "true", "cursor": cursor}
    long = headers(timedelta(hours=1))
    async with service.client.get(path, params=resumed, headers=long) as response:
        async for line in response.content:
            frame = orjson.loads(line)
            if frame["type"] == "put":
                break
    assert frame["id"] == str(contact.id)


@pytest.mark.parametrize(("way", "kept"), [("basic", "keys"), ("key", "users"), ("bearer", None)])
async def test_a_stream_ends_when_what_opened_it_is_removed(
    start_service: "StartService", keyring: Keyring, way: Way, kept: str | None
) -> None:
    service = await start_service(**keyring.settings, heartbeat_s=0.2)
    path, headers = "/v1/leads/stream?follow=true", keyring.headers("reader", way)
    async with service.client.get(path, headers=headers) as response:
        await response.content.readuntil(b'"synced"')
        if kept is None:
            write_private(keyring.token_keys_file, {"keys": [new_token_key("second")]})
        else:
            users = orjson.loads(keyring.users_file.read_bytes())
            write_private(keyring.users_file, {kept: users[kept]})
        async with asyncio.timeout(60):
            *_, last = [line async for line in response.content]
    assert orjson.loads(last)["reason"] == "access_changed"
    async with service.client.get(path, headers=headers) as response:
        assert response.status == 401


async def test_a_stream_goes_on_when_somebody_else_is_removed(
    start_service: "StartService", keyring: Keyring, make_contact: "MakeContact"
) -> None:
    service = await start_service(**keyring.settings)
    removed = keyring.headers("reader", "basic")

    async def is_refused() -> bool:
        async with service.client.get("/v1/leads/count", headers=removed) as response:
            return response.status == 401

    headers = keyring.headers("reader", "key")
    async with service.client.get("/v1/leads/stream?follow=true", headers=headers) as response:
        users = orjson.loads(keyring.users_file.read_bytes())
        write_private(keyring.users_file, {"keys": users["keys"]})
        await eventually(is_refused)
        await service.publisher.created(make_contact())
        async for line in response.content:
            frame = orjson.loads(line)
            assert frame["type"] != "bye"
            if frame["type"] == "put":
                break


async def test_streams_are_counted_for_each_user_wherever_he_is(
    start_service: "StartService", keyring: Keyring
) -> None:
    service = await start_service(
        max_streams_per_client=1, trusted_proxies="127.0.0.0/8", **keyring.settings
    )
    path = "/v1/leads/stream?follow=true"

    def headers(role: str, address: str) -> dict[str, str]:
        return {**keyring.headers(role), "X-Forwarded-For": address}

    async with service.client.get(path, headers=headers("reader", "198.51.100.1")) as first:
        assert first.status == 200
        elsewhere = headers("reader", "198.51.100.2")
        async with service.client.get(path, headers=elsewhere) as second:
            assert (second.status, (await second.json())["code"]) == (
                429,
                "too_many_streams_of_client",
            )
        beside = headers("admin", "198.51.100.1")
        async with service.client.get(path, headers=beside) as other:
            assert other.status == 200
