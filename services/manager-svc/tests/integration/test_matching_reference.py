"""The matcher against the rule said slowly, with crowds larger than one reading takes.

The rule (G5): again and again, the oldest waiting lead that some free place is open to goes
to the one that has been free longest. A lead is closed to each who gave it back, until he has
had another or an hour has passed. Readings are bounded; what they bring first must never hide
the only pair that could be made.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from leadwire.db import Connection, Database
from manager_svc.domain.lead import Contact, Work, Worked
from manager_svc.domain.manager import ManagerName
from manager_svc.domain.matching import BATCH, GIVEN_BACK_FOR, Place, WaitingLead
from manager_svc.domain.status import LeadStatus
from manager_svc.usecases.add_manager import add_manager
from manager_svc.usecases.change_manager import change_manager
from manager_svc.usecases.mark_lead import mark_lead
from manager_svc.usecases.match import match
from manager_svc.usecases.pause_manager import pause_manager
from manager_svc.usecases.receive_leads import receive_leads
from manager_svc.usecases.release_leads import release_leads
from manager_svc.usecases.remove_manager import remove_manager
from manager_svc.usecases.resume_manager import resume_manager
from manager_svc.usecases.unit import Unit

BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)
MOST_LEADS: Final = 1500  # within what one transaction matches

Given = list[tuple[UUID, UUID]]
"""Lead and manager, in the order of assignment."""


def by_the_rule(places: Sequence[Place], leads: Sequence[WaitingLead]) -> Given:
    """Match places (free longest first) and leads (oldest first) one by one."""
    places_left, leads_left = list(places), list(leads)
    given_out: Given = []
    served: set[UUID] = set()

    def is_open(lead: WaitingLead, place: Place) -> bool:
        return place.manager_id not in lead.not_for or place.manager_id in served

    while True:
        pairs = product(leads_left, places_left)
        found = next(((lead, place) for lead, place in pairs if is_open(lead, place)), None)
        if found is None:
            return given_out
        lead, place = found
        leads_left.remove(lead)
        places_left.remove(place)
        served.add(place.manager_id)
        given_out.append((lead.lead_id, place.manager_id))


class Floor:
    """Managers and leads in one open transaction; each step has a moment of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.now = BEGINNING

    def unit(self, *, auto_assign: bool = False) -> Unit:
        return Unit(
            connection=self._connection, now=self.now, actor="test", auto_assign=auto_assign
        )

    def tick(self, by: timedelta = timedelta(seconds=1)) -> None:
        self.now += by

    # what happens; the matcher does not run before `match`

    async def add(self, capacity: int) -> UUID:
        self.tick()
        added = await add_manager(self.unit(), name="Anna", email=None, capacity=capacity)
        return added.manager.id

    async def arrive(self, count: int, *, age: int = 0) -> list[UUID]:
        self.tick()
        contacts = [
            Contact(
                id=uuid7(),
                name="Ada",
                family_name="Lovelace",
                email="ada@example.org",
                cellphone=None,
                created_at=self.now - timedelta(seconds=age),
                rev=1,
            )
            for _ in range(count)
        ]
        await receive_leads(self.unit(), contacts=contacts)
        return [contact.id for contact in contacts]

    async def give_back(self, leads: Sequence[UUID]) -> None:
        self.tick()
        await release_leads(self.unit(), leads, rule="given_back", given_back=True)

    async def close(self, leads: Sequence[UUID], manager: UUID) -> None:
        """Note that a manager gave waiting leads back, without handing them out before."""
        query = "INSERT INTO given_back (lead_id, manager_id, at) SELECT unnest($1::uuid[]), $2, $3"
        await self._connection.execute(query, leads, manager, self.now)

    async def match(self) -> Given:
        """Run the matcher, hold it to the rule, and return whom it gave which lead."""
        expected = by_the_rule(await self.places(), await self.waiting())
        assigned = await match(self.unit(auto_assign=True))
        found = [(work.lead_id, manager.id) for work, manager in map(_lead_and_manager, assigned)]
        assert found == expected
        # Not implied by the line above if the rule itself were said wrongly.
        left = product(await self.places(), await self.waiting())
        assert not [pair for pair in left if pair[0].manager_id not in pair[1].not_for]
        return found

    # what there is

    async def places(self) -> list[Place]:
        query = """
            SELECT manager_id, number FROM slots WHERE free_since IS NOT NULL
            ORDER BY free_since, manager_id, number
        """
        return [Place(*row) for row in await self._connection.fetch(query)]

    async def waiting(self) -> list[WaitingLead]:
        query = """
            SELECT
                id,
                ARRAY(SELECT manager_id FROM given_back WHERE lead_id = leads.id AND at > $1)
            FROM leads WHERE manager_id IS NULL AND decided_at IS NULL AND erased_at IS NULL
            ORDER BY created_at, id
        """
        rows = await self._connection.fetch(query, self.now - GIVEN_BACK_FOR)
        return [WaitingLead(lead_id, frozenset(not_for)) for lead_id, not_for in rows]

    async def held(self) -> dict[UUID, list[UUID]]:
        query = """
            SELECT manager_id, array_agg(id ORDER BY created_at, id) FROM leads
            WHERE manager_id IS NOT NULL GROUP BY manager_id ORDER BY manager_id
        """
        return dict(map(tuple, await self._connection.fetch(query)))

    async def managers(self) -> list[UUID]:
        query = "SELECT id FROM managers WHERE state <> 'removed' ORDER BY id"
        return [row[0] for row in await self._connection.fetch(query)]

    async def lead_count(self) -> int:
        count: int = await self._connection.fetchval("SELECT count(*) FROM leads")
        return count


