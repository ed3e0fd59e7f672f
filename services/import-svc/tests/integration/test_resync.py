"""`import-svc resync` says all of the contact side again, in a way that harms nobody."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from import_svc.app import SERVICE
from import_svc.domain.leads import Lead, Tombstone
from import_svc.messaging.lead_changes import ChangesAnnouncer
from import_svc.settings import ImportSettings
from import_svc.storage.leads import LeadStore, new_lead_id
from import_svc.usecases.resync import ErasedLeads, Leads
from leadwire.broker import ALL_TYPES, Ack, Delivery, Message, Subscription
from leadwire.broker.memory import MemoryBroker
from leadwire.contracts import LeadErased, LeadsCreated, LeadUpdated, Origin, read_event
from leadwire.db import Connection, Database, Queries
from leadwire.outbox import Outbox
from leadwire.resync import BacklogError, Pace, Part, Resync
from leadwire.service import main
from leadwire.testing import eventually
from leadwire.testing.process import run_to_end

if TYPE_CHECKING:
    from conftest import Desk

WAITING = """
    SELECT count(*)
    FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
INSERT_LEAD = Queries("import_svc.storage")["insert_lead"]
FAST = Pace(batch=2, rate=1_000_000, max_backlog=1_000_000)


def lead(number: int, *, rev: int = 1) -> Lead:
    now = datetime.now(UTC)
    return Lead(
        id=new_lead_id(),
        name=f"Given{number}",
        family_name="Family",
        email=f"p{number}@example.com",
        email_key=f"p{number}@example.com",
        cellphone=None,
        attributes="{}",
        origin=Origin.FORM,
        import_id=None,
        created_at=now,
        updated_at=now,
        rev=rev,
    )


class KilledError(Exception):
    """Stands for whatever ends the process in the middle of a batch."""


class MortalAnnouncer(ChangesAnnouncer):
    """Says some batches of leads, then dies when it has said the next."""

    def __init__(self, *, lives_for: int) -> None:
        super().__init__(outbox=Outbox())
        self._left = lives_for

    async def updated(self, connection: Connection, leads: Sequence[Lead]) -> None:
        await super().updated(connection, leads)
        self._left -= 1
        if self._left < 0:
            raise KilledError


class Archive:
    """A database with leads, where nothing publishes what a resync says."""

    def __init__(self, database: Database, broker: MemoryBroker) -> None:
        self.database = database
        self.broker = broker
        self.store = LeadStore()
        self.lines: list[str] = []

    async def add(self, *leads: Lead) -> list[UUID]:
        async with self.database.transaction() as connection:
            for each in leads:
                await connection.execute(INSERT_LEAD, *each)
        return [each.id for each in leads]

    async def bury(self, lead_id: UUID, *, rev: int) -> None:
        async with self.database.transaction() as connection:
            await self.store.bury(connection, Tombstone(lead_id, rev), erased_at=datetime.now(UTC))

    async def resync(
        self, *, pace: Pace = FAST, from_start: bool = False, lives_for: int | None = None
    ) -> None:
        outbox = Outbox()
        announcer = (
            ChangesAnnouncer(outbox=outbox)
            if lives_for is None
            else MortalAnnouncer(lives_for=lives_for)
        )
        parts: list[Part] = [
            Leads(leads=self.store, announcer=announcer),
            ErasedLeads(leads=self.store, announcer=announcer),
        ]
        await Resync(
            database=self.database,
            parts=parts,
            outbox=outbox,
            broker=self.broker,
            readers=("reader",),
            pace=pace,
            say=self.lines.append,
        )(from_start=from_start)

    async def said(self) -> list[tuple[UUID, int]]:
        """Return id and rev of each lead and tombstone said, in the order of the outbox."""
        async with self.database.connection() as connection:
            rows = await connection.fetch("SELECT type, body FROM outbox ORDER BY id")
        found: list[Any] = [
            read_event(Message(id="", type=row["type"], body=row["body"])).data for row in rows
        ]
        assert all(isinstance(data, LeadUpdated | LeadErased) for data in found)
        return [(data.lead.id, data.lead.rev) for data in found]

    async def drain(self) -> None:
        async with self.database.connection() as connection:
            await connection.execute("DELETE FROM outbox")


