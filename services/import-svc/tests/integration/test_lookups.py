"""Known keys are looked up only where they may be expected; the verdicts are the same."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from import_svc.storage.leads import LeadStore
from import_svc.usecases import input_judge
from leadwire.db import Connection

if TYPE_CHECKING:
    from conftest import Desk, MakePerson

ROWS_PER_CHUNK = 10


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Chunks of ten rows; and how many emails were looked up, try by try."""
    counts: list[int] = []
    known_keys = LeadStore.known_keys

    async def counting(
        self: LeadStore, connection: Connection, *, emails: Sequence[str], cellphones: Sequence[str]
    ) -> object:
        counts.append(len(emails))
        return await known_keys(self, connection, emails=emails, cellphones=cellphones)

    monkeypatch.setattr(input_judge, "MAX_CHUNK_ROWS", ROWS_PER_CHUNK)
    monkeypatch.setattr(LeadStore, "known_keys", counting)
    return counts


async def test_of_new_leads_only_the_first_chunk_is_looked_up(
    desk: "Desk", person: "MakePerson", looked_up: list[int]
) -> None:
    receipt = await desk.bring([person(number) for number in range(30)])
    assert receipt["imported"] == 30
    assert looked_up == [10, 0, 0]


async def test_leads_that_exist_in_a_later_chunk_are_found_by_another_try(
    desk: "Desk", person: "MakePerson", looked_up: list[int]
) -> None:
    await desk.bring([person(number) for number in (12, 25, 38)])
    looked_up.clear()
    people = [person(number) for number in range(60)]
    people[25]["cellphone"] = "+14155552671"
    receipt = await desk.bring(people)
    assert [(each["row"], each["codes"]) for each in receipt["failures"]] == [
        (13, ["email_exists", "cellphone_exists"]),
        (26, ["email_exists"]),
        (39, ["email_exists", "cellphone_exists"]),
    ]
    assert (receipt["imported"], len(await desk.announced_leads())) == (57, 60)
    # Nothing at first, then everything, until a chunk has nothing that exists.
    assert looked_up == [10, 0, 10, 10, 10, 10, 0]


async def test_a_failed_row_says_what_exists_also_where_nothing_else_is_looked_up(
    desk: "Desk", person: "MakePerson", looked_up: list[int]
) -> None:
    await desk.bring([person(12)])
    people = [person(number) for number in range(20)]
    people[12]["name"] = ""
    receipt = await desk.bring(people)
    assert [(each["row"], each["codes"]) for each in receipt["failures"]] == [
        (13, ["name_missing", "email_exists", "cellphone_exists"])
    ]
    assert looked_up == [1, 10, 1]


async def test_a_row_that_repeats_another_of_its_chunk_says_also_what_is_stored(
    desk: "Desk", person: "MakePerson", looked_up: list[int]
) -> None:
    await desk.bring([person(15)])
    people = [person(number) for number in range(20)]
    people[15]["cellphone"] = people[12]["cellphone"]
    looked_up.clear()
    receipt = await desk.bring(people)
    assert [(each["row"], each["codes"]) for each in receipt["failures"]] == [
        (16, ["email_exists", "cellphone_exists"])
    ]
    assert looked_up == [10, 0, 10]
