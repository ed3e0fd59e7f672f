"""Whatever comes in, every row ends in one place, and in the right one."""

import asyncio
import contextlib
import csv
import gzip
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson
import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from import_svc.usecases import judged_chunks

if TYPE_CHECKING:
    from conftest import Desk, Json, MakePerson

FIELDS = ("name", "family_name", "email", "cellphone")
REGION = "US"
VOLATILE = ("id", "failures_url", "started_at", "finished_at", "dry_run")
EVERYTHING = "TRUNCATE leads, imports, import_failures, outbox CASCADE"


@dataclass(slots=True)
class PlainImports:
    """What an import is to do, slowly, simply and by the book: no code of the service.

    Attributes:
        leads: What is stored, by email without regard to case.
    """

    leads: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def verdicts(self, rows: Sequence[object]) -> list[list[str]]:
        """Take an import; say for each row which codes it has, none if it is stored."""
        return [self._verdict(row) for row in rows]

    def _verdict(self, row: object) -> list[str]:
        if not isinstance(row, dict):
            return ["row_malformed"]
        # Neither Postgres nor JSON has a place for it.
        codes = ["row_malformed"] if "\x00" in row.get("company", "") else []
        name = plain_name("name", row.get("name"), codes)
        family_name = plain_name("family_name", row.get("family_name"), codes)
        email = plain_email(row.get("email"), codes)
        cellphone = plain_cellphone(row.get("cellphone"), codes)
        if email and email.lower() in self.leads:
            codes.append("email_exists")
        if cellphone in [lead[3] for lead in self.leads.values()]:
            codes.append("cellphone_exists")
        if not codes:
            assert email
            assert cellphone
            self.leads[email.lower()] = (name, family_name, email, cellphone)
        return list(dict.fromkeys(codes))


def is_missing(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def plain_name(which: str, value: object, codes: list[str]) -> str:
    if is_missing(value):
        codes.append(f"{which}_missing")
    elif isinstance(value, str) and len(value.strip()) <= 200 and value.strip().isprintable():
        return value.strip()
    else:
        codes.append("name_invalid")
    return ""


def plain_email(value: object, codes: list[str]) -> str | None:
    if is_missing(value):
        codes.append("email_missing")
        return None
    if isinstance(value, str):
        with contextlib.suppress(EmailNotValidError):
            return validate_email(value.strip(), check_deliverability=False).normalized
    codes.append("email_invalid")
    return None


def plain_cellphone(value: object, codes: list[str]) -> str | None:
    if is_missing(value):
        codes.append("cellphone_missing")
        return None
    if isinstance(value, str):
        with contextlib.suppress(phonenumbers.NumberParseException):
            number = phonenumbers.parse(value.strip(), REGION)
            if phonenumbers.is_valid_number(number):
                return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    codes.append("cellphone_invalid")
    return None


@dataclass(frozen=True, slots=True)
class Ragged:
    """A row of CSV with too few or too many columns, or with quotes in the wrong place."""

    line: str


@dataclass(frozen=True, slots=True)
class Writing:
    """How a file is written and sent."""

    media_type: str
    headers: tuple[str, ...]
    delimiter: str = ","
    encoding: str = "utf-8"
    line_end: str = "\n"
    packed: bool = False
    form: bool = False

    def body(self, rows: Sequence[object]) -> bytes:
        if self.media_type == "text/csv":
            return self._csv(rows).encode(self.encoding)
        named = [self._named(row) for row in rows]
        if self.media_type == "application/json":
            return json.dumps(named).encode()
        return b"".join(json.dumps(row).encode() + b"\n" for row in named)

    def _csv(self, rows: Sequence[object]) -> str:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator=self.line_end)
        writer.writerow([*self.headers, "company"])
        for row in rows:
            if isinstance(row, Ragged):
                out.write(row.line.replace(",", self.delimiter) + self.line_end)
            else:
                assert isinstance(row, dict)
                writer.writerow([row.get(each, "") for each in (*FIELDS, "company")])
        return out.getvalue()

    def _named(self, row: object) -> object:
        if not isinstance(row, dict):
            return row
        names = dict(zip(FIELDS, self.headers, strict=True))
        return {names.get(key, key): value for key, value in row.items()}


def a_row(values: dict[str, st.SearchStrategy[object]]) -> st.SearchStrategy[object]:
    company = st.text(alphabet='ab é,;|\t\n\x00"', max_size=5)
    return st.fixed_dictionaries(values, optional={"company": company})


