"""A process runs a few imports at once; clients that do not send must not keep others out."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import orjson
import pytest

from leadwire.http import bodies
from leadwire.testing import eventually

if TYPE_CHECKING:
    from conftest import Desk, Json, MakePerson

SLOTS = 4  # as in the settings of these tests
HEAD = (
    b"POST /v1/imports HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
    b"Content-Length: 10000000\r\n\r\n"
)


class Client:
    """Sends an import by hand, as slowly as a test wants."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    @contextlib.asynccontextmanager
    async def connected(cls, desk: "Desk") -> AsyncIterator["Client"]:
        reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
        writer.write(HEAD)
        try:
            yield cls(reader, writer)
        finally:
            writer.transport.abort()

    async def send(self, piece: bytes) -> None:
        self._writer.write(piece)
        await self._writer.drain()

    async def drip(self) -> None:
        """Send a byte now and then, for as long as the connection lasts."""
        with contextlib.suppress(ConnectionError):
            while True:
                await self.send(b"\n")
                await asyncio.sleep(0.05)

    async def status_line(self) -> bytes:
        return await asyncio.wait_for(self._reader.readline(), timeout=20)

    async def answer(self) -> bytes:
        return await asyncio.wait_for(self._reader.read(), timeout=20)


@contextlib.asynccontextmanager
async def clients(desk: "Desk", count: int) -> AsyncIterator[list[Client]]:
    """Clients that have begun an import each, and do nothing more by themselves."""
    async with Client.connected(desk) as one:
        if count == 1:
            yield [one]
            return
        async with clients(desk, count - 1) as others:
            yield [one, *others]


async def refused(desk: "Desk", people: "list[Json]") -> str:
    """Wait until there is no place; return when to come again."""

    async def told() -> str:
        async with desk.client.post("/v1/imports", json=people) as response:
            assert response.status == 503
            assert (await response.json())["code"] == "too_many_imports"
            return response.headers["Retry-After"]

    return await eventually(told)


async def accepted(desk: "Desk", people: "list[Json]") -> bool:
    async with desk.client.post("/v1/imports", json=people) as response:
        return bool(response.status == 200)


async def test_imports_beyond_the_limit_are_told_to_come_again(
    desk: "Desk", person: "MakePerson"
) -> None:
    async with clients(desk, SLOTS):
        assert await refused(desk, [person(1)]) == "10"
    await eventually(lambda: accepted(desk, [person(1)]))
    assert bodies.HURRIED_PACE.grace < 10, "an idle client is gone when others come again"


@pytest.mark.usefixtures("short_hurry")
async def test_idle_clients_give_up_their_places_to_others(
    desk: "Desk", person: "MakePerson"
) -> None:
    async with clients(desk, SLOTS):
        await refused(desk, [person(1)])
        await eventually(lambda: accepted(desk, [person(1)]))
    assert await desk.value("SELECT count(*) FROM leads") == 1


@pytest.mark.usefixtures("short_hurry")
async def test_clients_that_drip_give_up_their_places_to_others(
    desk: "Desk", person: "MakePerson"
) -> None:
    async with clients(desk, SLOTS) as dripping:
        tasks = [asyncio.create_task(client.drip()) for client in dripping]
        await refused(desk, [person(1)])
        await eventually(lambda: accepted(desk, [person(1)]))
        for task in tasks:
            task.cancel()
    assert await desk.value("SELECT count(*) FROM leads") == 1


@pytest.mark.usefixtures("short_hurry")
async def test_of_all_clients_only_the_slowest_must_hurry(
    desk: "Desk", person: "MakePerson"
) -> None:
    """One is idle, the others have sent much: it is told so, and they go on."""
    many = [person(n, filler="x" * 4_000) for n in range(SLOTS * 300)]
    async with clients(desk, SLOTS) as (idle, *busy):
        for number, client in enumerate(busy):
            for each in many[number::SLOTS]:
                await client.send(orjson.dumps(each) + b"\n")
        await eventually(lambda: desk.value("SELECT count(*) >= 600 FROM leads"))
        await refused(desk, [person(9_999)])
        assert b" 408 " in (await idle.answer()).partition(b"\r\n")[0]
        assert await accepted(desk, [person(9_999)])
        found = (await desk.call("GET", "/v1/imports"))["items"]
        assert [each["status"] for each in found].count("running") == SLOTS - 1


async def test_an_import_whose_sender_stalls_gives_up_its_place_once_it_is_cancelled(
    desk: "Desk", many: bytes, person: "MakePerson"
) -> None:
    """The sender is answered, although it has not sent all."""
    async with clients(desk, SLOTS) as (stalled, *_):
        await stalled.send(many[: len(many) // 2])
        await eventually(lambda: desk.value("SELECT count(*) > 0 FROM leads"))
        [running] = (await desk.call("GET", "/v1/imports"))["items"]
        cancelled = await desk.call("POST", f"/v1/imports/{running['id']}/cancel")
        assert cancelled["status"] == "cancelled"
        assert b" 200 " in await stalled.status_line()
        assert await accepted(desk, [person(9_999)])
    assert await desk.call("GET", f"/v1/imports/{running['id']}") == cancelled
