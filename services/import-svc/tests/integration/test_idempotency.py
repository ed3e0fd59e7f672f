"""G2: with an Idempotency-Key an import may be sent again, whatever became of the first try."""

import asyncio
import gzip
import io
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
import pytest
from uuid_utils.compat import uuid7

from import_svc.storage.imports import ImportStore
from import_svc.storage.rehearsals import RehearsalStore
from import_svc.usecases.early_endings import DIED
from import_svc.usecases.own_imports import OwnImports, _Ending
from leadwire.db import Database
from leadwire.testing import eventually

if TYPE_CHECKING:
    from conftest import Desk, Json, MakePerson

NDJSON = "application/x-ndjson"


def body_of(people: "list[Json]") -> bytes:
    return b"".join(orjson.dumps(each) + b"\n" for each in people)


class Sender:
    """Sends imports under keys, whole or not."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    async def send(
        self,
        body: bytes,
        key: str,
        *,
        status: int = 200,
        params: Any = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple["Json", bool]:
        """Return the answer, and whether it is marked as replayed."""
        sent = {"Content-Type": NDJSON, "Idempotency-Key": key, **headers}
        async with self._desk.client.post(
            "/v1/imports", data=io.BytesIO(body), headers=sent, params=params or {}
        ) as response:
            text = await response.text()
            assert response.status == status, text
            return orjson.loads(text), response.headers.get("Idempotent-Replayed") == "true"

    async def send_part(self, body: bytes, key: str, *, until_stored: int) -> None:
        """Send the beginning, wait until some leads are stored, and vanish."""
        stored = asyncio.Event()

        async def pieces() -> AsyncIterator[bytes]:
            yield body
            await stored.wait()
            raise ConnectionError

        async def wait() -> None:
            await eventually(lambda: self._has_stored(until_stored))
            stored.set()

        headers = {"Content-Type": NDJSON, "Idempotency-Key": key}
        waiting = asyncio.create_task(wait())
        with pytest.raises(aiohttp.ClientError):
            await self._desk.client.post("/v1/imports", data=pieces(), headers=headers)
        await waiting
        await eventually(self._nothing_runs)

    async def _has_stored(self, count: int) -> bool:
        return bool(await self._desk.value("SELECT count(*) >= $1 FROM leads", count))

    async def _nothing_runs(self) -> bool:
        return not await self._desk.value("SELECT count(*) FROM imports WHERE status = 'running'")


@pytest.fixture
def sender(desk: "Desk") -> Sender:
    return Sender(desk)


async def test_the_same_request_gives_the_same_receipt(
    desk: "Desk", sender: Sender, person: "MakePerson"
) -> None:
    body = body_of([person(1), person(2, cellphone="12")])
    first, first_replayed = await sender.send(body, "k")
    again, again_replayed = await sender.send(body, "k")
    assert again == first
    assert (first_replayed, again_replayed) == (False, True)
    assert await desk.value("SELECT count(*) FROM imports") == 1


async def test_the_same_body_in_gzip_is_the_same_request(
    sender: Sender, person: "MakePerson"
) -> None:
    body = body_of([person(1)])
    first, _ = await sender.send(body, "k")
    again, replayed = await sender.send(
        gzip.compress(body), "k", headers={"Content-Encoding": "gzip"}
    )
    assert (again, replayed) == (first, True)


async def test_without_rows_the_receipt_is_replayed_too(sender: Sender) -> None:
    first, _ = await sender.send(b"\n", "k")
    assert await sender.send(b"\n", "k") == (first, True)
    problem, _ = await sender.send(b"\n\n", "k", status=422)
    assert problem["code"] == "idempotency_key_reused"


@pytest.mark.parametrize("change", ["body", "region", "content type"])
async def test_the_key_of_another_request_is_refused(
    desk: "Desk", sender: Sender, person: "MakePerson", change: str
) -> None:
    body, other = body_of([person(1)]), body_of([person(2)])
    await sender.send(body, "k")
    problem, _ = await sender.send(
        other if change == "body" else body,
        "k",
        status=422,
        params={"region": "US"} if change == "region" else None,
        headers={"Content-Type": "application/json"} if change == "content type" else {},
    )
    assert problem["code"] == "idempotency_key_reused"
    assert await desk.value("SELECT count(*) FROM leads") == 1


@pytest.mark.parametrize("key", ["", "x" * 256], ids=["empty", "long"])
async def test_a_key_that_is_none_is_refused(sender: Sender, key: str) -> None:
    problem, _ = await sender.send(b"{}\n", key, status=400)
    assert problem["errors"][0]["path"] == "Idempotency-Key"


async def test_an_interrupted_import_goes_on_where_it_stopped(
    desk: "Desk", sender: Sender, many: bytes
) -> None:
    """One complete receipt; no row is a duplicate because the first try stored it."""
    await sender.send_part(many[: len(many) * 2 // 3], "k", until_stored=400)
    stored = await desk.value("SELECT count(*) FROM leads")
    assert 0 < stored < 1_350
    receipt, replayed = await sender.send(many, "k")
    assert (receipt["status"], receipt["error"], replayed) == ("completed", None, False)
    assert [receipt[each] for each in ("received", "imported", "failed")] == [1_500, 1_350, 150]
    assert [each["row"] for each in receipt["failures"]] == list(range(1, 1_501, 10))
    assert {code for each in receipt["failures"] for code in each["codes"]} == {"email_invalid"}
    assert await desk.value("SELECT count(*) FROM leads") == 1_350
    assert len({lead.id for lead in await desk.announced_leads()}) == 1_350
    assert await sender.send(many, "k") == (receipt, True)


@pytest.mark.parametrize("kind", ["begins otherwise", "is shorter"])
async def test_an_interrupted_import_does_not_go_on_with_another_body(
    desk: "Desk", sender: Sender, many: bytes, kind: str
) -> None:
    await sender.send_part(many[: len(many) * 2 // 3], "k", until_stored=400)
    [before] = (await desk.call("GET", "/v1/imports"))["items"]
    other = b"\n" + many if kind == "begins otherwise" else many[: 520 * 1_024]
    problem, _ = await sender.send(other, "k", status=422)
    assert problem["code"] == "idempotency_key_reused"
    assert (await desk.call("GET", "/v1/imports"))["items"] == [before]
    receipt, _ = await sender.send(many, "k")
    assert (receipt["status"], receipt["imported"]) == ("completed", 1_350)


async def test_input_that_breaks_breaks_again_with_the_same_receipt(
    desk: "Desk", sender: Sender, many: bytes
) -> None:
    broken = b"[" + many[:-1].replace(b"\n", b",") + b",{]"
    headers = {"Content-Type": "application/json"}
    first, _ = await sender.send(broken, "k", headers=headers)
    assert (first["status"], first["error"]["code"]) == ("failed", "malformed_json")
    again, _ = await sender.send(broken, "k", headers=headers)
    assert {**again, "finished_at": None} == {**first, "finished_at": None}
    assert await desk.value("SELECT count(*) FROM imports") == 1


async def test_while_it_runs_the_same_key_is_told_to_wait(
    desk: "Desk", sender: Sender, many: bytes
) -> None:
    told = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield many[: len(many) // 2]
        await told.wait()
        yield many[len(many) // 2 :]

    headers = {"Content-Type": NDJSON, "Idempotency-Key": "k"}
    running = asyncio.create_task(desk.client.post("/v1/imports", data=pieces(), headers=headers))
    await eventually(lambda: desk.value("SELECT count(*) > 0 FROM leads"))
    async with desk.client.post("/v1/imports", data=io.BytesIO(many), headers=headers) as response:
        problem = await response.json()
        assert (response.status, problem["code"]) == (409, "import_running")
        assert int(response.headers["Retry-After"]) > 0
    told.set()
    async with await running as response:
        receipt = await response.json()
    assert problem["import_id"] == receipt["id"]
    assert (receipt["status"], receipt["imported"]) == ("completed", 1_350)


async def test_of_many_at_once_one_imports_and_the_others_wait_or_replay(
    desk: "Desk", person: "MakePerson"
) -> None:
    body = body_of([person(n) for n in range(50)])
    headers = {"Content-Type": NDJSON, "Idempotency-Key": "k"}

    async def post() -> tuple[int, Any]:
        async with desk.client.post(
            "/v1/imports", data=io.BytesIO(body), headers=headers
        ) as response:
            return response.status, await response.json()

    answers = await asyncio.gather(*(post() for _ in range(4)))
    receipts = [answer for status, answer in answers if status == 200]
    assert receipts
    assert all(each == receipts[0] for each in receipts)
    assert {status for status, _ in answers} <= {200, 409}
    assert await desk.value("SELECT count(*) FROM imports") == 1
    assert await desk.value("SELECT count(*) FROM leads") == 50


async def test_the_import_of_a_process_that_died_goes_on_at_once(
    desk: "Desk", sender: Sender, many: bytes
) -> None:
    """It stands as running, but nobody holds the lock of its process."""
    await sender.send_part(many[: len(many) * 2 // 3], "k", until_stored=400)
    await desk.rows(
        "UPDATE imports SET status = 'running', worker = gen_random_uuid(), finished_at = NULL, "
        "error_code = NULL, error_detail = NULL RETURNING id"
    )
    receipt, _ = await sender.send(many, "k")
    assert (receipt["status"], receipt["imported"]) == ("completed", 1_350)
    assert DIED.code not in str(receipt)


async def test_an_import_that_another_process_took_over_is_not_answered_as_if_it_had_ended(
    desk: "Desk", many: bytes
) -> None:
    taken = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield many[: len(many) // 2]
        await taken.wait()
        yield many[len(many) // 2 :]

    headers = {"Content-Type": NDJSON, "Idempotency-Key": "k"}
    sending = asyncio.create_task(desk.client.post("/v1/imports", data=pieces(), headers=headers))
    await eventually(lambda: desk.value("SELECT count(*) > 0 FROM leads"))
    takes_over = "UPDATE imports SET worker = gen_random_uuid() RETURNING received"
    [(received,)] = await desk.rows(takes_over)
    taken.set()
    async with await sending as response:
        assert (response.status, (await response.json())["code"]) == (409, "import_running")
    assert await desk.value("SELECT received FROM imports") == received


async def test_a_chunk_that_was_cut_otherwise_is_not_gone_on_from(
    desk: "Desk", sender: Sender, many: bytes
) -> None:
    """As by another version of the service, whose blocks or decoders are others."""
    await sender.send_part(many[: len(many) * 2 // 3], "k", until_stored=400)
    await desk.rows(
        "UPDATE import_chunks SET received = received + 1, imported = imported + 1 "
        "WHERE number = 0 RETURNING number"
    )
    stored = await desk.value("SELECT count(*) FROM leads")
    problem, _ = await sender.send(many, "k", status=409)
    assert problem["code"] == "import_not_resumable"
    assert await desk.value("SELECT count(*) FROM leads") == stored
    [receipt] = (await desk.call("GET", "/v1/imports"))["items"]
    assert (receipt["status"], receipt["imported"]) == ("failed", stored)


async def test_how_an_import_ended_before_it_was_taken_over_is_not_how_it_ends(
    desk: "Desk", sender: Sender, many: bytes, database: Database
) -> None:
    """The first ending was stored, but nobody heard of it, so that it is still remembered."""
    await sender.send_part(many[: len(many) * 2 // 3], "k", until_stored=400)
    store = ImportStore()
    own = OwnImports(worker=uuid7(), database=database, imports=store, rehearsals=RehearsalStore())
    async with database.connection() as connection:
        found = await store.of_key(connection, sha256(b"k").digest())
    assert found is not None
    own._endings[found.id] = _Ending(datetime.now(UTC), DIED)
    with own.running(found.id):
        await own.take_over(found)
        await own.end(found.id, b"hash")
    receipt = await desk.call("GET", f"/v1/imports/{found.id}")
    assert (receipt["status"], receipt["error"]) == ("completed", None)


async def test_two_keys_are_refused(desk: "Desk", person: "MakePerson") -> None:
    headers = [("Content-Type", NDJSON), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    body = body_of([person(1)])
    async with desk.client.post("/v1/imports", data=body, headers=headers) as response:
        problem = await response.json()
    assert (response.status, problem["errors"][0]["path"]) == (400, "Idempotency-Key")
