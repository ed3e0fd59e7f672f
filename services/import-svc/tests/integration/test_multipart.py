"""A file sent as browsers and `curl -F` send it."""

import io
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
import pytest

if TYPE_CHECKING:
    from conftest import Desk, Json, MakePerson

FORM = {"Content-Type": "multipart/form-data; boundary=x"}
HEADER = b"name,family_name,email,cellphone\n"
ADA = HEADER + b"Ada,Lovelace,ada@x.com,+14155552671\n"


def form(
    content: bytes, *, filename: str = "leads.csv", content_type: str | None = None
) -> aiohttp.FormData:
    fields = aiohttp.FormData()
    fields.add_field("note", "from the fair")
    fields.add_field(
        "file",
        io.BytesIO(content),
        filename=filename,
        content_type=content_type or "application/octet-stream",
    )
    return fields


async def post(
    desk: "Desk", data: Any, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})
) -> "Json":
    return await desk.call("POST", "/v1/imports", status, data=data, headers=headers)


@pytest.mark.parametrize(
    ("filename", "content_type"),
    [("leads.csv", None), ("LEADS.CSV", "application/vnd.ms-excel"), ("leads", "text/csv")],
)
async def test_a_file_is_known_by_its_content_type_or_its_name(
    desk: "Desk", filename: str, content_type: str | None
) -> None:
    receipt = await post(desk, form(ADA, filename=filename, content_type=content_type))
    assert (receipt["imported"], receipt["failures"]) == (1, [])


async def test_a_large_file_arrives_whole(desk: "Desk", person: "MakePerson") -> None:
    people = [person(n, filler="\r\n--x" * 400) for n in range(700)]
    body = b"\n".join(map(orjson.dumps, people))
    receipt = await post(desk, form(body, filename="leads.jsonl"))
    assert (receipt["received"], receipt["imported"]) == (700, 700)


async def test_the_key_holds_for_the_file_not_for_the_form_around_it(desk: "Desk") -> None:
    headers = {"Idempotency-Key": "k"}
    first = await post(desk, form(ADA), headers=headers)
    assert await post(desk, form(ADA), headers=headers) == first  # with another boundary
    again = await post(desk, ADA, headers=headers | {"Content-Type": "text/csv"})
    assert again == first


def by_hand(*lines: bytes) -> bytes:
    return b"\r\n".join(lines)


PART = b'Content-Disposition: form-data; name="file"; filename="a.csv"'
SECOND = b'Content-Disposition: form-data; name="more"; filename="b.csv"'


@pytest.mark.parametrize(
    "body",
    [
        by_hand(b"--x", b'Content-Disposition: form-data; name="a"', b"", b"1", b"--x--", b""),
        by_hand(b"--x", PART, b"", ADA, b"--x", SECOND, b"", ADA, b"--x--", b""),
        by_hand(b"--x", PART, b"", ADA),
        by_hand(b"--y", PART, b"", ADA, b"--y--", b""),
        by_hand(b"--x", b"nonsense", b"", ADA, b"--x--", b""),
        by_hand(b"--x", PART + b"x" * 10_000, b"", ADA, b"--x--", b""),
    ],
    ids=["no file", "two files", "cut off", "other boundary", "broken header", "long header"],
)
async def test_a_form_that_cannot_be_read_is_refused_and_nothing_stored(
    desk: "Desk", body: bytes
) -> None:
    problem = await post(desk, body, 400, headers=FORM)
    assert problem["code"] == "malformed_form"
    assert await desk.value("SELECT count(*) FROM leads") == 0


@pytest.mark.parametrize("place", ["before the file", "after it"])
@pytest.mark.parametrize("field", ["dry_run", "region", "map"])
async def test_a_parameter_as_a_field_is_refused_rather_than_passed_over(
    desk: "Desk", field: str, place: str
) -> None:
    named = b'Content-Disposition: form-data; name="%b"' % field.encode()
    parts = [by_hand(b"--x", named, b"", b"true", b""), by_hand(b"--x", PART, b"", ADA, b"")]
    body = b"".join(parts if place == "before the file" else reversed(parts)) + b"--x--\r\n"
    problem = await post(desk, body, 400, headers=FORM)
    assert problem["code"] == "malformed_form"
    assert f"/v1/imports?{field}=" in problem["detail"]
    assert await desk.value("SELECT count(*) FROM leads") == 0


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary="])
async def test_a_form_without_boundary_is_refused(desk: "Desk", content_type: str) -> None:
    problem = await post(desk, b"--x", 400, headers={"Content-Type": content_type})
    assert problem["code"] == "malformed_form"


async def test_an_empty_form_is_refused(desk: "Desk") -> None:
    problem = await post(desk, b"", 400, headers=FORM)
    assert problem["code"] == "malformed_form"


async def test_an_empty_file_is_refused(desk: "Desk") -> None:
    assert (await post(desk, form(b""), 400))["code"] == "empty_body"


@pytest.mark.parametrize(
    ("filename", "told"),
    [("leads", "name it .csv"), ("leads.xlsx", "save its sheet as CSV"), ("L.ODS", "as CSV")],
)
async def test_a_file_of_unknown_kind_is_refused(desk: "Desk", filename: str, told: str) -> None:
    problem = await post(desk, form(ADA, filename=filename), 415)
    assert problem["code"] == "unsupported_media_type"
    assert told in problem["detail"]


@pytest.mark.parametrize("charset", [b"\0", b"a\0b", b"undefined", b"x" * 3_000])
async def test_a_file_of_an_unknown_character_set_is_refused(desk: "Desk", charset: bytes) -> None:
    content_type = b'Content-Type: text/csv; charset="%b"' % charset
    body = by_hand(b"--x", PART, content_type, b"", ADA, b"--x--", b"")
    problem = await post(desk, body, 415, headers=FORM)
    assert problem["code"] == "unsupported_charset"


async def test_a_packed_file_is_told_how_to_come(desk: "Desk") -> None:
    for name in ("leads.csv.gz", "LEADS.ZIP"):
        problem = await post(desk, form(ADA, filename=name), 415)
        assert "Content-Encoding: gzip" in problem["detail"]
