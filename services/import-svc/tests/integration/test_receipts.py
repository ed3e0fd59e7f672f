"""What is told of imports afterwards: all failures in two forms, and imports page by page."""

import csv
import io
from typing import TYPE_CHECKING
from uuid import uuid4

import orjson
import pytest

if TYPE_CHECKING:
    from conftest import Desk, Json, MakePerson


async def test_more_failures_than_a_receipt_bears_are_all_under_its_url(desk: "Desk") -> None:
    receipt = await desk.bring([{"name": f"n{n}"} for n in range(2_500)])
    assert receipt["failed"] == 2_500
    assert [failure["row"] for failure in receipt["failures"]] == list(range(1, 1_001))
    async with desk.client.get(receipt["failures_url"]) as response:
        assert response.content_type == "application/x-ndjson"
        lines = (await response.read()).splitlines()
    assert [orjson.loads(line)["row"] for line in lines] == list(range(1, 2_501))
    assert orjson.loads(lines[0]) == receipt["failures"][0]


async def test_failures_as_csv_hold_no_formulas(desk: "Desk") -> None:
    values = {"name": "=1+1", "family_name": "@x", "email": "-a,b", "cellphone": " +1"}
    numbers = {"name": "a\nb", "cellphone": "+1 (212) 555"}
    receipt = await desk.bring([values, numbers])
    accept = {"Accept": "text/csv"}
    async with desk.client.get(receipt["failures_url"], headers=accept) as response:
        assert response.content_type == "text/csv"
        assert "attachment" in response.headers["Content-Disposition"]
        first, second = csv.DictReader(io.StringIO(await response.text(), newline=""))
    assert first == {
        "row": "1",
        "name": "'=1+1",
        "family_name": "'@x",
        "email": "'-a,b",
        "cellphone": "' +1",
        "reason": "email is not valid; cellphone is not a valid phone number",
        "codes": "email_invalid cellphone_invalid",
    }
    assert (second["name"], second["email"]) == ("a\nb", "")
    assert second["cellphone"] == "+1 (212) 555"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/x-ndjson"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("text/*", "text/csv"),
        ("text/html, text/csv;q=0.9, */*;q=0.1", "text/csv"),
        ("text/csv;q=0.1, application/x-ndjson", "application/x-ndjson"),
        ("application/x-ndjson;q=0, */*", "text/csv"),
    ],
)
async def test_the_form_of_failures_is_negotiated(
    desk: "Desk", accept: str, media_type: str
) -> None:
    receipt = await desk.bring([{}])
    headers = {"Accept": accept}
    async with desk.client.get(receipt["failures_url"], headers=headers) as response:
        assert (response.status, response.content_type) == (200, media_type)


async def test_other_forms_of_failures_are_not_acceptable(desk: "Desk") -> None:
    receipt = await desk.bring([{}])
    headers = {"Accept": "text/html, text/csv;q=0"}
    problem = await desk.call("GET", receipt["failures_url"], 406, headers=headers)
    assert problem["code"] == "not_acceptable"


async def test_imports_are_listed_newest_first_page_by_page(
    desk: "Desk", person: "MakePerson"
) -> None:
    receipts = [await desk.bring([person(n), {}]) for n in range(5)]
    found: list[Json] = []
    cursor: str | None = None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = await desk.call("GET", "/v1/imports", params=params)
        assert len(page["items"]) <= 2
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    for receipt in receipts:
        del receipt["failures"], receipt["dry_run"]
    assert found == receipts[::-1]


async def test_a_made_up_cursor_is_refused(desk: "Desk") -> None:
    problem = await desk.call("GET", "/v1/imports?cursor=x", 400)
    assert problem["code"] == "invalid_cursor"


@pytest.mark.parametrize("query", ["cursor=%00", "limit=0", "limit=1001", "q=1"])
async def test_wrong_pages_are_refused(desk: "Desk", query: str) -> None:
    problem = await desk.call("GET", f"/v1/imports?{query}", 400)
    assert problem["code"] == "invalid_request"


async def test_an_unknown_import_is_not_found(desk: "Desk") -> None:
    for path in (f"/v1/imports/{uuid4()}", f"/v1/imports/{uuid4()}/failures"):
        assert (await desk.call("GET", path, 404))["code"] == "import_not_found"
    assert (await desk.call("GET", "/v1/imports/7", 400))["code"] == "invalid_request"