TEXT_NAMES = ["Ada", " Zoë ", "李", "", "  ", "x" * 200, "x" * 201, "a\x00", "a\x07b", 'O"Neil']
BUECHER = ["c@bücher.de", "c@xn--bcher-kva.de", "C@BÜCHER.de"]
TEXT_EMAILS = ["a@x.com", "A@X.com", "b@x.com", " b@x.com", "é@x.com", "É@x.com", "a@b", "", "a,b"]
ABROAD = ["+4915112345678", "+49 151 12345678", "+390236618300", "0151 12345678"]
TEXT_CELLPHONES = ["+14155552671", "(415) 555-2671", "415.555.2672x5", *ABROAD, "12", "", "call me"]
NO_TEXTS: list[object] = [None, 5, True, [], {"a": 1}]


def some_rows(no_texts: list[object]) -> st.SearchStrategy[object]:
    """Rows of which any field may be anything, and rows that only their keys can make fail."""
    names, emails = [*TEXT_NAMES, *no_texts], [*TEXT_EMAILS, *BUECHER, *no_texts]
    cellphones = [*TEXT_CELLPHONES, *no_texts]
    keys = {"email": st.sampled_from(emails), "cellphone": st.sampled_from(cellphones)}
    any_name = st.sampled_from(names)
    return a_row({"name": any_name, "family_name": any_name, **keys}) | a_row(
        {"name": st.just("Ada"), "family_name": st.just("Lovelace"), **keys}
    )


RAGGED = st.sampled_from(["Ada,Lovelace", "a,b,c,d,e,f", "Ada,L,,,,", '"Ada" x,L,a@x.com,12,'])
HEADERS = st.sampled_from(
    [FIELDS, ("First Name", "LAST_NAME", "E-mail", "Phone 1"), ("Name", "Family", "mail", "Cell")]
)
CSV_FILES = st.tuples(
    st.builds(
        Writing,
        media_type=st.just("text/csv"),
        headers=HEADERS,
        delimiter=st.sampled_from(",;\t|"),
        encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]),
        line_end=st.sampled_from(["\n", "\r\n"]),
        packed=st.booleans(),
        form=st.booleans(),
    ),
    st.lists(some_rows([]) | st.builds(Ragged, RAGGED), min_size=1, max_size=8),
)
JSON_FILES = st.tuples(
    st.builds(
        Writing,
        media_type=st.sampled_from(["application/json", "application/x-ndjson"]),
        headers=HEADERS,
        packed=st.booleans(),
        form=st.booleans(),
    ),
    st.lists(
        some_rows(NO_TEXTS) | st.sampled_from([None, 5, [], "text", {}, ["a", "b"]]),
        min_size=1,
        max_size=8,
    ),
)
FILES = CSV_FILES | JSON_FILES


# Now and then a few rows make several chunks, and rows and characters are cut in two.
BLOCK_SIZES = st.sampled_from([judged_chunks.BLOCK_BYTES, judged_chunks.BLOCK_BYTES, 53])


async def send(
    desk: "Desk", writing: Writing, rows: Sequence[object], *, dry_run: bool = False
) -> "Json":
    body, headers = writing.body(rows), {"Content-Type": writing.media_type}
    if writing.form:
        disposition = b'Content-Disposition: form-data; name="f"; filename="leads"'
        kind = b"Content-Type: " + writing.media_type.encode()
        body = b"\r\n".join([b"--limit", disposition, kind, b"", body, b"--limit--", b""])
        headers["Content-Type"] = "multipart/form-data; boundary=limit"
    if writing.packed:
        body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
    params = {"region": REGION} | ({"dry_run": "true"} if dry_run else {})
    receipt = await desk.call(
        "POST", "/v1/imports", data=io.BytesIO(body), headers=headers, params=params
    )
    assert receipt["status"] == "completed"
    assert receipt["received"] == receipt["imported"] + receipt["failed"] == len(rows)
    return receipt


def codes_of(receipt: "Json") -> list[list[str]]:
    codes = {failure["row"]: failure["codes"] for failure in receipt["failures"]}
    assert len(codes) == receipt["failed"]
    return [codes.get(number, []) for number in range(1, receipt["received"] + 1)]


