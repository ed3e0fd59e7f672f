"""Which bodies may bring a resume, how large, how fast; wherever it is stored then."""

import asyncio
import contextlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer

from import_svc.app import create_app
from import_svc.http import resume_forms
from import_svc.settings import ImportSettings
from leadwire.testing import eventually

if TYPE_CHECKING:
    from conftest import Desk, Office

DOCUMENTS = Path(__file__).parent.parent / "documents"
ADA = {"name": "Ada", "family_name": "Lovelace", "email": "ada@example.com"}
AS_JSON = {"Content-Type": "application/json"}


@pytest.fixture
def settings(settings: ImportSettings) -> ImportSettings:
    return settings.model_copy(update={"max_resume_bytes": 1024**2})


def form(content: bytes | None = b"A page", name: str = "cv.txt", **fields: str) -> FormData:
    data = FormData({**ADA, **fields}, quote_fields=False, default_to_multipart=True)
    if content is not None:
        data.add_field("resume", io.BytesIO(content), filename=name)
    return data


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ((DOCUMENTS / "excel.xlsx").read_bytes(), "cv.docx"),
        ((DOCUMENTS / "excel.xls").read_bytes(), "cv.doc"),
        (b"<html><script>alert(1)</script>", "cv.txt"),
        (b"", "cv.pdf"),
    ],
)
async def test_another_type_is_refused_whatever_its_name(
    office: "Office", content: bytes, name: str
) -> None:
    desk = office.desk
    problem = await desk.call("POST", "/v1/leads", 415, data=form(content, name))
    assert problem["code"] == "resume_type_not_supported"
    assert "PDF, DOC, DOCX, ODT, TXT" in problem["detail"]
    assert "an empty file" in problem["detail"]
    assert "application/pdf" in problem["accepted"]
    assert await desk.value("SELECT count(*) FROM leads") == 0
    assert await desk.value("SELECT count(*) FROM unreferenced_files") == 0
    assert office.bodies() == []


async def test_a_file_that_is_too_large_is_refused_before_all_of_it_came(desk: "Desk") -> None:
    limit = 1024**2
    just_fits = b"a" * limit
    await desk.call("POST", "/v1/leads", 201, data=form(just_fits))
    too_long = io.BytesIO(orjson.dumps({**ADA, "resume": "é" * 540_000}))
    for data, headers in (
        (form(just_fits + b"a"), {}),
        (too_long, {"Content-Type": "application/json"}),
    ):
        problem = await desk.call("POST", "/v1/leads", 413, data=data, headers=headers)
        assert problem["code"] == "body_too_large"
        assert str(limit) in problem["detail"]
    head = "POST /v1/leads HTTP/1.1\r\nHost: localhost\r\n"
    head += "Content-Type: multipart/form-data; boundary=b\r\n"
    part = '--b\r\nContent-Disposition: form-data; name="resume"; filename="x"\r\n\r\n'
    endless = f"{head}Transfer-Encoding: chunked\r\n\r\n{len(part):x}\r\n{part}\r\n100001\r\n"
    announced = f"{head}Content-Length: 99999999\r\n\r\n"
    for request in (endless.encode() + b"a" * 0x100001, announced.encode()):
        reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
        writer.write(request)  # and no more
        async with asyncio.timeout(20):
            answer = await reader.readuntil(b'"request_id"')
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"body_too_large" in answer
        writer.close()


@pytest.mark.parametrize("over", [1, 100_000, 10_000_000])
@pytest.mark.parametrize("kind", ["form", "JSON", "file"])
async def test_a_resume_that_is_too_large_is_refused_in_one_way(
    desk: "Desk", kind: str, over: int
) -> None:
    resume = "a" * (1024**2 + over)
    lead = await desk.call("POST", "/v1/leads", 201, json=ADA)
    json_text = io.BytesIO(orjson.dumps({**ADA, "resume": resume}))
    ways: dict[str, tuple[str, str, dict[str, Any]]] = {
        "form": ("POST", "/v1/leads", {"data": form(resume.encode())}),
        "JSON": ("POST", "/v1/leads", {"data": json_text, "headers": AS_JSON}),
        "file": ("PUT", f"/v1/leads/{lead['id']}/resume", {"data": io.BytesIO(resume.encode())}),
    }
    method, path, options = ways[kind]
    problem = await desk.call(method, path, 413, **options)
    assert problem["code"] == "body_too_large"


