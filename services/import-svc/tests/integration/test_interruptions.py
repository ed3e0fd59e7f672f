"""Clients that stall or vanish, a database that restarts: the receipt stays true."""

import asyncio
import contextlib
import gzip
import io
import multiprocessing
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
import pytest

from import_svc.app import create_app
from import_svc.messaging.leads_created import LeadsAnnouncer
from import_svc.settings import ImportSettings
from import_svc.storage.chunks import ChunkStore
from import_svc.storage.errors import LostRaceError
from import_svc.storage.leads import LeadStore
from import_svc.usecases import patience
from leadwire.db import Connection, Database
from leadwire.http import SUPERVISOR, HttpServer, application, bodies, writing
from leadwire.http.inflight import IN_FLIGHT
from leadwire.testing import eventually
from leadwire.testing.postgres import PostgresServer

if TYPE_CHECKING:
    from conftest import Desk, Json, MakePerson

LINES = 600
"""Rows of 2 KB each: more than one block."""


def body_of(people: "Sequence[Json]") -> bytes:
    return b"".join(orjson.dumps(each) + b"\n" for each in people)


def written(people: "Sequence[Json]", media_type: str) -> bytes:
    if media_type == "application/json":
        return orjson.dumps(people)
    if media_type == "application/x-ndjson":
        return body_of(people)
    lines = [",".join(people[0]), *(",".join(map(str, each.values())) for each in people)]
    return "\n".join(lines).encode()


def in_gzip(media_type: str) -> dict[str, str]:
    return {"Content-Type": media_type, "Content-Encoding": "gzip"}