def _lead_and_manager(worked: Worked) -> tuple[Work, ManagerName]:
    assert worked.lead.work.manager is not None
    return worked.lead.work, worked.lead.work.manager


@asynccontextmanager
async def new_floor(database: Database) -> AsyncIterator[Floor]:
    async with database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            yield Floor(connection)
        finally:
            await transaction.rollback()


@pytest.fixture
async def floor(database: Database) -> AsyncIterator[Floor]:
    async with new_floor(database) as floor:
        yield floor


@pytest.mark.parametrize(
    "capacities",
    [(1000, 1), (1000, 1, 1), (1000, 1000, 1), (1, 1000, 1), (BATCH, 1), (5, 5), (2, 1), (1, 1)],
)
async def test_a_lead_given_back_goes_to_each_once_however_many_places_they_have(
    floor: Floor, capacities: tuple[int, ...]
) -> None:
    managers = [await floor.add(capacity) for capacity in capacities]
    (lead,) = await floor.arrive(1)
    holders = []
    for _ in managers:
        ((again, holder),) = await floor.match()
        assert again == lead
        holders.append(holder)
        await floor.give_back([lead])
    assert sorted(holders) == sorted(managers)
    assert await floor.match() == []
    floor.tick(GIVEN_BACK_FOR)
    assert len(await floor.match()) == 1


@pytest.mark.parametrize("count", [BATCH - 1, BATCH, 2 * BATCH + 1, 1000])
async def test_a_lead_reaches_a_lone_manager_past_all_that_he_gave_back(
    floor: Floor, count: int
) -> None:
    anna = await floor.add(count)
    given_back = await floor.arrive(count)
    await floor.match()
    await floor.give_back(given_back)
    assert await floor.match() == []
    (young,) = await floor.arrive(1)
    # He has had another then, so the rest is his again, up to his capacity.
    assert await floor.match() == [(lead, anna) for lead in [young, *given_back[:-1]]]


async def test_a_crowd_given_back_goes_to_a_crowd_of_others(floor: Floor) -> None:
    await floor.add(1000)
    given_back = await floor.arrive(1000)
    await floor.match()
    await floor.give_back(given_back)
    others = [await floor.add(1) for _ in range(BATCH + 44)]
    assert await floor.match() == list(zip(given_back, others, strict=False))


async def test_a_crowd_of_places_and_of_leads_given_back_hide_nobody(floor: Floor) -> None:
    """Two with many places each gave back many leads; a third has one place, one lead is new."""
    anna, ben = await floor.add(600), await floor.add(600)
    leads = await floor.arrive(1200)
    await floor.match()
    held = await floor.held()
    for manager in (anna, ben):
        await floor.give_back(held[manager])
    await floor.add(1)
    await floor.arrive(1)
    assert len(await floor.match()) == len(leads) + 1