@pytest.mark.parametrize("letter", ["é", "工", '"', "\n", "😀"])
async def test_escapes_make_no_resume_too_large(desk: "Desk", letter: str) -> None:
    text = letter * (1024**2 // len(letter.encode()))
    escaped = json.dumps({**ADA, "resume": f"a{text[1:]}"}).encode()
    lead = await desk.call("POST", "/v1/leads", 201, data=io.BytesIO(escaped), headers=AS_JSON)
    async with desk.client.get(f"/v1/leads/{lead['id']}/resume") as response:
        assert await response.text() == f"a{text[1:]}"


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (lambda: form(None, company="x"), "company"),
        (lambda: form(resume="text"), "resume"),
        (lambda: FormData([("name", "a"), ("name", "b")], default_to_multipart=True), "name"),
    ],
    ids=["unknown", "twice, as text and as a file", "twice"],
)
async def test_a_form_has_the_fields_of_the_json(desk: "Desk", data: Any, path: str) -> None:
    problem = await desk.call("POST", "/v1/leads", 422, data=data())
    assert [error["path"] for error in problem["errors"]] == [path]


async def test_only_the_resume_may_be_a_file(desk: "Desk") -> None:
    data = form()
    data.add_field("email", b"x", filename="x")
    problem = await desk.call("POST", "/v1/leads", 422, data=data)
    assert problem["code"] == "invalid_request"
    data = FormData({"name": "a\0b"}, default_to_multipart=True)
    assert (await desk.call("POST", "/v1/leads", 422, data=data))["code"] == "invalid_request"


async def test_a_broken_form_is_refused(desk: "Desk") -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    for body in (b"", b"--b\r\n", b"nonsense"):
        problem = await desk.call("POST", "/v1/leads", 400, data=body, headers=headers)
        assert problem["code"] == "malformed_form"


@pytest.mark.usefixtures("short_hurry")
async def test_clients_that_do_not_send_on_give_up_their_room_to_others(
    desk: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resume_forms, "FREE_BYTES", 1_000)
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(resume_forms._PLACES):
            await _begin(desk, stack, 1024**2)

        async def there_is_no_room() -> bool:
            async with desk.client.post("/v1/leads", data=form(b"a" * 900_000)) as response:
                return response.status == 503

        await eventually(there_is_no_room, message="further resumes are refused")
        await desk.call("POST", "/v1/leads", 201, json={**ADA, "email": "small@example.com"})

        async def there_is_room() -> bool:
            data = form(b"a" * 900_000, email="later@example.com")
            async with desk.client.post("/v1/leads", data=data) as response:
                return response.status == 201

        await eventually(there_is_room, message="there is room again")


async def _begin(desk: "Desk", stack: contextlib.AsyncExitStack, size: int) -> None:
    """Send a body but for its last byte, and nothing more while the context lasts."""
    _, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    stack.callback(writer.close)
    head = b"POST /v1/leads HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    writer.write(head + b"Content-Length: %d\r\n\r\n" % size + b" " * (size - 1))
    await writer.drain()


async def test_a_resume_that_comes_too_slowly_is_cut_off(
    desk: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resume_forms, "READ_WITHIN", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    writer.write(
        b"POST /v1/leads HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 10\r\n\r\n{"
    )
    async with asyncio.timeout(20):
        assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    writer.close()


async def test_a_form_may_insist_on_a_resume(desk: "Desk", settings: ImportSettings) -> None:
    strict = settings.model_copy(update={"form_resume_required": True})
    async with TestClient(TestServer(create_app(strict))) as client:
        async with client.post("/v1/leads", json={**ADA, "name": " ", "resume": ""}) as response:
            assert response.status == 422
            errors = (await response.json())["errors"]
        assert [(each["path"], each["code"]) for each in errors] == [
            ("name", "name_missing"),
            ("resume", "resume_missing"),
        ]
        async with client.post("/v1/leads", data=form(b"", name="")) as response:
            assert response.status == 422
        async with client.post("/v1/leads", data=form()) as response:
            assert response.status == 201
