"""Clients that ask for nonsense, or behave badly: they are told so, and hurt nobody else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import aiohttp
import pytest
from uuid_utils.compat import uuid7

from leadwire.testing import eventually
from stream_svc.domain.cursor import StreamCursor

if TYPE_CHECKING:
    from conftest import MakeContact, StartService, StreamService

READERS = 1000
LISTS = ["/v1/leads", "/v1/leads/count", "/v1/leads/stream"]
EVERY_PATH = [*LISTS, f"/v1/leads/{UUID(int=7)}"]


@pytest.mark.parametrize("path", EVERY_PATH)
async def test_an_unknown_parameter_is_refused_everywhere(
    service: "StreamService", path: str
) -> None:
    assert await service.problem(path, colour="red") == (400, "invalid_request")


@pytest.mark.parametrize("path", LISTS)
async def test_a_repeated_parameter_is_refused_everywhere(
    service: "StreamService", path: str
) -> None:
    """Which of the two was meant? A comma says that either will do."""
    status, code = await service.problem(f"{path}?status=pending&status=interested")
    assert (status, code) == (400, "invalid_request")


@pytest.mark.parametrize("path", LISTS)
async def test_a_filter_with_thousands_of_values_is_refused(
    service: "StreamService", path: str
) -> None:
    """As many ids do not fit into a URL at all, which answers with 414 before it comes here."""
    short = ",".join("a" * 1001)
    assert await service.problem(path, email_domain=short) == (400, "invalid_request")


async def test_as_many_ids_as_fit_are_taken(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    wanted = uuid7()
    await service.publisher.created(make_contact(import_id=wanted), make_contact())
    await service.stored(2)
    ids = ",".join([*(str(uuid7()) for _ in range(200)), str(wanted)])
    for path in ("/v1/leads", "/v1/leads/stream"):
        async with service.client.get(path, params={"import_id": ids}) as response:
            assert (await response.read()).count(str(wanted).encode()) == 1, path


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "1.5", "ten", ""])
async def test_a_page_of_no_size_is_refused(service: "StreamService", limit: str) -> None:
    assert await service.problem("/v1/leads", limit=limit) == (400, "invalid_request")


async def test_cursors_that_are_broken_or_not_of_this_stream_are_refused(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    await service.publisher.created(make_contact(), make_contact())
    await service.stored(2)
    cursor = (await service.snapshot())[-2]["cursor"]
    of_a_list = (await service.get("/v1/leads", limit="1"))["next_cursor"]
    place = StreamCursor.decode(cursor)
    refused = {
        "empty": "",
        "cut": cursor[:20],
        "longer": cursor + "AAAA",
        "long": "A" * 5000,
        "of a list": of_a_list,
        "not ASCII": "é" + cursor[1:],
        "position out of range": replace(place, pos=2**63).encode(),
    } | {
        f"changed at {at}": cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
        for at in range(0, len(cursor) - 1, 9)
    }
    for what, text in refused.items():
        answer = await service.problem("/v1/leads/stream", cursor=text)
        assert answer == (400, "invalid_cursor"), what
    assert await service.problem("/v1/leads", cursor=cursor) == (400, "invalid_cursor")


async def test_a_cursor_of_the_future_is_to_be_tried_again(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    await service.publisher.created(make_contact())
    await service.stored(1)
    place = StreamCursor.decode((await service.snapshot())[-2]["cursor"])
    future = {"cursor": replace(place, pos=2**62).encode()}
    async with service.client.get("/v1/leads/stream", params=future) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
        assert (await response.json())["code"] == "cursor_ahead"


@pytest.mark.parametrize("accept", ["text/html", "application/x-ndjson;q=0, text/plain"])
async def test_a_form_that_there_is_not_is_refused(service: "StreamService", accept: str) -> None:
    async with service.client.get("/v1/leads/stream", headers={"Accept": accept}) as response:
        assert (response.status, (await response.json())["code"]) == (406, "not_acceptable")


@pytest.mark.timeout(180)
async def test_a_thousand_readers_that_connect_at_once_are_all_served(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    """Each holds the snapshot, and then hears of a change; afterwards nothing is held for them."""
    await service.publisher.created(make_contact())
    await service.stored(1)
    synced = asyncio.Barrier(READERS + 1)
    late = make_contact()

    async def read(session: aiohttp.ClientSession) -> str:
        url = service.client.make_url("/v1/leads/stream?follow=true")
        async with session.get(url) as response:
            assert response.status == 200, await response.text()
            while not (line := await response.content.readline()).startswith(b'{"type":"synced"'):
                assert line, "the stream was cut"
            await synced.wait()
            while not (line := await response.content.readline()).startswith(b'{"type":"put"'):
                assert line, "the stream was cut"
            return line[20:56].decode()

    async with many_connections() as session, asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(read(session)) for _ in range(READERS)]
        async with asyncio.timeout(90):
            await synced.wait()
        assert await _metric(service, "leadwire_streams_open") == READERS
        await service.publisher.created(late)
    assert {reader.result() for reader in readers} == {str(late.id)}
    await eventually(lambda: _nobody_is_served(service), within=30)


async def test_one_client_has_a_bounded_number_of_streams_and_others_have_theirs(
    start_service: "StartService",
) -> None:
    service = await start_service(max_streams_per_client=1, trusted_proxies="127.0.0.0/8")
    path = "/v1/leads/stream"
    first = {"X-Forwarded-For": "198.51.100.1"}
    pretending = {"X-Forwarded-For": "198.51.100.9, 198.51.100.1"}
    async with service.client.get(f"{path}?follow=true", headers=first):
        async with service.client.get(path, headers=pretending) as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (429, "5")
            assert (await refused.json())["code"] == "too_many_streams_of_client"
        async with service.client.get(path, headers={"X-Forwarded-For": "198.51.100.2"}) as other:
            assert other.status == 200

    async def free_again() -> bool:
        async with service.client.get(path, headers=first) as response:
            return response.status == 200

    await eventually(free_again, message="the place of the stream that was left is free")


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_a_reader_that_leaves_in_the_middle_of_a_batch_leaves_nothing_behind(
    service: "StreamService", make_contact: "MakeContact", coding: str
) -> None:
    # Noise, which cannot be compressed: more than the sockets' buffers hold.
    noise = [f"{uuid7()}{UUID(int=2**127 + 3**70 * number)}" * 250 for number in range(400)]
    contacts = [make_contact(attributes={"blob": each}) for each in noise]
    for start in range(0, len(contacts), 2):
        await service.publisher.created(*contacts[start : start + 2])
    await service.stored(len(contacts))

    url = service.client.make_url("/v1/leads/stream?follow=true")
    for _ in range(5):
        reader, writer = await asyncio.open_connection(url.host, url.port)
        request = (
            f"GET {url.path_qs} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: {coding}\r\n\r\n"
        )
        writer.write(request.encode())
        assert len(await reader.readexactly(4_000)) == 4_000
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    await eventually(lambda: _nobody_is_served(service))
    assert (await service.snapshot())[-1] == {"type": "end", "count": len(contacts)}


@contextlib.asynccontextmanager
async def many_connections() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=150)
    headers = {"Accept-Encoding": "identity"}
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, headers=headers
    ) as session:
        yield session


async def _nobody_is_served(service: "StreamService") -> bool:
    return (
        await _metric(service, "leadwire_streams_open") == 0
        and await _metric(service, "leadwire_reads_waiting") == 0
    )


async def _metric(service: "StreamService", name: str) -> float:
    async with service.client.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    [found] = [line for line in lines if line.startswith(f'{name}{{service="stream-svc"}}')]
    return float(found.split()[-1])
