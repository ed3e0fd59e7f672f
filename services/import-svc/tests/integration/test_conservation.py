"""Whatever comes in, every row ends in one place, and in the right one."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import orjson
import rphonenumbers  # type: ignore[import-untyped]
from email_validator import EmailNotValidError, validate_email
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rphonenumbers import PhoneNumberFormat

if TYPE_CHECKING:
    from conftest import Desk, MakePerson

NAMES = st.sampled_from(["Ada", " Zoë ", "", None, "x" * 201, "a\x00", 5])
BUECHER = ["c@bücher.de", "c@xn--bcher-kva.de"]
EMAILS = st.sampled_from(["a@x.com", "A@X.com", "b@x.com", " b@x.com", "a@b", "", None, *BUECHER])
ABROAD = "+4915112345678"
CELLPHONES = st.sampled_from(
    ["+14155552671", "(415) 555-2671", "415.555.2672x5", ABROAD, "12", "", None, 4155552671]
)
ROWS: st.SearchStrategy[object] = st.one_of(
    st.fixed_dictionaries(
        {"name": NAMES, "family_name": NAMES, "email": EMAILS, "cellphone": CELLPHONES},
        optional={"company": st.text(max_size=5)},
    ),
    st.fixed_dictionaries(
        {
            "name": st.just("Ada"),
            "family_name": st.just("Lovelace"),
            "email": EMAILS,
            "cellphone": CELLPHONES,
        }
    ),
    st.sampled_from([None, 5, [], "text", {}]),
)


def plain_verdicts(imports: Sequence[Sequence[object]]) -> list[list[list[str]]]:
    """Say for each row of each import what its codes are: slowly, simply, by the book."""
    emails: set[str] = set()
    cellphones: set[str] = set()
    return [
        [plain_verdict(row, emails=emails, cellphones=cellphones) for row in rows]
        for rows in imports
    ]


def plain_verdict(row: object, *, emails: set[str], cellphones: set[str]) -> list[str]:
    if not isinstance(row, dict):
        return ["row_malformed"]
    codes = ["row_malformed"] if "\x00" in row.get("company", "") else []
    for field in ("name", "family_name"):
        plain_name(field, row.get(field), codes)
    email = plain_email(row.get("email"), codes)
    cellphone = plain_cellphone(row.get("cellphone"), codes)
    if email in emails:
        codes.append("email_exists")
    if cellphone in cellphones:
        codes.append("cellphone_exists")
    if not codes:
        assert email
        assert cellphone
        emails.add(email)
        cellphones.add(cellphone)
    return list(dict.fromkeys(codes))


def plain_name(field: str, value: object, codes: list[str]) -> None:
    if value is None or (isinstance(value, str) and not value.strip()):
        codes.append(f"{field}_missing")
    elif not isinstance(value, str) or len(value) > 200 or "\x00" in value:
        codes.append("name_invalid")


def plain_email(value: str | None, codes: list[str]) -> str | None:
    if value is None or not value.strip():
        codes.append("email_missing")
        return None
    try:
        return validate_email(value.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        codes.append("email_invalid")
        return None


def plain_cellphone(value: object, codes: list[str]) -> str | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        codes.append("cellphone_missing")
        return None
    if isinstance(value, str):
        with contextlib.suppress(rphonenumbers.NumberParseException):
            number = rphonenumbers.parse(value, "US")
            if rphonenumbers.is_valid_number(number):
                return str(rphonenumbers.format_number(number, PhoneNumberFormat.E164))
    codes.append("cellphone_invalid")
    return None


async def found_verdicts(desk: "Desk", rows: Sequence[object], media_type: str) -> list[list[str]]:
    if media_type == "application/json":
        body = orjson.dumps(rows)
    else:
        body = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    receipt = await desk.send(body, media_type=media_type, region="US")
    assert receipt["status"] == "completed"
    assert receipt["received"] == receipt["imported"] + receipt["failed"] == len(rows)
    codes = {failure["row"]: failure["codes"] for failure in receipt["failures"]}
    assert len(codes) == receipt["failed"]
    return [codes.get(number, []) for number in range(1, len(rows) + 1)]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    imports=st.lists(st.lists(ROWS, min_size=1, max_size=8), min_size=1, max_size=3),
    media_type=st.sampled_from(["application/json", "application/x-ndjson"]),
)
async def test_verdicts_are_those_of_a_plain_implementation(
    desk: "Desk", imports: list[list[object]], media_type: str
) -> None:
    async with desk.database.connection() as connection:
        await connection.execute("TRUNCATE leads, imports, import_failures, outbox CASCADE")
    found = [await found_verdicts(desk, rows, media_type) for rows in imports]
    assert found == plain_verdicts(imports)
    stored = await desk.value("SELECT count(*) FROM leads")
    assert stored == sum(not codes for rows in found for codes in rows)


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
        for failure in receipt["failures"]:
            assert failure["codes"] == ["email_exists", "cellphone_exists"]
    assert sum(receipt["imported"] for receipt in receipts) == len(everybody)
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
