"""`manager-svc resync` says all of the work side again, and live traffic does not notice."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from leadwire.broker.memory import MemoryBroker
from leadwire.contracts import (
    Event,
    LeadWorkUpdated,
    ManagerRemoved,
    ManagerUpdated,
)
from leadwire.contracts.payloads import LeadWorked, ManagerChanged
from leadwire.db import Connection, Database
from leadwire.outbox import Outbox
from leadwire.resync import Pace, Part, Resync
from leadwire.testing.process import run_to_end
from manager_svc.storage.matching import MatchStore
from manager_svc.usecases.resync import Managers, WorkedLeads

if TYPE_CHECKING:
    from conftest import Desk

WITHIN = 10
"""Seconds; who waits for a lock gives up after 15."""

FAST = Pace(batch=2, rate=1_000_000, max_backlog=1_000_000)


class KilledError(Exception):
    """Stands for whatever ends the process in the middle of a batch."""


class MortalLeads(WorkedLeads):
    """Says one batch of leads, then dies when it has said the next."""

    said = 0

    async def say(
        self, connection: Connection, *, after: UUID, up_to: UUID, limit: int
    ) -> list[UUID]:
        found = await super().say(connection, after=after, up_to=up_to, limit=limit)
        self.said += 1
        if self.said > 1:
            raise KilledError
        return found


async def resync(database: Database, *, leads: type[WorkedLeads] = WorkedLeads) -> None:
    outbox = Outbox()
    parts: Sequence[Part] = (Managers(outbox=outbox), leads(outbox=outbox))
    broker = MemoryBroker.from_url("memory://resync", name="test")
    run = Resync(
        database=database,
        parts=parts,
        outbox=outbox,
        broker=broker,
        readers=(),
        pace=FAST,
        say=lambda _: None,
    )
    async with asyncio.timeout(30):
        await run(from_start=False)


def state_of(event: Event) -> Any:
    """What an event says of its subject, whatever happened to it."""
    data = event.data
    if isinstance(data, ManagerChanged):
        return data.manager
    return data.lead if isinstance(data, LeadWorked) else getattr(data, "work", None)


async def said(desk: "Desk", *, since: int) -> list[Event]:
    return (await desk.published())[since:]


async def test_all_that_was_told_is_said_again_complete_and_with_its_rev(desk: "Desk") -> None:
    anna = await desk.manager("Anna", capacity=3, email="anna@example.org")
    gone = await desk.manager("Gone")
    await desk.call("POST", f"/v1/managers/{(await desk.manager('Paused'))['id']}/pause")
    await desk.call("DELETE", f"/v1/managers/{gone['id']}", 204)
    decided, reached, held, waiting, erased = await desk.leads(5)
    await desk.mark(decided, "interested")
    await desk.mark(decided, "not_interested", reason="a slip")
    await desk.mark(reached, "reached_out")
    await desk.erase(erased)
    await desk.erase(waiting)
    (untouched,) = await desk.leads(1)  # Anna got it; the next one gets nobody
    (never_worked,) = await desk.leads(1)
    told = await desk.published()
    newest = {event.subject: state_of(event) for event in told}

    await resync(desk.database)

    again = await said(desk, since=len(told))
    assert {event.subject: state_of(event) for event in again} == {
        subject: state for subject, state in newest.items() if subject not in {erased, waiting}
    }
    assert len({event.subject for event in again}) == len(again)
    assert {type(event.data) for event in again} == {
        LeadWorkUpdated,
        ManagerUpdated,
        ManagerRemoved,
    }
    assert [e.subject for e in again if isinstance(e.data, ManagerRemoved)] == [UUID(gone["id"])]
    assert never_worked not in {event.subject for event in again}
    by_subject = {event.subject: event for event in again}
    assert by_subject[held].sequence == "0000000001"
    work = by_subject[untouched].data
    assert isinstance(work, LeadWorkUpdated)
    assert work.manager is not None
    assert (str(work.manager.id), work.actor, work.reason) == (anna["id"], "resync", None)


async def test_one_that_was_killed_goes_on_where_it_was(desk: "Desk") -> None:
    leads = await desk.leads(7)
    anna = await desk.manager("Anna", capacity=7)
    told = len(await desk.published())
    with pytest.raises(KilledError):
        await resync(desk.database, leads=MortalLeads)
    assert [event.subject for event in await said(desk, since=told)] == [
        UUID(anna["id"]),
        *leads[:2],
    ]
    await resync(desk.database)
    assert [event.subject for event in await said(desk, since=told)] == [UUID(anna["id"]), *leads]


async def test_it_waits_for_nobody_and_nobody_waits_for_it(desk: "Desk") -> None:
    """Also in the middle of a batch, and beside one who holds every lock that there is."""
    await desk.manager("Anna")
    first, second = await desk.leads(2)
    async with desk.database.transaction() as connection:
        await MatchStore(connection=connection).take_lock()
        await connection.execute("SELECT FROM managers FOR UPDATE")
        await connection.execute("SELECT FROM leads FOR UPDATE")
        async with asyncio.timeout(WITHIN):
            await resync(desk.database)

    async with desk.database.transaction() as connection:
        outbox = Outbox()
        bounds = {"after": UUID(int=0), "up_to": UUID(int=2**128 - 1)}
        for part in (Managers(outbox=outbox), WorkedLeads(outbox=outbox)):
            assert await part.say(connection, **bounds, limit=10)
        async with asyncio.timeout(WITHIN):
            answer = await desk.mark(first, "interested")
    assert answer["next_lead"]["id"] == str(second)
    # What was read before the change may be published after it: its rev says which is newer.
    revs = [int(e.sequence or 0) for e in await desk.published() if e.subject == first]
    assert sorted(revs) == [1, 1, 1, 2]


async def test_it_is_a_command_of_the_service(desk: "Desk", database_url: str) -> None:
    await desk.manager("Anna")
    await desk.leads(1)
    told = len(await desk.published())
    printed = await run_to_end(
        ["manager_svc", "resync", "--rate", "100000", "--max-backlog", "10"],
        environment={
            "LEADWIRE_AUTH": "off",
            "LEADWIRE_BROKER_URL": "memory://unused",
            "MANAGER_DATABASE_URL": database_url,
        },
    )
    assert printed.splitlines()[-1] == "resync: done, 2 said again"
    assert len(await said(desk, since=told)) == 2
