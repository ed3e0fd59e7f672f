"""Resumes: with the form, downloaded, replaced, erased; on the file system and on S3."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import obstore
import orjson
import pytest
from aiohttp import ClientPayloadError, FormData

from import_svc.settings import ImportSettings
from import_svc.storage.file_errors import FilesUnavailableError
from import_svc.storage.files import FileStore
from import_svc.storage.leads import LeadStore
from import_svc.storage.resumes import UnreferencedFiles
from leadwire.contracts import LeadsCreated, LeadUpdated
from leadwire.testing import eventually

if TYPE_CHECKING:
    from conftest import Desk

DOCUMENTS = Path(__file__).parent.parent / "documents"
ADA = {"name": "Ada", "family_name": "Lovelace", "email": "ada@example.com"}
PDF = (DOCUMENTS / "plain.pdf").read_bytes()
DOCX = (DOCUMENTS / "word.docx").read_bytes()
KEY = {"Idempotency-Key": "k"}
AS_JSON = {"Content-Type": "application/json"}


@pytest.fixture(params=["file", "s3"])
def files_url(request: pytest.FixtureRequest, tmp_path: Path, bucket: str) -> str:
    return (tmp_path / "files").as_uri() if request.param == "file" else f"s3://{bucket}/leads"


@pytest.fixture
def settings(database_url: str, files_url: str) -> ImportSettings:
    return ImportSettings(
        auth="off",
        broker_url=f"memory://{uuid4()}",
        database_url=database_url,
        files_url=files_url,
        max_resume_bytes=1024**2,
    )


@pytest.fixture
def store(files_url: str) -> FileStore:
    return FileStore(url=files_url)


def form(content: bytes | None = PDF, name: str = "cv.pdf", **fields: str) -> FormData:
    data = FormData({**ADA, **fields}, quote_fields=False, default_to_multipart=True)
    if content is not None:
        data.add_field(
            "resume", io.BytesIO(content), filename=name, content_type="application/x-whatever"
        )
    return data


@dataclass
class Download:
    status: int
    headers: Mapping[str, str]
    content: bytes


async def download(desk: "Desk", lead: dict[str, Any], **headers: str) -> Download:
    path = f"/v1/leads/{lead['id']}/resume"
    async with desk.client.get(path, headers=headers) as response:
        return Download(response.status, response.headers, await response.read())


async def stored(desk: "Desk", store: FileStore) -> list[str]:
    """Return the keys of all files, once none is left that nothing refers to."""

    async def settled() -> bool:
        return not await desk.value("SELECT count(*) FROM unreferenced_files")

    await eventually(settled, message="what nothing refers to is deleted")
    return await present(store)


async def present(store: FileStore) -> list[str]:
    listing = obstore.list(store._store, prefix="resumes")
    return sorted([each["path"] async for batch in listing for each in batch])


async def test_a_lead_comes_with_a_file(desk: "Desk", store: FileStore) -> None:
    lead = await desk.call("POST", "/v1/leads", 201, data=form(name="../Ada's CV.PDF"))
    assert lead["has_resume"]
    assert [each.has_resume for each in await desk.announced_leads()] == [True]
    found = await download(desk, lead)
    assert (found.status, found.content) == (200, PDF)
    expected = {
        "Content-Type": "application/pdf",
        "Content-Length": str(len(PDF)),
        "Content-Disposition": 'attachment; filename="Ada\'s CV.pdf"; '
        "filename*=UTF-8''Ada%27s%20CV.pdf",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "ETag": '"contact-1"',
    }
    assert {name: found.headers[name] for name in expected} == expected
    (row,) = await desk.rows(
        "SELECT file_key, media_type, size, file_name, url FROM resumes WHERE lead_id = $1",
        lead["id"],
    )
    assert row[1:] == ("application/pdf", len(PDF), "Ada's CV.pdf", None)
    assert await stored(desk, store) == [row[0]]
    assert "Ada" not in row[0]
    known = await download(desk, lead, **{"If-None-Match": 'W/"x", "contact-1"'})
    assert (known.status, known.content) == (304, b"")


async def test_head_tells_of_a_resume_what_its_download_would(desk: "Desk") -> None:
    lead = await desk.call("POST", "/v1/leads", 201, data=form())
    found = await download(desk, lead)
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    path = f"/v1/leads/{lead['id']}/resume".encode()
    writer.write(b"HEAD " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    status, *lines = (await reader.read()).decode().split("\r\n")
    writer.close()
    assert status == "HTTP/1.1 200 OK"
    assert lines[-2:] == ["", ""], "nothing follows the headers"
    told = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[:-2])}
    for name in ("Content-Type", "Content-Length", "Content-Disposition", "ETag"):
        assert told[name.lower()] == found.headers[name]


async def test_a_form_needs_no_file(desk: "Desk", store: FileStore) -> None:
    nothing_chosen = form(b"", name="", email="a@example.com", cellphone="")
    for data in (form(None), nothing_chosen, form(None, email="b@example.com", resume="  ")):
        lead = await desk.call("POST", "/v1/leads", 201, data=data)
        assert not lead["has_resume"]
        assert (await download(desk, lead)).status == 404
    assert await stored(desk, store) == []


async def test_a_resume_may_be_text(desk: "Desk") -> None:
    text = "Zoë Lovelace\nhttps://example.com is my page"
    ways: list[dict[str, Any]] = [
        {"json": {**ADA, "resume": text}},
        {"data": form(None, email="b@example.com", resume=text)},
    ]
    for options in ways:
        lead = await desk.call("POST", "/v1/leads", 201, **options)
        found = await download(desk, lead)
        assert found.content.decode().replace("\r\n", "\n") == text
        assert found.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert 'filename="resume.txt"' in found.headers["Content-Disposition"]


async def test_a_resume_may_be_a_link_that_is_never_followed(
    desk: "Desk", store: FileStore
) -> None:
    url = "http://127.0.0.1:1/Ada?cv=1#top"
    lead = await desk.call("POST", "/v1/leads", 201, json={**ADA, "resume": f" {url} "})
    assert lead["has_resume"]
    found = await download(desk, lead)
    assert (found.status, orjson.loads(found.content)) == (200, {"url": url})
    assert found.headers["Content-Type"].startswith("application/json")
    assert await stored(desk, store) == []


async def test_a_conflict_leaves_no_file(desk: "Desk", store: FileStore) -> None:
    lead = await desk.call("POST", "/v1/leads", 201, data=form())
    (kept,) = await stored(desk, store)
    problem = await desk.call("POST", "/v1/leads", 409, data=form(DOCX))
    assert problem["code"] == "email_exists"
    assert await stored(desk, store) == [kept]
    assert (await download(desk, lead)).content == PDF


async def test_of_racing_forms_one_wins_with_its_file(desk: "Desk", store: FileStore) -> None:
    async def create(content: bytes) -> int:
        async with desk.client.post("/v1/leads", data=form(content)) as response:
            return int(response.status)

    statuses = await asyncio.gather(*(create(b"text %d" % number) for number in range(8)))
    assert sorted(statuses) == [201, *[409] * 7]
    assert len(await stored(desk, store)) == 1


async def test_the_resume_is_part_of_what_an_idempotency_key_means(
    desk: "Desk", store: FileStore
) -> None:
    first = await desk.call("POST", "/v1/leads", 201, data=form(), headers=KEY)
    async with desk.client.post("/v1/leads", data=form(), headers=KEY) as response:
        assert (response.status, await response.json()) == (201, first)
        assert response.headers["Idempotent-Replayed"] == "true"
    for other in (form(DOCX), form(None), form(None, resume="https://example.com/")):
        problem = await desk.call("POST", "/v1/leads", 422, data=other, headers=KEY)
        assert problem["code"] == "idempotency_key_reused"
    assert len(await stored(desk, store)) == 1


async def test_of_the_same_form_many_times_at_once_one_file_stays(
    desk: "Desk", store: FileStore
) -> None:
    leads = await asyncio.gather(
        *(desk.call("POST", "/v1/leads", 201, data=form(), headers=KEY) for _ in range(8))
    )
    assert {each["id"] for each in leads} == {leads[0]["id"]}
    assert len(await stored(desk, store)) == 1


async def put(
    desk: "Desk", lead: dict[str, Any], status: int = 200, **options: Any
) -> dict[str, Any]:
    return await desk.call("PUT", f"/v1/leads/{lead['id']}/resume", status, **options)


async def test_a_resume_is_replaced_and_the_change_announced(
    desk: "Desk", store: FileStore
) -> None:
    lead = await desk.call("POST", "/v1/leads", 201, json=ADA)
    changed = await put(desk, lead, data=PDF)
    assert (changed["has_resume"], changed["rev"]) == (True, 2)
    (first,) = await stored(desk, store)
    bodies: list[dict[str, Any]] = [
        {"data": FormData()},
        {"json": {"resume": "plain text"}},
        {"json": {"resume": "https://example.com/cv"}},
        {"data": DOCX, "headers": {"If-Match": '"contact-5"'}},
    ]
    bodies[0]["data"].add_field("resume", DOCX, filename="Zoë.docx")
    for rev, options in enumerate(bodies, start=3):
        assert (await put(desk, lead, **options))["rev"] == rev
    assert (await download(desk, lead)).content == DOCX
    (last,) = await stored(desk, store)
    assert last != first
    told = [event.data for event in await desk.published()]
    assert [
        (data.leads[0] if isinstance(data, LeadsCreated) else data.lead).has_resume
        for data in told
        if isinstance(data, LeadsCreated | LeadUpdated)
    ] == [False, True, True, True, True, True]
    patched = await desk.call("PATCH", f"/v1/leads/{lead['id']}", json={"name": "Augusta"})
    assert patched["has_resume"]


async def test_a_resync_says_who_has_a_resume(desk: "Desk") -> None:
    await desk.call("POST", "/v1/leads", 201, data=form())
    await desk.call("POST", "/v1/leads", 201, json={**ADA, "email": "none@example.com"})
    async with desk.database.transaction() as connection:
        leads = await LeadStore().share(
            connection, after=UUID(int=0), up_to=UUID(int=2**128 - 1), limit=10
        )
    assert [lead.has_resume for lead in leads] == [True, False]


async def test_the_same_resume_again_changes_nothing(desk: "Desk", store: FileStore) -> None:
    lead = await desk.call("POST", "/v1/leads", 201, json=ADA)
    old = {"If-Match": '"contact-1"'}
    await put(desk, lead, data=PDF, headers=old)
    before = await stored(desk, store)
    assert (await put(desk, lead, data=PDF, headers=old))["rev"] == 2
    assert await stored(desk, store) == before
    assert (await put(desk, lead, 412, data=DOCX, headers=old))["current"] == "contact-2"
    assert await stored(desk, store) == before


async def test_what_cannot_be_replaced_leaves_no_file(desk: "Desk", store: FileStore) -> None:
    nobody = {"id": str(uuid4())}
    assert (await put(desk, nobody, 404, data=PDF))["code"] == "lead_not_found"
    assert orjson.loads((await download(desk, nobody)).content)["code"] == "lead_not_found"
    lead = await desk.call("POST", "/v1/leads", 201, json=ADA)
    assert orjson.loads((await download(desk, lead)).content)["code"] == "resume_not_found"
    nothing: list[dict[str, Any]] = [{"json": {"resume": " "}}, {"data": b""}, {"json": {}}]
    for options in nothing:
        problem = await put(desk, lead, 422, **options)
        assert problem["errors"][0]["code"] == "resume_missing"
    assert (await put(desk, lead, 415, data=b"\0"))["code"] == "resume_type_not_supported"
    assert await stored(desk, store) == []


async def test_an_erased_lead_takes_its_file_along(desk: "Desk", store: FileStore) -> None:
    lead = await desk.call("POST", "/v1/leads", 201, data=form())
    async with desk.client.delete(f"/v1/leads/{lead['id']}") as response:
        assert response.status == 204
    assert await stored(desk, store) == []
    assert (await download(desk, lead)).status == 404
    assert await desk.value("SELECT count(*) FROM resumes") == 0


async def test_a_file_is_deleted_once_the_store_is_back(
    desk: "Desk", store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await desk.call("POST", "/v1/leads", 201, data=form())

    async def fail(self: FileStore, name: str) -> None:
        raise FilesUnavailableError("down")

    with monkeypatch.context() as down:
        down.setattr(FileStore, "delete", fail)
        async with desk.client.delete(f"/v1/leads/{lead['id']}") as response:
            assert response.status == 204

        async def was_tried() -> bool:
            return bool(await desk.value("SELECT max(attempts) FROM unreferenced_files"))

        await eventually(was_tried, message="it was tried")
        assert len(await present(store)) == 1
    await desk.value("UPDATE unreferenced_files SET delete_after = now() RETURNING 1")
    assert await stored(desk, store) == []


async def test_without_a_store_there_is_no_lead(
    desk: "Desk", store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(self: FileStore, *args: object, **options: object) -> int:
        raise FilesUnavailableError("down")

    with monkeypatch.context() as down:
        down.setattr(FileStore, "put", fail)
        problem = await desk.call("POST", "/v1/leads", 503, data=form())
    assert problem["code"] == "files_unavailable"
    assert await desk.value("SELECT count(*) FROM leads") == 0
    await desk.call("POST", "/v1/leads", 201, data=form())
    assert len(await stored(desk, store)) == 1


async def test_a_file_whose_time_is_over_gets_no_lead(
    desk: "Desk", store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = FileStore.put

    async def put_late(self: FileStore, *args: Any, **options: Any) -> int:
        size = await whole(self, *args, **options)
        await desk.value("UPDATE unreferenced_files SET doomed = true RETURNING 1")
        return size

    with monkeypatch.context() as late:
        late.setattr(FileStore, "put", put_late)
        problem = await desk.call("POST", "/v1/leads", 503, data=form())
    assert problem["code"] == "resume_too_late"
    assert await desk.value("SELECT count(*) FROM leads") == 0


async def test_a_file_that_was_written_too_late_does_not_stay(
    desk: "Desk", store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its note came due, was worked off, and is gone, before the file is there."""
    whole = FileStore.put

    async def put_late(self: FileStore, *args: Any, **options: Any) -> int:
        await desk.value(
            "UPDATE unreferenced_files SET delete_after = now() - interval '1 second' RETURNING 1"
        )
        assert await stored(desk, store) == []
        return await whole(self, *args, **options)

    with monkeypatch.context() as late:
        late.setattr(FileStore, "put", put_late)
        problem = await desk.call("POST", "/v1/leads", 503, data=form())
    assert problem["code"] == "resume_too_late"
    assert await desk.value("SELECT count(*) FROM leads") == 0
    assert await stored(desk, store) == []