async def open_request(
    port: int, body: bytes, *, announced: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send the beginning of a request that announces more."""
    head = (
        "POST /v1/imports HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/x-ndjson\r\nContent-Length: {announced}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.encode() + body)
    await writer.drain()
    return reader, writer


@pytest.fixture
def many(person: "MakePerson") -> "list[Json]":
    return [person(n, filler="x" * 4_000) for n in range(LINES)]


async def test_a_client_that_vanishes_midway_leaves_a_failed_import(
    desk: "Desk", many: "list[Json]"
) -> None:
    body = body_of(many)
    _, writer = await open_request(desk.port, body, announced=10 * len(body))
    await eventually(lambda: desk.value("SELECT count(*) > 0 FROM leads"))
    writer.transport.abort()

    async def ended() -> "Json":
        found: list[Json] = (await desk.call("GET", "/v1/imports"))["items"]
        ended = [each for each in found if each["status"] != "running"]
        assert ended, "no import has ended"
        return ended[0]

    receipt = await eventually(ended)
    assert (receipt["status"], receipt["error"]["code"]) == ("failed", "client_disconnected")
    assert 0 < receipt["imported"] <= LINES
    assert receipt["received"] == receipt["imported"] + receipt["failed"]
    assert await desk.value("SELECT count(*) FROM leads") == receipt["imported"]


async def test_a_client_that_vanishes_at_once_leaves_nothing(
    desk: "Desk", person: "MakePerson"
) -> None:
    _, writer = await open_request(desk.port, body_of([person(1)]), announced=10_000)
    writer.transport.abort()
    await desk.bring([person(2)])
    assert await desk.value("SELECT count(*) FROM imports") == 1


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PACE", replace(bodies.PACE, grace=0.5))
    monkeypatch.setattr(application, "LINGER_SECONDS", 0.1)


@pytest.mark.usefixtures("short_patience")
async def test_a_client_that_sends_nothing_is_told_so(desk: "Desk") -> None:
    reader, writer = await open_request(desk.port, b"", announced=100)
    answer = await asyncio.wait_for(reader.read(), timeout=20)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"request_timeout"' in answer
    assert await desk.value("SELECT count(*) FROM imports") == 0


async def test_a_client_that_stops_sending_midway_leaves_a_failed_import(
    desk: "Desk", many: "list[Json]", monkeypatch: pytest.MonkeyPatch
) -> None:
    body = body_of(many)
    reader, writer = await open_request(desk.port, body, announced=10 * len(body))
    await eventually(lambda: desk.value("SELECT count(*) > 0 FROM leads"))
    # From the next piece on: until here it may take what time it likes.
    monkeypatch.setattr(bodies, "PACE", replace(bodies.PACE, idle=0.3))
    writer.write(b"\n")
    head, _, answer = (await asyncio.wait_for(reader.read(), timeout=30)).partition(b"\r\n\r\n")
    writer.close()
    receipt = orjson.loads(answer)
    assert head.startswith(b"HTTP/1.1 200 ")
    assert (receipt["status"], receipt["error"]["code"]) == ("failed", "request_timeout")
    assert 0 < receipt["imported"] <= LINES
    assert receipt["received"] == receipt["imported"] + receipt["failed"]
    assert await desk.value("SELECT count(*) FROM leads") == receipt["imported"]


async def test_a_client_that_stops_reading_failures_is_cut_off(
    desk: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "WRITE_WITHIN", 0.5)
    receipt = await desk.bring([{"name": "x" * 1_000, "family_name": "y" * 1_000}] * 20_000)
    # What one side sends and the other holds unread are some megabytes: the answer has forty.
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port, limit=1_024)
    writer.write(f"GET {receipt['failures_url']} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
    await asyncio.wait_for(desk.app[IN_FLIGHT].wait_idle(), timeout=30)
    received = b""
    with contextlib.suppress(ConnectionResetError):
        received = await reader.read()
    writer.close()
    assert not received.endswith(b"0\r\n\r\n"), "it must not look whole"


async def test_a_broken_gzip_midway_ends_as_failed(desk: "Desk", many: "list[Json]") -> None:
    packed = gzip.compress(body_of(many), compresslevel=0)
    broken = packed[:-20_000] + b"\x00" * 20_000
    receipt = await desk.call(
        "POST",
        "/v1/imports",
        data=io.BytesIO(broken),
        headers={"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"},
    )
    assert (receipt["status"], receipt["error"]["code"]) == ("failed", "malformed_body")
    assert receipt["received"] == receipt["imported"] + receipt["failed"]
    assert await desk.value("SELECT count(*) FROM leads") == receipt["imported"]


@pytest.mark.parametrize("media_type", ["text/csv", "application/x-ndjson", "application/json"])
async def test_gzip_that_ends_early_ends_as_failed_without_its_last_row(
    desk: "Desk", many: "list[Json]", media_type: str
) -> None:
    packed = gzip.compress(written(many, media_type))
    receipt = await desk.call(
        "POST", "/v1/imports", data=io.BytesIO(packed[:-12]), headers=in_gzip(media_type)
    )
    assert (receipt["status"], receipt["error"]["code"]) == ("failed", "malformed_body")
    assert 0 < receipt["imported"] < LINES
    assert receipt["failed"] == 0
    assert await desk.value("SELECT count(*) FROM leads") == receipt["imported"]


@pytest.mark.parametrize("media_type", ["text/csv", "application/x-ndjson", "application/json"])
async def test_gzip_that_ends_early_in_the_first_block_stores_nothing(
    desk: "Desk", person: "MakePerson", media_type: str
) -> None:
    packed = gzip.compress(written([person(n) for n in range(50)], media_type))
    for cut in (1, 8, 12, len(packed) // 2, len(packed) - 15):
        problem = await desk.call(
            "POST", "/v1/imports", 400, data=packed[:-cut], headers=in_gzip(media_type)
        )
        assert problem["code"] == "malformed_body"
    assert await desk.value("SELECT count(*) FROM imports") == 0
    assert await desk.value("SELECT count(*) FROM leads") == 0


async def test_a_service_that_is_stopped_midway_says_so_in_the_receipt(
    settings: ImportSettings, database: Database, many: "list[Json]"
) -> None:
    async def stored() -> int:
        async with database.connection() as connection:
            return int(await connection.fetchval("SELECT count(*) FROM leads"))

    served = create_app(settings)
    server = HttpServer(app=served, host="127.0.0.1", port=0, drain_within=0.5)
    await served[SUPERVISOR].start()
    try:
        await server.start()
        body = body_of(many)
        _, writer = await open_request(server.port, body, announced=10 * len(body))
        await eventually(stored)
        await server.stop()
        writer.transport.abort()
    finally:
        await server.stop()
        await served[SUPERVISOR].stop()
    async with database.connection() as connection:
        (row,) = await connection.fetch("SELECT * FROM imports")
    assert (row["status"], row["error_code"]) == ("failed", "service_stopping")
    assert row["received"] == row["imported"] + row["failed"]
    assert row["imported"] == await stored()


@pytest.mark.fault
async def test_a_restart_of_the_database_midway_loses_and_doubles_nothing(
    private_postgres: PostgresServer, desk: "Desk", many: "list[Json]"
) -> None:
    people = [*many, *({**each, "email": f"b{n}@example.com"} for n, each in enumerate(many))]
    first, second = body_of(people[:LINES]), body_of(people[LINES:])
    restarted = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield first
        await eventually(lambda: desk.value("SELECT count(*) > 0 FROM leads"))
        await private_postgres.restart()
        restarted.set()
        yield second

    headers = {"Content-Type": "application/x-ndjson"}
    async with desk.client.post(
        "/v1/imports",
        data=pieces(),
        headers=headers,
        timeout=aiohttp.ClientTimeout(total=100),
    ) as response:
        receipt = await response.json()
    assert restarted.is_set()
    assert (receipt["status"], receipt["received"]) == ("completed", 2 * LINES)
    # The second half has the cellphones of the first.
    assert (receipt["imported"], receipt["failed"]) == (LINES, LINES)
    assert {tuple(each["codes"]) for each in receipt["failures"]} == {("cellphone_exists",)}
    assert await desk.value("SELECT count(*) FROM leads") == LINES


async def test_a_chunk_whose_commit_was_not_heard_of_is_not_stored_twice(
    desk: "Desk", person: "MakePerson", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection ends just after the commit: the chunk's own row says it happened."""
    record = ChunkStore.record
    cut = 0

    async def record_then_lose(self: ChunkStore, connection: Connection, **fields: Any) -> None:
        nonlocal cut
        await record(self, connection, **fields)
        if not cut:
            cut += 1
            await connection.execute("COMMIT")
            await connection.close()

    monkeypatch.setattr(ChunkStore, "record", record_then_lose)
    receipt = await desk.bring([person(n) for n in range(10)])
    assert cut == 1
    assert (receipt["received"], receipt["imported"], receipt["failed"]) == (10, 10, 0)
    assert len(await desk.announced_leads()) == 10


async def test_an_import_that_loses_every_race_says_so(
    desk: "Desk", person: "MakePerson", monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(_self: LeadStore, *_arguments: object, **_others: object) -> None:
        raise LostRaceError

    monkeypatch.setattr(LeadStore, "add_imported", lose)
    monkeypatch.setattr(patience, "MAX_ATTEMPTS", 3)
    receipt = await desk.bring([person(1)])
    assert (receipt["status"], receipt["error"]["code"]) == ("failed", "too_many_conflicts")


async def test_an_import_ended_by_others_stores_nothing_more(
    desk: "Desk", many: "list[Json]"
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield body_of(many)
        await eventually(lambda: desk.value("SELECT count(*) > 0 FROM leads"))
        await desk.rows(
            "UPDATE imports SET status = 'failed', finished_at = now(), error_code = 'x', "
            "error_detail = 'x' RETURNING id"
        )
        yield body_of([{**each, "email": f"b{n}@example.com"} for n, each in enumerate(many)])

    headers = {"Content-Type": "application/x-ndjson"}
    async with desk.client.post("/v1/imports", data=pieces(), headers=headers) as response:
        receipt = await response.json()
    assert (receipt["status"], receipt["error"]["code"]) == ("failed", "x")
    assert receipt["imported"] == await desk.value("SELECT count(*) FROM leads")


async def test_an_import_whose_judge_is_killed_has_a_true_receipt_and_can_go_on(
    desk: "Desk", many: "list[Json]"
) -> None:
    whole = body_of(many)
    half = len(whole) // 2

    async def pieces() -> AsyncIterator[bytes]:
        yield whole[:half]

        async def some_are_stored() -> bool:
            return bool(await desk.value("SELECT count(*) FROM leads"))

        await eventually(some_are_stored, message="the first chunk is stored")
        (judge,) = multiprocessing.active_children()
        judge.kill()
        yield whole[half:]

    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": "killed"}
    cut = await desk.call("POST", "/v1/imports", data=pieces(), headers=headers)
    assert (cut["status"], cut["error"]["code"]) == ("failed", "import_process_died")
    assert 0 < cut["imported"] == await desk.value("SELECT count(*) FROM leads") < len(many)
    again = await desk.call("POST", "/v1/imports", data=io.BytesIO(whole), headers=headers)
    assert (again["status"], again["imported"]) == ("completed", len(many))


async def test_if_events_cannot_be_written_the_chunk_is_undone_once_its_leads_are_copied(
    desk: "Desk", database: Database, person: "MakePerson", monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = 0

    def fail(_self: LeadsAnnouncer, _leads: object) -> None:
        nonlocal failures
        failures += 1
        raise ValueError

    async def copy_waits_and_events_failed() -> int:
        """Return the process of the server in which the rows are copied."""
        waiting = await desk.value("SELECT pid FROM pg_locks WHERE NOT granted")
        return int(waiting or 0) if failures else 0

    monkeypatch.setattr(LeadsAnnouncer, "events", fail)
    row = person(1)
    async with database.connection() as connection:
        other = connection.transaction()
        await other.start()
        await connection.execute(
            "INSERT INTO leads (id, name, family_name, email, email_key, origin)"
            " VALUES (gen_random_uuid(), 'a', 'b', $1, $1, 'form')",
            row["email"],
        )
        sending = asyncio.create_task(desk.bring([row], status=500))
        copying = await eventually(copy_waits_and_events_failed)
        await other.rollback()
    await sending
    state = "SELECT state = 'idle' FROM pg_stat_activity WHERE pid = $1"
    await eventually(lambda: desk.value(state, copying), message="its connection is rolled back")
    [receipt] = (await desk.call("GET", "/v1/imports"))["items"]
    assert (receipt["error"]["code"], receipt["received"]) == ("internal_error", 0)
    assert failures == 1
