"""What only explains the past, or guards a repeated request, is forgotten after a while."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from leadwire.db import Database
from leadwire.testing import eventually
from manager_svc.usecases.keep_house import KEYS_KEPT_FOR, HouseKeeping

if TYPE_CHECKING:
    from conftest import Desk

MONTH = timedelta(days=30)
WAITING = """
    SELECT count(*)
    FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture
def house_keeping(database: Database) -> HouseKeeping:
    return HouseKeeping(database=database, explanations=MONTH, histories=MONTH)


async def age(desk: "Desk", table: str, by: timedelta) -> None:
    await desk.rows(f"UPDATE {table} SET created_at = created_at - $1::interval", by)  # noqa: S608


async def explained(desk: "Desk", lead: UUID) -> str:
    """Return who got a lead, or why nobody can tell the reason."""
    async with desk.client.get(f"/v1/leads/{lead}/assignment") as response:
        found = await response.json()
    return str(found["code"] if "code" in found else found["manager"]["name"])


async def test_an_old_explanation_goes_once_its_leads_are_decided_or_erased(
    desk: "Desk", house_keeping: HouseKeeping
) -> None:
    await desk.manager("Anna", capacity=2)
    first, second = await desk.leads(2)  # one round of the matcher: they share what explains them
    await desk.mark(first, "interested")
    await age(desk, "matchings", MONTH)
    await house_keeping.keep_house()
    assert [await explained(desk, lead) for lead in (first, second)] == ["Anna", "Anna"]

    await desk.mark(second, "reached_out")
    await desk.erase(second)
    await house_keeping.keep_house()

    assert await explained(desk, first) == "explanation_forgotten"
    assert await desk.value("SELECT count(*) FROM matchings") == 0
    history = await desk.call("GET", f"/v1/leads/{first}/history")
    assert history["items"][0]["event"] == "lead_assigned"


async def test_a_young_explanation_stays(desk: "Desk", house_keeping: HouseKeeping) -> None:
    await desk.manager("Anna")
    (lead,) = await desk.leads(1)
    await desk.mark(lead, "interested")
    await age(desk, "matchings", MONTH - timedelta(minutes=1))
    await house_keeping.keep_house()
    assert await explained(desk, lead) == "Anna"


async def test_an_earlier_assignment_does_not_explain_the_last_one(
    desk: "Desk", house_keeping: HouseKeeping
) -> None:
    """What explains the earlier one may live longer: for another lead of its round."""
    anna = await desk.manager("Anna", capacity=2)
    first, _ = await desk.leads(2)
    ben = await desk.manager("Ben")
    body = {"manager_id": ben["id"], "reassign": True}
    await desk.call("PUT", f"/v1/leads/{first}/assignee", json=body)
    await desk.mark(first, "interested")
    await age(desk, "matchings", MONTH)
    await house_keeping.keep_house()
    assert await desk.value("SELECT count(*) FROM matchings") == 1
    assert len(await desk.holds(anna)) == 1
    assert await explained(desk, first) == "explanation_forgotten"


async def test_a_history_goes_as_a_whole_once_its_lead_is_decided_or_erased_for_so_long(
    desk: "Desk", house_keeping: HouseKeeping
) -> None:
    anna = await desk.manager("Anna", capacity=4)
    decided, corrected, erased, held = await desk.leads(4)
    for lead in (decided, corrected, erased):
        await desk.mark(lead, "interested")
    await desk.erase(erased)
    await happened_earlier(desk, MONTH)
    await desk.mark(corrected, "not_interested", reason="he called back")
    await house_keeping.keep_house()

    entries, forgotten_at = await history(desk, decided)
    assert (entries, forgotten_at is None) == ([], False)
    assert await history(desk, corrected) == (
        ["lead_assigned", "lead_interested_created", "lead_not_interested_created"],
        None,
    )
    assert await history(desk, held) == (["lead_assigned"], None)
    assert await desk.value("SELECT count(*) FROM lead_history WHERE lead_id = $1", erased) == 0
    assert await explained(desk, decided) == "explanation_forgotten"

    # What happens from now on is known again; who held it then is not.
    await desk.mark(decided, "not_interested", reason="he called back, too")
    assert await history(desk, decided) == (["lead_not_interested_created"], forgotten_at)
    assert await desk.holds(anna) == [held]


async def test_what_happens_while_a_history_is_forgotten_stays(
    desk: "Desk", house_keeping: HouseKeeping, database: Database
) -> None:
    await desk.manager("Anna")
    (lead,) = await desk.leads(1)
    await desk.mark(lead, "interested")
    await happened_earlier(desk, MONTH)

    async def waits() -> bool:
        return bool(await desk.value(WAITING))

    async with database.connection() as connection:
        other = connection.transaction()  # of another replica, which dies
        await other.start()
        await connection.execute("INSERT INTO forgotten_histories VALUES ($1, now())", lead)
        forgetting = asyncio.create_task(house_keeping.keep_house())
        await eventually(waits)
        await desk.mark(lead, "not_interested", reason="he called back")
        await other.rollback()
    await forgetting

    entries, forgotten_at = await history(desk, lead)
    assert (entries, forgotten_at is None) == (["lead_not_interested_created"], False)


async def test_no_history_goes_where_nobody_says_how_long_it_is_kept(
    desk: "Desk", database: Database
) -> None:
    await desk.manager("Anna")
    (lead,) = await desk.leads(1)
    await desk.mark(lead, "interested")
    await happened_earlier(desk, timedelta(days=3650))
    await HouseKeeping(database=database, explanations=MONTH, histories=None).keep_house()
    assert await history(desk, lead) == (["lead_assigned", "lead_interested_created"], None)


async def happened_earlier(desk: "Desk", by: timedelta) -> None:
    """Move everything that happened back, past the guard that nobody does so."""
    async with desk.database.transaction() as connection:
        await connection.execute("ALTER TABLE lead_history DISABLE TRIGGER USER")
        await connection.execute("UPDATE lead_history SET at = at - $1::interval", by)
        await connection.execute("ALTER TABLE lead_history ENABLE TRIGGER USER")


async def history(desk: "Desk", lead: UUID) -> tuple[list[str], str | None]:
    """Return what is known to have happened, and since when more is not."""
    page = await desk.call("GET", f"/v1/leads/{lead}/history")
    return [each["event"] for each in page["items"]], page["forgotten_at"]


class TestKeys:
    @pytest.fixture
    def auto_assign(self) -> bool:
        return False

    async def test_a_key_is_good_for_a_week(
        self, desk: "Desk", house_keeping: HouseKeeping
    ) -> None:
        await desk.leads(2)
        anna = await desk.manager("Anna", capacity=2)
        path, headers = f"/v1/managers/{anna['id']}/next-lead", {"Idempotency-Key": "k"}
        taken = await desk.call("POST", path, headers=headers)
        await age(desk, "next_lead_keys", KEYS_KEPT_FOR - timedelta(minutes=1))
        await house_keeping.keep_house()
        assert (await desk.call("POST", path, headers=headers))["id"] == taken["id"]

        await age(desk, "next_lead_keys", timedelta(minutes=1))
        await house_keeping.keep_house()
        assert await desk.value("SELECT count(*) FROM next_lead_keys") == 0
        assert (await desk.call("POST", path, headers=headers))["id"] != taken["id"]
