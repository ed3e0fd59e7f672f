"""The services behind the gateway: what they promise holds through it."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from gateway.services import whole_leadwire

from leadwire.testing.postgres_databases import DatabaseTemplates

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADA = {"name": "Ada", "family_name": "Lovelace"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(
    database_templates: DatabaseTemplates, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=60)
    async with (
        whole_leadwire(database_templates, tmp_path_factory.mktemp("leadwire")) as gateway,
        aiohttp.ClientSession(gateway.url, timeout=timeout) as session,
    ):
        yield session


async def create(client: aiohttp.ClientSession, **fields: Any) -> dict[str, Any]:
    async with client.post("/v1/leads", json={**ADA, **fields}) as response:
        assert response.status == 201, await response.text()
        return {**await response.json(), "etag": response.headers["ETag"]}


async def test_a_follower_gets_each_change_while_the_stream_stays_open(
    client: aiohttp.ClientSession,
) -> None:
    for coding in ("identity", "gzip"):
        headers = {"Accept-Encoding": coding}
        query = {"follow": "true", "start": "now"}
        async with client.get("/v1/leads/stream", params=query, headers=headers) as stream:
            assert stream.headers.get("Content-Encoding", "identity") == coding
            assert await frame(stream, "hello")
            lead = await create(client, email=f"{coding}@example.org")
            assert (await frame(stream, "put"))["id"] == lead["id"]
            # What is made only now can only come now.
            async with client.patch(f"/v1/leads/{lead['id']}", json={"name": "Grace"}) as changed:
                assert changed.status == 200
            assert (await frame(stream, "put"))["lead"]["name"] == "Grace"


async def frame(stream: aiohttp.ClientResponse, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            found: dict[str, Any] = json.loads(await stream.content.readline())
            if found["type"] == kind:
                return found


async def test_an_import_of_many_parts_comes_whole(client: aiohttp.ClientSession) -> None:
    rows = 4000

    async def file() -> AsyncIterator[bytes]:
        yield b"name,family_name,email,cellphone,note\n"
        for n in range(rows):
            yield f"N,F,{n}@example.org,+1212555{n:04},{'x' * 300}\n".encode()

    headers = {"Content-Type": "text/csv"}
    async with client.post("/v1/imports", data=file(), headers=headers) as response:
        receipt = await response.json()
    assert (response.status, receipt["received"]) == (200, rows)
    assert receipt["imported"] + receipt["failed"] == rows
    # Far more than is compressed, or fits into what nginx holds of an answer.
    async with client.get(f"/v1/imports/{receipt['id']}/failures") as response:
        assert len((await response.read()).splitlines()) == receipt["failed"]


async def test_a_version_that_an_answer_gave_is_good_for_the_next_change(
    client: aiohttp.ClientSession,
) -> None:
    lead = await create(client, email="version@example.org")
    path, large = f"/v1/leads/{lead['id']}", {"attributes": {"note": "x" * 5000}}
    async with client.patch(path, json=large, headers={"If-Match": lead["etag"]}) as response:
        assert (response.status, response.headers["ETag"]) == (200, '"contact-2"')
    for tag, status in [(lead["etag"], 412), ("", 400), ('"contact-2"', 204)]:
        async with client.delete(path, headers={"If-Match": tag}) as response:
            assert response.status == status, tag


async def test_a_resume_goes_both_ways_as_it_is(client: aiohttp.ClientSession) -> None:
    resume = b"%PDF-1.7\n" + b"x" * 2_000_000
    form = aiohttp.FormData({**ADA, "email": "resume@example.org"})
    form.add_field("resume", io.BytesIO(resume), filename="cv.pdf", content_type="application/pdf")
    async with client.post("/v1/leads", data=form) as response:
        assert response.status == 201, await response.text()
        path = f"/v1/leads/{(await response.json())['id']}/resume"
    async with client.get(path) as response:
        assert await response.read() == resume
        assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        tag = response.headers["ETag"]
    async with client.get(path, headers={"If-None-Match": tag}) as response:
        assert response.status == 304
