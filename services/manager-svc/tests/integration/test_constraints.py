"""The database itself refuses what G4 forbids, whatever the code does."""

from typing import TYPE_CHECKING

import asyncpg
import pytest

from manager_svc.domain.manager import MAX_CAPACITY

if TYPE_CHECKING:
    from conftest import Desk


async def run(desk: "Desk", *statements: str) -> None:
    async with desk.database.transaction() as connection:
        for statement in statements:
            await connection.execute(statement)


async def refused(desk: "Desk", constraint: str, *statements: str) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        await run(desk, *statements)
    assert caught.value.constraint_name == constraint


async def test_a_lead_cannot_sit_in_two_places(desk: "Desk") -> None:
    await desk.manager("Anna")
    await desk.leads(1)
    await desk.manager("Ben")
    await refused(
        desk,
        "slots_lead_key",
        "UPDATE slots SET lead_id = (SELECT id FROM leads), free_since = NULL "
        "WHERE lead_id IS NULL",
    )


async def test_a_lead_cannot_have_an_assignee_without_a_place_for_it(desk: "Desk") -> None:
    await desk.manager("Anna")
    await desk.leads(2)
    await refused(
        desk,
        "leads_slot_fkey",
        "UPDATE leads SET manager_id = (SELECT id FROM managers), assigned_at = now() "
        "WHERE manager_id IS NULL",
    )


async def test_a_place_cannot_forget_the_lead_it_holds(desk: "Desk") -> None:
    await desk.manager("Anna")
    await desk.leads(1)
    await refused(desk, "leads_slot_fkey", "UPDATE slots SET lead_id = NULL, free_since = now()")


async def test_a_manager_cannot_have_more_places_than_his_capacity(desk: "Desk") -> None:
    await desk.manager("Anna")
    await refused(
        desk,
        "slots_within_capacity",
        "INSERT INTO slots (manager_id, number, capacity) SELECT id, 2, 1 FROM managers",
    )
    await refused(
        desk,
        "slots_manager_fkey",
        "INSERT INTO slots (manager_id, number, capacity) SELECT id, 2, 2 FROM managers",
    )


async def test_the_greatest_capacity_is_the_same_to_the_database(desk: "Desk") -> None:
    anna = await desk.manager("Anna", capacity=MAX_CAPACITY)
    assert anna["capacity"] == MAX_CAPACITY
    more = "UPDATE managers SET capacity = capacity + 1"
    await refused(desk, "managers_capacity_check", more)


async def test_a_capacity_cannot_fall_below_the_places(desk: "Desk") -> None:
    await desk.manager("Anna", capacity=2)
    await refused(desk, "slots_within_capacity", "UPDATE managers SET capacity = 1")


CONTRADICTIONS = {
    "leads_decided_is_free": "status = 'interested', decided_at = now()",
    "leads_decided_at": "status = 'interested'",
    "leads_status_check": "status = 'won'",
    "leads_complete": "email = NULL",
    "leads_erased_is_empty": "erased_at = now(), manager_id = NULL, assigned_at = NULL",
    "leads_erased_is_free": (
        "erased_at = now(), name = NULL, family_name = NULL, email = NULL, cellphone = NULL"
    ),
}


async def test_a_lead_cannot_contradict_itself(desk: "Desk") -> None:
    await desk.manager("Anna")
    await desk.leads(1)
    for constraint, change in CONTRADICTIONS.items():
        await refused(desk, constraint, f"UPDATE leads SET {change}")  # noqa: S608 - fixed texts


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE lead_history SET actor = 'nobody'",
        "UPDATE lead_history SET reason = NULL",
        "DELETE FROM lead_history",
        "TRUNCATE lead_history",
    ],
)
async def test_what_happened_to_a_lead_cannot_be_changed(desk: "Desk", change: str) -> None:
    await desk.manager("Anna")
    await desk.leads(1)
    await refused(desk, "lead_history_only_grows", change)


async def test_of_an_erased_lead_nothing_but_the_reason_can_be_taken(desk: "Desk") -> None:
    (lead,) = await desk.leads(1)
    await desk.mark(lead, "reached_out", reason="spoke to Ada")
    await desk.erase(lead)
    await refused(desk, "lead_history_only_grows", "UPDATE lead_history SET actor = 'nobody'")
    await refused(desk, "lead_history_only_grows", "UPDATE lead_history SET reason = 'words'")
    await run(desk, "UPDATE lead_history SET reason = NULL")
