"""Imports through HTTP into a real Postgres: receipts, leads and events."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import orjson
import pytest

if TYPE_CHECKING:
    from conftest import Desk, Json, MakePerson

HEADER = "name,family_name,email,cellphone\n"
BAD_PERSON = {"name": "", "email": "nonsense", "cellphone": "+12"}


def as_csv(people: "Sequence[Json]") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(people[0]))
    writer.writeheader()
    writer.writerows(people)
    return out.getvalue()


async def test_the_receipt_accounts_for_every_row(desk: "Desk", person: "MakePerson") -> None:
    people = [person(1), BAD_PERSON, person(2), person(1)]
    receipt = await desk.bring(people)
    assert receipt["status"] == "completed"
    assert receipt["error"] is None
    assert (receipt["received"], receipt["imported"], receipt["failed"]) == (4, 2, 2)
    assert receipt["started_at"] <= receipt["finished_at"]
    assert receipt["failures"] == [
        {
            "row": 2,
            "name": "",
            "family_name": None,
            "email": "nonsense",
            "cellphone": "+12",
            "reason": "name is not provided; family name is not provided; email is not valid; "
            "cellphone is not a valid phone number",
            "codes": [
                "name_missing",
                "family_name_missing",
                "email_invalid",
                "cellphone_invalid",
            ],
        },
        {
            "row": 4,
            **person(1),
            "reason": "email already exists; cellphone already exists",
            "codes": ["email_exists", "cellphone_exists"],
        },
    ]
    assert await desk.call("GET", f"/v1/imports/{receipt['id']}") == receipt


async def test_leads_are_stored_clean_and_announced_in_row_order(
    desk: "Desk", person: "MakePerson"
) -> None:
    people = [person(n, company="Müller & Co", note="") for n in range(450)]
    people[0] |= {"name": " Ada ", "email": "Ada@EXAMPLE.com", "cellphone": "(415) 555-2671 x5"}
    receipt = await desk.send(as_csv(people), region="us")
    assert (receipt["imported"], receipt["failed"]) == (450, 0)
    announced = await desk.announced_leads()
    assert [lead.email for lead in announced[1:]] == [each["email"] for each in people[1:]]
    assert [lead.id for lead in announced] == sorted(lead.id for lead in announced)
    assert len(desk.announced) < 10
    first = announced[0]
    assert (first.name, first.email, first.cellphone) == ("Ada", "Ada@example.com", "+14155552671")
    assert first.attributes == {"cellphone_extension": "5", "company": "Müller & Co"}
    assert (first.origin, str(first.import_id), first.rev) == ("import", receipt["id"], 1)
    stored = await desk.rows(
        "SELECT id, name, family_name, email, cellphone, created_at, rev FROM leads ORDER BY id"
    )
    assert stored == [
        (
            each.id,
            each.name,
            each.family_name,
            each.email,
            each.cellphone,
            each.created_at,
            each.rev,
        )
        for each in announced
    ]


ADA = {"name": "Ada", "family_name": "Lovelace", "email": "ada@x.com", "cellphone": "+14155552671"}
SYNONYMS = {
    "first_name": "Ada",
    "Last Name": "Lovelace",
    "E-mail": "ada@x.com",
    "phone": "+14155552671",
}


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/csv", as_csv([ADA])),
        ("text/csv; charset=utf-8", as_csv([SYNONYMS]).replace(",", ";")),
        ("application/json", json.dumps([ADA])),
        ("application/json", json.dumps({"leads": [SYNONYMS]})),
        ("application/x-ndjson", json.dumps(ADA) + "\n"),
    ],
)
async def test_every_format_brings_the_lead(desk: "Desk", media_type: str, body: str) -> None:
    receipt = await desk.send(body, media_type=media_type)
    assert (receipt["received"], receipt["imported"]) == (1, 1)
    assert await desk.rows("SELECT name, family_name, email, cellphone FROM leads") == [
        ("Ada", "Lovelace", "ada@x.com", "+14155552671")
    ]


@pytest.mark.parametrize("media_type", ["text/csv", "application/x-ndjson"])
async def test_a_packed_body_is_unpacked(
    desk: "Desk", person: "MakePerson", media_type: str
) -> None:
    people = [person(n) for n in range(2_000)]
    if media_type == "text/csv":
        plain = as_csv(people).encode()
    else:
        plain = b"".join(orjson.dumps(each) + b"\n" for each in people)
    packed = gzip.compress(plain)
    assert len(packed) < len(plain)
    receipt = await desk.call(
        "POST",
        "/v1/imports",
        data=io.BytesIO(packed),
        headers={"Content-Type": media_type, "Content-Encoding": "gzip"},
    )
    assert (receipt["status"], receipt["error"]) == ("completed", None)
    assert (receipt["received"], receipt["imported"], receipt["failed"]) == (2_000, 2_000, 0)
    stored = await desk.rows("SELECT name, family_name, email, cellphone FROM leads ORDER BY id")
    assert stored == [tuple(each.values()) for each in people]


async def test_a_preference_that_is_not_known_is_left_alone(
    desk: "Desk", person: "MakePerson"
) -> None:
    """RFC 7240 lets a server ignore a preference, if it does not say it was applied."""
    async with desk.client.post(
        "/v1/imports",
        json=[person(1), BAD_PERSON],
        headers={"Prefer": 'wait=10, handling="respond-async, strict"'},
    ) as response:
        assert response.status == 200
        assert "Preference-Applied" not in response.headers
        receipt = await response.json()
        assert response.headers["Content-Location"] == f"/v1/imports/{receipt['id']}"
    assert receipt["status"] == "completed"
    assert (receipt["received"], receipt["imported"], receipt["failed"]) == (2, 1, 1)
    assert await desk.value("SELECT count(*) FROM leads") == 1


async def test_a_second_import_of_the_same_file_stores_nothing_more(
    desk: "Desk", person: "MakePerson"
) -> None:
    people = [person(n) for n in range(5)]
    await desk.bring(people)
    again = await desk.bring([*people, person(5)])
    assert (again["imported"], again["failed"]) == (1, 5)
    assert {tuple(each["codes"]) for each in again["failures"]} == {
        ("email_exists", "cellphone_exists")
    }


async def test_emails_are_the_same_in_any_case(desk: "Desk", person: "MakePerson") -> None:
    await desk.bring([person(1, email="ÉMILE@example.com")])
    again = await desk.bring([person(2, email="émile@EXAMPLE.com")])
    assert again["failures"][0]["codes"] == ["email_exists"]


async def test_a_row_is_no_duplicate_of_one_that_failed(desk: "Desk", person: "MakePerson") -> None:
    receipt = await desk.bring([person(1, name=""), person(1)])
    assert (receipt["imported"], receipt["failed"]) == (1, 1)


async def test_duplicates_are_found_across_chunks(desk: "Desk", person: "MakePerson") -> None:
    filler = "x" * 4_000
    people = [person(n, filler=filler) for n in range(600)]
    receipt = await desk.bring([*people, person(0), person(7)])
    assert await desk.value("SELECT count(*) FROM import_chunks") > 1
    assert (receipt["received"], receipt["imported"]) == (602, 600)
    assert [failure["row"] for failure in receipt["failures"]] == [601, 602]


@pytest.mark.parametrize(
    ("media_type", "body", "code"),
    [
        ("application/json", b"", "empty_body"),
        ("text/csv", b"", "empty_body"),
        ("application/json", b"hello", "malformed_json"),
        ("application/json", b'[{"name":"A"', "malformed_json"),
        ("application/json", b'[{"name":}]', "malformed_json"),
        ("application/json", b'{"rows":[]}', "malformed_json"),
        ("text/csv", b"hello\nworld\n", "columns_not_recognised"),
        ("text/csv", b"\x00\xff\xfe" * 50, "columns_not_recognised"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused_and_leaves_nothing(
    desk: "Desk", media_type: str, body: bytes, code: str
) -> None:
    problem = await desk.send(body, media_type=media_type, status=400)
    assert problem["code"] == code
    assert await desk.value("SELECT count(*) FROM imports") == 0


async def test_unknown_columns_are_listed(desk: "Desk") -> None:
    problem = await desk.send("First Name,Company,Email\nAda,X,a@x.com\n", status=400)
    assert problem["headers_found"] == ["First Name", "Company", "Email"]
    assert problem["fields_missing"] == ["family_name", "cellphone"]


@pytest.mark.parametrize(
    ("media_type", "status", "code"),
    [
        ("application/xml", 415, "unsupported_media_type"),
        ("multipart/mixed; boundary=x", 415, "unsupported_media_type"),
        ("application/json; charset=utf-16", 415, "unsupported_charset"),
        ("text/csv; charset=klingon", 415, "unsupported_charset"),
    ],
)
async def test_other_content_types_are_refused(
    desk: "Desk", media_type: str, status: int, code: str
) -> None:
    problem = await desk.send(b"[]", media_type=media_type, status=status)
    assert problem["code"] == code


@pytest.mark.parametrize("query", ["region=XX", "region=usa", "region=", "dry_run=2", "map=a:b"])
async def test_queries_that_are_not_understood_are_refused(desk: "Desk", query: str) -> None:
    problem = await desk.call("POST", f"/v1/imports?{query}", 400, json=[])
    assert problem["code"] == "invalid_request"


@pytest.mark.parametrize(("media_type", "body"), [("text/csv", HEADER), ("application/json", "[]")])
async def test_an_input_without_rows_has_an_empty_receipt(
    desk: "Desk", media_type: str, body: str
) -> None:
    receipt = await desk.send(body, media_type=media_type)
    assert (receipt["status"], receipt["received"], receipt["failures"]) == ("completed", 0, [])


BAD_ROWS = [
    "Ada,Lovelace,ada@x.com",
    '"Ada,Lovelace,ada@x.com,+14155552671',
    '"Ada" x,Lovelace,ada@x.com,+14155552671',
    "A\x00da,Lovelace,ada@x.com,+14155552671",
    "x" * 70_000 + ",Lovelace,ada@x.com,+14155552671",
    "x" * 1_000_000 + ",Lovelace,ada@x.com,+14155552671",
    b"Zo\x81,Lovelace,ada@x.com,+14155552671",
    b"Ada,Lovelace,ada\xff@x.com,+1415555\x002671",
    ",,,",
]


@pytest.mark.parametrize("row", BAD_ROWS, ids=range(len(BAD_ROWS)))
async def test_a_bad_row_of_csv_fails_alone(
    desk: "Desk", person: "MakePerson", row: str | bytes
) -> None:
    row = row if isinstance(row, bytes) else row.encode()
    good = ",".join(person(1).values()).encode()
    receipt = await desk.send(HEADER.encode() + row + b"\n" + good + b"\n")
    assert (receipt["received"], receipt["imported"], receipt["failed"]) == (2, 1, 1)
    assert receipt["failures"][0]["row"] == 1


BAD_VALUES = [
    b"null",
    b"[]",
    b'{"name":5,"family_name":true,"email":{},"cellphone":4155552671}',
    b'{"name":"\\ud800","family_name":"x","email":"x","cellphone":"x"}',
    b'{"name":"\\u0000","family_name":"\\u0000","email":"\\u0000","cellphone":"\\u0000"}',
    b'{"extra":' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"}",
    b"[" * 10_000 + b"]" * 10_000,
    b'{"extra":"' + b"x" * 60_000 + b'"}',
    b'{"name":"' + b"x" * 1_000_000 + b'"}',
    b'{"name":1e400,"n":' + b"9" * 5_000 + b"}",
]


@pytest.mark.parametrize("value", BAD_VALUES, ids=range(len(BAD_VALUES)))
@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
async def test_a_bad_value_of_json_fails_alone(
    desk: "Desk", person: "MakePerson", media_type: str, value: bytes
) -> None:
    rows = [value, orjson.dumps(person(1))]
    body = b"\n".join(rows) if media_type.endswith("ndjson") else b"[" + b",".join(rows) + b"]"
    receipt = await desk.send(body, media_type=media_type)
    assert (receipt["received"], receipt["imported"], receipt["failed"]) == (2, 1, 1)


async def test_a_row_with_half_an_emoji_fails_with_its_values(desk: "Desk") -> None:
    body = (
        b'{"name":"Ada","family_name":"L\\ud83d","email":"ada@x.com","cellphone":4155552671}\n'
        b'{"name":' + b"9" * 400 + b',"email":"c@x.com","\\udfff":1}\n'
    )
    receipt = await desk.send(body, media_type="application/x-ndjson")
    fields = ("name", "family_name", "email", "cellphone", "codes")
    assert [[failure[field] for field in fields] for failure in receipt["failures"]] == [
        ["Ada", "L?", "ada@x.com", "4155552671", ["row_malformed"]],
        ["(a value that cannot be shown)", None, "c@x.com", None, ["row_malformed"]],
    ]


async def test_extra_columns_of_any_kind_are_kept(desk: "Desk", person: "MakePerson") -> None:
    extra = {"a": [1, 2.5, None, {"ü": "😀"}], "big": 2**60, "C:\\u0000": "\\"}
    await desk.bring([person(1, **extra)])
    (lead,) = await desk.announced_leads()
    assert lead.attributes == extra


async def test_json_that_breaks_late_ends_as_failed_with_a_true_receipt(
    desk: "Desk", person: "MakePerson"
) -> None:
    rows = b",".join(orjson.dumps(person(n, filler="x" * 2_000)) for n in range(600))
    receipt = await desk.send(b"[" + rows + b",}", media_type="application/json")
    assert receipt["status"] == "failed"
    assert receipt["error"]["code"] == "malformed_json"
    assert 0 < receipt["imported"] < 600
    assert receipt["received"] == receipt["imported"] + receipt["failed"]
    assert await desk.value("SELECT count(*) FROM leads") == receipt["imported"]


async def test_the_documentation_names_every_route(desk: "Desk") -> None:
    document = await desk.call("GET", "/openapi.json")
    assert set(document["paths"]["/v1/imports"]) == {"get", "post"}
    assert set(document["paths"]["/v1/imports"]["post"]["requestBody"]["content"]) == {
        "application/json",
        "application/x-ndjson",
        "multipart/form-data",
        "text/csv",
    }
    for path in ("/v1/imports/{import_id}", "/v1/imports/{import_id}/failures", "/v1/leads"):
        assert path in document["paths"]