def lasting(receipt: "Json") -> "Json":
    return {name: value for name, value in receipt.items() if name not in VOLATILE}


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(files=st.lists(FILES, min_size=1, max_size=3), block_bytes=BLOCK_SIZES)
async def test_verdicts_are_those_of_a_plain_implementation_dry_or_not(
    desk: "Desk",
    monkeypatch: pytest.MonkeyPatch,
    files: "list[tuple[Writing, list[object]]]",
    block_bytes: int,
) -> None:
    monkeypatch.setattr(judged_chunks, "BLOCK_BYTES", block_bytes)
    async with desk.database.connection() as connection:
        await connection.execute(EVERYTHING)
    plain = PlainImports()
    for writing, rows in files:
        dry = await send(desk, writing, rows, dry_run=True)
        receipt = await send(desk, writing, rows)
        assert lasting(dry) == lasting(receipt)
        assert codes_of(receipt) == plain.verdicts(rows)
    stored = await desk.rows(
        "SELECT name, family_name, email, cellphone FROM leads ORDER BY created_at, id"
    )
    assert stored == list(plain.leads.values())
    failed = await desk.value("SELECT count(*) FROM import_failures")
    assert len(stored) + failed == sum(len(rows) for _, rows in files)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    files=st.lists(
        st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12),
        min_size=2,
        max_size=3,
    ),
    block_bytes=BLOCK_SIZES,
)
async def test_of_racing_imports_whoever_is_not_stored_is_a_duplicate_of_somebody_stored(
    desk: "Desk",
    person: "MakePerson",
    monkeypatch: pytest.MonkeyPatch,
    files: list[list[tuple[int, int]]],
    block_bytes: int,
) -> None:
    """People share emails and cellphones with others, in one file and across files."""
    monkeypatch.setattr(judged_chunks, "BLOCK_BYTES", block_bytes)
    async with desk.database.connection() as connection:
        await connection.execute(EVERYTHING)
    sent = [
        [person(email, cellphone=person(cellphone)["cellphone"]) for email, cellphone in file]
        for file in files
    ]
    receipts = await asyncio.gather(*(desk.bring(people) for people in sent))
    stored = await desk.rows("SELECT email, cellphone, import_id::text FROM leads")
    emails, cellphones = {each[0] for each in stored}, {each[1] for each in stored}
    assert len(emails) == len(cellphones) == len(stored)
    for receipt, people in zip(receipts, sent, strict=True):
        assert (receipt["status"], receipt["received"]) == ("completed", len(people))
        assert receipt["imported"] == [each[2] for each in stored].count(receipt["id"])
        for each, codes in zip(people, codes_of(receipt), strict=True):
            expected = {
                code
                for code, is_there in (
                    ("email_exists", each["email"] in emails),
                    ("cellphone_exists", each["cellphone"] in cellphones),
                )
                if is_there
            }
            assert set(codes) <= expected
            if not codes:
                assert (each["email"], each["cellphone"], receipt["id"]) in stored


async def test_racing_imports_of_overlapping_files_store_each_person_once(
    desk: "Desk", person: "MakePerson"
) -> None:
    everybody = [person(n) for n in range(3_000)]
    # Each file in another order, so that the imports also deadlock on each other.
    files = [everybody[:2_000], everybody[1_000:][::-1], everybody[500:2_500][::-1], everybody]
    receipts = await asyncio.gather(*(desk.bring(file) for file in files))
    for receipt, file in zip(receipts, files, strict=True):
        assert receipt["status"] == "completed"
        assert receipt["received"] == receipt["imported"] + receipt["failed"] == len(file)
        async with desk.client.get(receipt["failures_url"]) as response:
            failures = [orjson.loads(line) for line in (await response.read()).splitlines()]
        assert len(failures) == receipt["failed"]
        for failure in failures:
            assert failure["codes"] == ["email_exists", "cellphone_exists"]
    assert sum(receipt["imported"] for receipt in receipts) == len(everybody)
    by_import = await desk.rows("SELECT import_id::text, count(*) FROM leads GROUP BY import_id")
    assert dict(by_import) == {
        receipt["id"]: receipt["imported"] for receipt in receipts if receipt["imported"]
    }
    announced = await desk.announced_leads()
    assert sorted(lead.email for lead in announced) == sorted(each["email"] for each in everybody)


async def test_people_who_share_only_a_key_race_to_one_lead(
    desk: "Desk", person: "MakePerson"
) -> None:
    files = [[person(n, cellphone="+14155552671")] for n in range(4)]
    receipts = await asyncio.gather(*(desk.bring(file) for file in files))
    assert sorted(receipt["imported"] for receipt in receipts) == [0, 0, 0, 1]
    lost = [receipt["failures"][0]["codes"] for receipt in receipts if receipt["failed"]]
    assert lost == [["cellphone_exists"]] * 3