@pytest.fixture
async def archive(database: Database, settings: ImportSettings) -> AsyncIterator[Archive]:
    broker = MemoryBroker.from_url(settings.broker_url.get_secret_value(), name="resync")
    await broker.start()
    yield Archive(database, broker)
    await broker.stop()


async def test_each_lead_and_each_tombstone_is_said_with_its_rev(archive: Archive) -> None:
    ids = await archive.add(*(lead(number, rev=number + 1) for number in range(5)))
    for number in (1, 3, 4):
        await archive.bury(ids[number], rev=number + 2)
    await archive.resync()
    assert await archive.said() == [
        (ids[0], 1),
        (ids[2], 3),
        (ids[1], 3),
        (ids[3], 5),
        (ids[4], 6),
    ]
    assert archive.lines[-1] == "resync: done, 5 said again"


async def test_without_leads_there_is_nothing_to_say(archive: Archive) -> None:
    await archive.resync()
    assert await archive.said() == []


@pytest.mark.parametrize("batches", [0, 1, 2])
async def test_a_resync_that_was_killed_goes_on_where_it_was(
    archive: Archive, batches: int
) -> None:
    ids = await archive.add(*map(lead, range(7)))
    with pytest.raises(KilledError):
        await archive.resync(lives_for=batches)
    assert len(await archive.said()) == 2 * batches
    await archive.resync()
    assert [lead_id for lead_id, _ in await archive.said()] == ids


async def test_from_start_says_all_again(archive: Archive) -> None:
    ids = await archive.add(*map(lead, range(5)))
    with pytest.raises(KilledError):
        await archive.resync(lives_for=1)
    await archive.resync(from_start=True)
    assert [lead_id for lead_id, _ in await archive.said()] == [*ids[:2], *ids]


async def test_one_that_ended_begins_anew_by_itself(archive: Archive) -> None:
    ids = await archive.add(*map(lead, range(3)))
    await archive.resync()
    await archive.resync()
    assert [lead_id for lead_id, _ in await archive.said()] == ids * 2


async def test_leads_that_come_in_meanwhile_announce_themselves(archive: Archive) -> None:
    ids = await archive.add(*map(lead, range(3)))
    with pytest.raises(KilledError):
        await archive.resync(lives_for=1)
    await archive.add(lead(9))
    await archive.resync()
    assert [lead_id for lead_id, _ in await archive.said()] == ids


async def test_two_at_once_share_the_work(archive: Archive) -> None:
    ids = await archive.add(*map(lead, range(40)))
    with pytest.raises(KilledError):
        await archive.resync(lives_for=0)
    await asyncio.gather(archive.resync(), archive.resync())
    assert [lead_id for lead_id, _ in await archive.said()] == ids


async def test_it_says_a_lead_that_is_being_changed_after_the_change(archive: Archive) -> None:
    (lead_id,) = await archive.add(lead(1))
    async with archive.database.transaction() as connection:
        found = await archive.store.lock(connection, lead_id)
        assert found is not None
        changed = found._replace(name="Other", rev=2)
        await archive.store.update(connection, changed)
        resync = asyncio.create_task(archive.resync())
        await eventually(lambda: _somebody_waits(archive), message="the resync waits for the lead")
        await ChangesAnnouncer(outbox=Outbox()).updated(connection, [changed])
    await resync
    assert await archive.said() == [(lead_id, 2), (lead_id, 2)]


async def test_it_says_nothing_of_a_lead_that_is_being_erased_but_its_end(
    archive: Archive,
) -> None:
    first, second = await archive.add(lead(1), lead(2))
    async with archive.database.transaction() as connection:
        await archive.store.lock(connection, first)
        await archive.store.bury(connection, Tombstone(first, 2), erased_at=datetime.now(UTC))
        resync = asyncio.create_task(archive.resync())
        await eventually(lambda: _somebody_waits(archive), message="the resync waits for the lead")
    await resync
    assert await archive.said() == [(second, 1), (first, 2)]


