"""Columns whose names do not say what they are: the request does, by `map`."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Desk

CSV = "Vorname,Nachname,Adresse,Nummer,Phone\nAda,Lovelace,ada@x.com,+14155552671,none\n"
MAP = ["name:Vorname", "family_name:Nachname", "email:Adresse", "cellphone:Nummer"]


async def test_columns_are_what_the_request_says(desk: "Desk") -> None:
    receipt = await desk.send(CSV, map=MAP)
    assert (receipt["imported"], receipt["failed"]) == (1, 0)
    [lead] = await desk.announced_leads()
    assert (lead.name, lead.family_name, lead.email) == ("Ada", "Lovelace", "ada@x.com")
    assert (lead.cellphone, lead.attributes) == ("+14155552671", {"Phone": "none"})


@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
async def test_keys_of_json_are_what_the_request_says(desk: "Desk", media_type: str) -> None:
    body = b'{"Vorname":"Ada","last_name":"Lovelace","email":"ada@x.com","Nr":"+14155552671"}'
    if media_type == "application/json":
        body = b"[" + body + b"]"
    receipt = await desk.send(
        body, media_type=media_type, map=["first_name: vorname ", "cellphone:Nr"]
    )
    assert (receipt["imported"], receipt["failures"]) == (1, [])


async def test_a_mapped_column_that_is_not_there_refuses_the_file(desk: "Desk") -> None:
    problem = await desk.send(CSV, map=[*MAP[:3], "cellphone:Mobil"], status=400)
    assert problem["code"] == "columns_not_recognised"
    assert problem["fields_missing"] == ["cellphone"]
    assert "there is no column `Mobil`" in problem["detail"]


@pytest.mark.parametrize(
    "value",
    [
        "cellphone",
        "cellphone:",
        "phone:Nummer",
        ":Nummer",
        ["name:A", "first_name:B"],
        ["a:b"] * 5,
        ["name:A", "email: A "],
    ],
)
async def test_a_map_that_is_none_is_refused(desk: "Desk", value: Any) -> None:
    problem = await desk.send(CSV, map=value, status=400)
    assert problem["code"] == "invalid_request"
    assert problem["errors"][0]["path"] == "map"