async def test_a_new_lead_is_found_behind_a_crowd_that_everybody_gave_back(floor: Floor) -> None:
    managers = [await floor.add(1000) for _ in range(3)]
    leads = await floor.arrive(1000)
    for manager in managers:
        assert await floor.match() == [(lead, manager) for lead in leads]
        await floor.give_back(leads)
    assert await floor.match() == []
    (young,) = await floor.arrive(1)
    anna = managers[0]
    # She has had another then; the others have not.
    assert await floor.match() == [(lead, anna) for lead in [young, *leads[:-1]]]


async def test_many_of_whom_each_gave_more_back_than_the_last_are_served_at_once(
    floor: Floor,
) -> None:
    givers = [await floor.add(1) for _ in range(12)]
    leads = await floor.arrive(300)
    for number, giver in enumerate(givers, 1):
        await floor.close(leads[: 20 * number], giver)
    assert await floor.match() == [(leads[20 * n], giver) for n, giver in enumerate(givers, 1)]


async def test_many_to_whom_one_lead_after_the_other_is_closed_hide_nobody(floor: Floor) -> None:
    leads = await floor.arrive(12)
    others = []
    for number in range(1, 13):
        others.append(await floor.add(1))
        await floor.close(leads[number:], await floor.add(300))
    assert await floor.match() == list(zip(leads, others, strict=True))


class Chance:
    """Does a step that Hypothesis has drawn, if there is anybody to do it to."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    async def do(self, operation: str, pick: int) -> None:
        self._floor.tick()
        await getattr(self, operation)(pick)
        await self._floor.match()

    async def add(self, pick: int) -> None:
        await self._floor.add((1, 1, 2, 5, BATCH, 300, 1000)[pick % 7])

    async def arrive(self, pick: int) -> None:
        count = (1, 1, 2, 5, 20, 300)[pick % 6]
        if await self._floor.lead_count() + count <= MOST_LEADS:
            await self._floor.arrive(count, age=pick * 7919 % 100)

    async def give_back(self, pick: int) -> None:
        if held := list((await self._floor.held()).values()):
            leads = held[pick % len(held)]
            await self._floor.give_back(leads[: (1, 1, 3, len(leads))[pick // 7 % 4]])

    async def decide(self, pick: int) -> None:
        leads = [lead for held in (await self._floor.held()).values() for lead in held]
        if leads:
            await mark_lead(
                self._floor.unit(),
                lead_id=leads[pick % len(leads)],
                status=LeadStatus.INTERESTED,
                versions=None,
            )

    async def pause(self, pick: int) -> None:
        if (manager := await self._one(pick)) is not None:
            await pause_manager(self._floor.unit(), manager_id=manager)

    async def resume(self, pick: int) -> None:
        if (manager := await self._one(pick)) is not None:
            await resume_manager(self._floor.unit(), manager_id=manager)

    async def fill(self, pick: int) -> None:
        """A manager's capacity becomes what he holds, or 1."""
        if (manager := await self._one(pick)) is not None:
            held = (await self._floor.held()).get(manager, [None])
            await change_manager(
                self._floor.unit(), manager_id=manager, changes={"capacity": len(held)}
            )

    async def remove(self, pick: int) -> None:
        if (manager := await self._one(pick)) is not None:
            await remove_manager(self._floor.unit(), manager_id=manager)

    async def pass_time(self, pick: int) -> None:
        self._floor.tick(timedelta(minutes=pick % 70))

    async def _one(self, pick: int) -> UUID | None:
        managers = await self._floor.managers()
        return managers[pick % len(managers)] if managers else None


OPERATIONS: Final = (
    ["add"] * 4
    + ["arrive"] * 4
    + ["give_back"] * 6
    + ["decide", "pause", "resume", "resume", "fill", "remove", "pass_time"]
)
steps_of = st.lists(
    st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 2**16)), min_size=10, max_size=25
)


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps_of)
async def test_after_every_step_no_pair_that_the_rules_allow_is_left(
    database: Database, steps: list[tuple[str, int]]
) -> None:
    async with new_floor(database) as floor:
        chance = Chance(floor)
        for operation, pick in steps:
            await chance.do(operation, pick)