async def test_it_gives_way_while_the_outbox_is_full(archive: Archive) -> None:
    ids = await archive.add(*map(lead, range(6)))
    pace = Pace(batch=2, rate=1_000_000, max_backlog=3, patience=0.3)
    with pytest.raises(BacklogError, match="the outbox holds 3 events or more"):
        await archive.resync(pace=pace)
    assert [lead_id for lead_id, _ in await archive.said()] == ids[:4]
    await archive.drain()
    patient = asyncio.create_task(
        archive.resync(pace=Pace(batch=2, rate=1_000_000, max_backlog=1, patience=60))
    )
    await eventually(lambda: len(archive.lines) > 2 and "waits" in archive.lines[-1])
    await archive.drain()
    await patient
    assert archive.lines[-1] == "resync: done, 6 said again"


class Nobody:
    """Parks nothing: no delivery fails."""

    async def park(self, delivery: Delivery, reason: str) -> None:
        raise AssertionError(reason)


async def test_a_live_event_stands_behind_few_of_the_resync_however_slow_its_reader_is(
    archive: Archive, desk: "Desk"
) -> None:
    await archive.add(*map(lead, range(600)))
    reader = Subscription(name="reader", types=(ALL_TYPES,), ordered=True)
    await archive.broker.declare([reader])
    resync = asyncio.create_task(archive.resync(pace=Pace()))
    await eventually(lambda: "wait for reader" in "".join(archive.lines[-1:]), within=30)
    live = {"name": "Ada", "family_name": "Lovelace", "email": "ada@example.com"}
    created = await desk.call("POST", "/v1/leads", 201, json=live)
    await desk.published()
    resync.cancel()
    read: list[Any] = []

    async def handle(delivery: Delivery) -> Ack:
        read.append(read_event(delivery.message).data)
        return Ack()

    await archive.broker.subscribe(reader, handle, parking=Nobody())
    await eventually(lambda: any(isinstance(data, LeadsCreated) for data in read))
    place = [isinstance(data, LeadsCreated) for data in read].index(True)
    assert str(read[place].leads[0].id) == created["id"]
    assert place < Pace().max_backlog + Pace().batch


async def test_it_goes_on_once_its_reader_has_caught_up(archive: Archive, desk: "Desk") -> None:
    await archive.add(*map(lead, range(9)))
    reader = Subscription(name="reader", types=(ALL_TYPES,))
    await archive.broker.declare([reader])
    pace = Pace(batch=2, rate=1_000_000, max_backlog=4)
    resync = asyncio.create_task(archive.resync(pace=pace))
    await eventually(
        lambda: archive.lines[-1:] == ["resync: waits: 4 events or more wait for reader"]
    )

    async def handle(_: Delivery) -> Ack:
        return Ack()

    await archive.broker.subscribe(reader, handle, parking=Nobody())
    await resync
    assert archive.lines[-1] == "resync: done, 9 said again"


async def test_it_waits_for_a_broker_that_does_not_answer(archive: Archive) -> None:
    await archive.add(lead(1))
    await archive.broker.stop()
    with pytest.raises(BacklogError, match="the broker does not answer"):
        await archive.resync(pace=Pace(patience=0.3))
    assert await archive.said() == []


async def test_it_keeps_to_its_rate(archive: Archive) -> None:
    await archive.add(*map(lead, range(6)))
    began = time.monotonic()
    await archive.resync(pace=Pace(batch=2, rate=20))
    assert time.monotonic() - began >= 6 / 20


async def test_it_is_a_command_of_the_service(archive: Archive, database_url: str) -> None:
    ids = await archive.add(*map(lead, range(3)))
    printed = await run_to_end(
        ["import_svc", "resync", "--from-start", "--rate", "100000", "--max-backlog", "10"],
        environment={
            "LEADWIRE_AUTH": "off",
            "LEADWIRE_BROKER_URL": "memory://unused",
            "IMPORT_DATABASE_URL": database_url,
            "IMPORT_FILES_URL": "file:///unused",
        },
    )
    assert printed.splitlines()[-1] == "resync: done, 3 said again"
    assert [lead_id for lead_id, _ in await archive.said()] == ids


@pytest.mark.parametrize("option", ["--rate", "--max-backlog"])
@pytest.mark.parametrize("value", ["0", "-1", "many"])
def test_a_pace_that_is_none_is_refused(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(SERVICE, ["resync", option, value])
    assert caught.value.code == 2
    assert f"{option}: {value!r} is not a whole number above 0" in capsys.readouterr().err


async def _somebody_waits(archive: Archive) -> bool:
    async with archive.database.connection() as connection:
        return bool(await connection.fetchval(WAITING))