async def test_a_file_that_is_doomed_while_it_is_deleted_is_deleted_again(
    desk: "Desk", store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written after it was deleted, and before its note is gone."""
    delete = FileStore.delete

    async def write_after(self: FileStore, name: str) -> None:
        await delete(self, name)
        monkeypatch.setattr(FileStore, "delete", delete)
        await whole(self, name, _one_piece(), max_bytes=1)
        async with desk.database.transaction() as connection:
            assert await UnreferencedFiles().doom(connection, name)

    whole = FileStore.put
    lead = await desk.call("POST", "/v1/leads", 201, data=form())
    monkeypatch.setattr(FileStore, "delete", write_after)
    async with desk.client.delete(f"/v1/leads/{lead['id']}") as response:
        assert response.status == 204
    assert await stored(desk, store) == []


async def _one_piece() -> AsyncIterator[bytes]:
    yield b"a"


async def test_a_store_that_fails_is_no_missing_resume(
    desk: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await desk.call("POST", "/v1/leads", 201, data=form())

    async def fail(self: FileStore, *args: object, **options: object) -> bytes:
        raise FilesUnavailableError("down")

    monkeypatch.setattr(FileStore, "read", fail)
    with pytest.raises(ClientPayloadError):
        await download(desk, lead)
    monkeypatch.setattr(FileStore, "_size", fail)
    assert (await download(desk, lead)).status == 503
