"""Imports that are accepted first and worked off later."""

import gzip
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import aiohttp
import orjson
import pytest
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from import_svc.app import create_app
from import_svc.settings import ImportSettings
from import_svc.storage.file_errors import FilesFullError, FilesUnavailableError
from import_svc.storage.files import FileStore
from leadwire.testing import eventually

if TYPE_CHECKING:
    from conftest import Json, MakePerson, Office

NDJSON = "application/x-ndjson"


def body_of(people: "list[Json]") -> bytes:
    return b"".join(orjson.dumps(each) + b"\n" for each in people)


async def test_an_import_is_accepted_and_worked_off(office: "Office", many: bytes) -> None:
    accepted, headers = await office.hand_in(many)
    assert headers["Preference-Applied"] == "respond-async"
    assert headers["Location"] == f"/v1/imports/{accepted['id']}"
    assert accepted["status"] == "running"
    assert accepted["progress"]["bytes_total"] == len(many)
    receipt = await office.ended(accepted["id"])
    assert (receipt["status"], receipt["progress"]) == ("completed", None)
    assert [receipt[each] for each in ("received", "imported", "failed")] == [1_500, 1_350, 150]
    assert [each["row"] for each in receipt["failures"]] == list(range(1, 1_500, 10))
    assert await office.desk.value("SELECT count(*) FROM leads") == 1_350
    await office.nothing_is_left()


async def test_it_gives_what_the_answer_would_have_given(
    office: "Office", person: "MakePerson"
) -> None:
    """Form, character set, map and region all reach whoever works it off."""
    rows = "vorname;Family;E-mail;Phone\nZoë;Müller;zoe@example.com;415 555 2671\n"
    form = aiohttp.FormData()
    form.add_field(
        "file", rows.encode("cp1252"), filename="leads.csv", content_type="text/csv; charset=cp1252"
    )
    async with office.desk.client.post(
        "/v1/imports",
        data=form,
        headers={"Prefer": "wait=5", "prefer": "respond-async"},
        params={"map": "name:vorname", "region": "us"},
    ) as response:
        assert response.status == 202, await response.text()
        accepted = await response.json()
    assert (await office.ended(accepted["id"]))["imported"] == 1
    found = await office.desk.rows("SELECT name, family_name, cellphone FROM leads")
    assert found == [("Zoë", "Müller", "+14155552671")]


@pytest.mark.parametrize(
    ("body", "media_type", "code"),
    [
        (b"[{]", "application/json", "malformed_json"),
        (b"a,\x00b\n1,2\n", "text/csv", "columns_not_recognised"),
    ],
)
async def test_what_cannot_be_read_fails_with_the_code_of_the_answer(
    office: "Office", body: bytes, media_type: str, code: str
) -> None:
    accepted, _ = await office.hand_in(body, headers={"Content-Type": media_type})
    receipt = await office.ended(accepted["id"])
    assert (receipt["status"], receipt["error"]["code"]) == ("failed", code)
    problem = await office.desk.send(body, media_type=media_type, status=400)
    assert problem["code"] == code
    for name in ("headers_found", "fields_missing"):
        assert receipt["error"][name] == problem.get(name)
    if code == "columns_not_recognised":
        assert receipt["error"]["headers_found"] == ["a", "\x00b"]
    await office.nothing_is_left()


async def test_what_is_refused_at_once_leaves_nothing(office: "Office") -> None:
    problem, _ = await office.hand_in(b"x", status=415, headers={"Content-Type": "text/plain"})
    assert problem["code"] == "unsupported_media_type"
    problem, _ = await office.hand_in(
        b"--x\r\nnonsense", status=400, headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert problem["code"] == "malformed_form"
    for headers in ({}, {"Idempotency-Key": "k"}, {"Content-Encoding": "gzip"}):
        body = gzip.compress(b"") if "Content-Encoding" in headers else b""
        problem, _ = await office.hand_in(body, status=400, headers=headers)
        assert problem["code"] == "empty_body"
    assert office.bodies() == []
    assert await office.desk.value("SELECT count(*) FROM imports") == 0


async def test_a_body_that_is_cut_off_leaves_nothing(
    office: "Office", person: "MakePerson"
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield body_of([person(1)]) * 100
        raise ConnectionError

    with pytest.raises(aiohttp.ClientError):
        await office.hand_in(pieces())
    await office.nothing_is_left()
    assert await office.desk.value("SELECT count(*) FROM imports") == 0


async def test_a_dry_run_is_answered_with_its_receipt(
    office: "Office", person: "MakePerson"
) -> None:
    receipt, headers = await office.hand_in(body_of([person(1)]), status=200, dry_run="true")
    assert (receipt["dry_run"], receipt["imported"]) == (True, 1)
    assert "Preference-Applied" not in headers
    assert office.bodies() == []


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (FilesUnavailableError("it says 500"), 503, "files_unavailable"),
        (FilesFullError("No space left on device"), 507, "files_full"),
    ],
)
async def test_without_a_store_nothing_is_accepted(
    office: "Office",
    person: "MakePerson",
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    code: str,
) -> None:
    async def refuse(*_args: object, **_options: object) -> int:
        raise error

    monkeypatch.setattr(FileStore, "put", refuse)
    problem, _ = await office.hand_in(body_of([person(1)]), status=status)
    assert problem["code"] == code
    assert await office.desk.value("SELECT count(*) FROM imports") == 0
    assert (await office.desk.bring([person(1)]))["imported"] == 1


@pytest.mark.usefixtures("idle")
async def test_bodies_may_be_in_a_bucket(
    settings: ImportSettings, office: "Office", many: bytes, bucket: str
) -> None:
    url = f"s3://{bucket}/leadwire"
    replica = settings.model_copy(
        update={
            "broker_url": SecretStr("memory://bucket"),
            "files_url": url,
            "background_running": 1,
        }
    )
    headers = {"Content-Type": NDJSON, "Prefer": "respond-async"}
    async with TestClient(TestServer(create_app(replica))) as client:
        async with client.post("/v1/imports", data=io.BytesIO(many), headers=headers) as response:
            assert response.status == 202, await response.text()
            accepted = await response.json()
        assert (await office.ended(accepted["id"]))["received"] == 1_500

        async def is_empty() -> bool:
            soon = datetime.now(UTC) + timedelta(hours=1)
            return not [each async for each in FileStore(url=url).older_than(soon, under="")]

        await eventually(is_empty, message="no body is left")
