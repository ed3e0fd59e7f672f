"""Thirty-two clients at once: one assignee, nobody above capacity, nobody stranded."""

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from assignment_promises import assert_kept
from manager_svc.usecases.sweep import Sweep

if TYPE_CHECKING:
    from conftest import Desk

CLIENTS = 32
MANAGERS = 20
LEADS = 240
LOOKS = 20


@pytest.fixture(autouse=True)
def hourly_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a transaction leaves undone stays so: the net below the matcher is away."""
    monkeypatch.setattr("manager_svc.app.Sweep", partial(Sweep, interval=3600.0))


async def look_on(desk: "Desk", works: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Look again and again while all of them work, and once more when they have done."""
    looks = 0
    async with desk.database.connection() as connection:
        async with asyncio.timeout(60), asyncio.TaskGroup() as working:
            tasks = [working.create_task(work) for work in works]
            while not all(task.done() for task in tasks):
                await assert_kept(connection)
                looks += 1
        await assert_kept(connection)
    assert looks >= LOOKS


async def test_concurrent_markers_keep_every_promise(desk: "Desk") -> None:
    contacts = [desk.contact(age=LEADS - number) for number in range(LEADS)]
    for start in range(0, LEADS, 200):
        await desk.create(*contacts[start : start + 200])
    leads = [contact.id for contact in contacts]
    for number in range(MANAGERS):
        await desk.manager(f"M{number}", capacity=1 + number % 3)
    marked: Counter[UUID] = Counter()

    async def work(seed: int) -> None:
        chance = random.Random(seed)
        while await desk.value("SELECT count(*) FROM leads WHERE decided_at IS NULL"):
            held = [row[0] for row in await desk.rows("SELECT lead_id FROM slots")]
            lead = chance.choice([lead for lead in held if lead] or leads)
            status = chance.choice(["interested", "not_interested"])
            path = f"/v1/leads/{lead}/status"
            async with desk.client.put(path, json={"status": status}) as response:
                assert response.status in {200, 409}, await response.text()
                body = await response.json()
            if response.status == 200 and body["next_lead"]:
                marked[UUID(body["next_lead"]["id"])] += 1

    await look_on(desk, [work(seed) for seed in range(CLIENTS)])
    assert max(marked.values()) == 1, "a lead was handed out twice"
    assert set(marked) == set(leads[-len(marked) :]), "the rest went out before"
    # Assignment order is age order.
    order = "SELECT lead_id FROM lead_history WHERE what = 'lead_assigned' ORDER BY id"
    by_age = "SELECT id FROM leads ORDER BY created_at, id"
    assert await desk.rows(order) == await desk.rows(by_age)
    decided = [
        event.subject
        for event in await desk.published()
        if event.type in {"lead_interested_created", "lead_not_interested_created"}
    ]
    assert Counter(decided) == Counter(leads)


async def test_racing_markers_of_one_lead_decide_it_once(desk: "Desk") -> None:
    await desk.manager()
    lead, _ = await desk.leads(2)

    async def attempt(status: str) -> int:
        path = f"/v1/leads/{lead}/status"
        async with desk.client.put(path, json={"status": status}) as response:
            return response.status

    statuses = ["interested", "not_interested"] * (CLIENTS // 2)
    answers = await asyncio.gather(*(attempt(status) for status in statuses))
    assert Counter(answers) == {200: CLIENTS // 2, 409: CLIENTS // 2}
    assert len(await desk.published_of(lead)) == 2


async def test_arrivals_removals_and_markings_at_once_strand_nobody(desk: "Desk") -> None:
    async def bring() -> None:
        for _ in range(20):
            await desk.leads(3)

    async def come_and_go(name: str) -> None:
        for _ in range(6):
            manager = await desk.manager(name, capacity=2)
            await desk.call("DELETE", f"/v1/managers/{manager['id']}", 204)

    async def mark(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(15):
            held = await desk.rows("SELECT lead_id FROM slots WHERE lead_id IS NOT NULL")
            if held:
                path = f"/v1/leads/{chance.choice(held)[0]}/status"
                async with desk.client.put(path, json={"status": "interested"}) as response:
                    assert response.status == 200, await response.text()

    await desk.manager("Stays", capacity=3)
    comers = [come_and_go(f"M{number}") for number in range(4)]
    await look_on(desk, [bring(), bring(), *comers, *map(mark, range(8))])
