"""The journal has every event that any service published, and gives it to whoever comes late.

Counted three times, independently: what was committed to be published (by triggers on all
outboxes), what a subscriber of everything received, and what stands in the journal.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from nats_server import PrivateNats

from e2e.leads import as_csv, valid_rows
from e2e.office import Office
from e2e.system import JSON, System
from leadwire.broker import ALL_TYPES, Broker, Message, Subscription, broker_from_url
from leadwire.contracts import EventType
from leadwire.db import DedicatedConnection
from leadwire.testing import eventually
from leadwire.testing.broker_postgres import PostgresHarness
from leadwire.testing.broker_recording import ParkingList, Recorder
from leadwire.testing.postgres import PostgresServer
from leadwire.testing.rabbitmq import RabbitMQServer, Vhost

PUBLISHERS = ("import_svc", "manager_svc", "notifier_svc")
KEEP_A_LEDGER = """
CREATE SCHEMA ledger;
CREATE TABLE ledger.committed (event_id text);
CREATE FUNCTION ledger.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
$$ BEGIN INSERT INTO ledger.committed VALUES (NEW.event_id); RETURN NULL; END $$;
"""
NOTE = "CREATE TRIGGER note AFTER INSERT ON {}.outbox FOR EACH ROW EXECUTE FUNCTION ledger.note()"
JOURNAL = """
    SELECT event_id, source, type, content_type, body, headers
    FROM notifier_svc.journal ORDER BY turn, position
"""
SEEN = frozenset(EventType) - {EventType.NOTIFICATION_FAILED}


@asynccontextmanager
async def a_rabbitmq(server: RabbitMQServer) -> AsyncIterator[str]:
    vhost = Vhost(server=server)
    await vhost.create()
    yield vhost.url
    await vhost.delete()


@asynccontextmanager
async def a_postgres(server: PostgresServer) -> AsyncIterator[str]:
    harness = PostgresHarness(server=server)
    await harness.open()
    yield harness.url
    await harness.close()


@asynccontextmanager
async def a_nats(directory: Path) -> AsyncIterator[str]:
    server = PrivateNats(data_dir=directory / "nats")
    await server.start()
    yield server.url
    await server.close()


@pytest.fixture(params=["rabbitmq", "postgres", "nats"])
async def broker_url(
    request: pytest.FixtureRequest,
    private_rabbitmq: RabbitMQServer,
    private_postgres: PostgresServer,
    tmp_path: Path,
) -> AsyncIterator[str]:
    """The broker of this test: of each kind once."""
    async with {
        "rabbitmq": lambda: a_rabbitmq(private_rabbitmq),
        "postgres": lambda: a_postgres(private_postgres),
        "nats": lambda: a_nats(tmp_path),
    }[request.param]() as url:
        yield url


@dataclass(frozen=True, slots=True)
class Archive:
    """What the services store, looked at from outside."""

    connection: DedicatedConnection

    async def ids(self, query: str) -> list[str]:
        return [row[0] for row in await self.connection.fetch(query)]

    async def committed(self) -> list[str]:
        return await self.ids("SELECT event_id FROM ledger.committed")

    async def forgotten(self) -> list[str]:
        """Return the leads of which the journal tells nothing any more."""
        return await self.ids("SELECT lead_id::text FROM notifier_svc.erased_leads")

    async def journal(self) -> list[tuple[Message, str]]:
        """Return the entries in order, each with its source; a body that is gone is empty."""
        return [
            (
                Message(
                    id=row["event_id"],
                    type=row["type"],
                    body=row["body"] or b"",
                    headers=dict(zip(row["headers"][::2], row["headers"][1::2], strict=True)),
                    content_type=row["content_type"],
                ),
                row["source"],
            )
            for row in await self.connection.fetch(JOURNAL)
        ]


@pytest.fixture
async def archive(system: System) -> AsyncIterator[Archive]:
    connection = await asyncpg.connect(system.admin_database, timeout=10, command_timeout=60)
    await connection.execute(KEEP_A_LEDGER)
    for schema in PUBLISHERS:
        await connection.execute(NOTE.format(schema))
    yield Archive(connection)
    await connection.close()


@pytest.fixture
async def outside(broker_url: str, system: System) -> AsyncIterator[Broker]:
    """The broker as another team has it; there once Leadwire's own topology is."""
    assert system.service("notifier_svc").is_running
    broker = broker_from_url(broker_url, name="another team")
    await broker.start()
    yield broker
    await broker.stop()


async def reading(broker: Broker, subscription: Subscription) -> Recorder:
    await broker.declare([subscription])
    recorder = Recorder()
    await broker.subscribe(subscription, recorder, parking=ParkingList())
    return recorder


async def test_the_journal_is_complete_byte_for_byte_and_serves_who_comes_late(
    system: System, archive: Archive, outside: Broker
) -> None:
    everything = Subscription(name="auditor", types=(ALL_TYPES,), prefetch=200)
    auditor = await reading(outside, everything)
    erased = await _be_lively(system)
    published = await _all_arrived(archive, auditor, erased)

    journal = await archive.journal()
    assert len({(source, entry.id) for entry, source in journal}) == len(journal)
    assert sorted(entry.id for entry, _ in journal) == sorted(published)
    assert {entry.type for entry, _ in journal} >= SEEN
    redacted = [entry for entry, _ in journal if not _is_whole(entry, published[entry.id], erased)]
    assert redacted, "some of the erased leads were told of before"

    late = await reading(
        outside, Subscription(name="late.reader", types=("unheard_of",), ordered=True)
    )
    replay = await _replayed(system, "late.reader")
    expected = [entry for entry, _ in journal if entry.body]
    assert replay["progress"]["sent"] == len(expected)
    assert replay["progress"]["skipped"] == len(journal) - len(expected)
    await eventually(lambda: len(late.finished) == len(expected), within=60)
    assert [each.delivery.message for each in late.received] == expected


async def _be_lively(system: System) -> set[str]:
    """Have all that can happen happen at once; return the leads that are erased meanwhile."""
    office = Office(system=system)
    await office.hire("Ada", "Grace", "Edsger")
    rows = valid_rows(460)
    await system.import_leads(as_csv(rows[:60]), "text/csv", region="US")
    managing = asyncio.create_task(office.decide(40))
    imports = [
        system.import_leads(as_csv(rows[60 + 200 * n : 260 + 200 * n]), "text/csv", region="US")
        for n in range(2)
    ]
    forms = [system.send_form(_form(number)) for number in range(10)]
    receipts_and_leads = await asyncio.gather(*imports, *forms)
    created = [lead["id"] for lead in receipts_and_leads[2:]]
    await system.patch("import_svc", f"/v1/leads/{created[0]}", {"name": "Augusta"})
    await system.patch("import_svc", f"/v1/leads/{created[1]}", {"name": "Hopper"})
    await managing
    decided = list(office.ledger.decisions)
    await system.mark(decided[0], "not_interested", reason="it was another one")
    erased = {decided[0], decided[5], created[1], created[2]}
    await asyncio.gather(*(system.delete("import_svc", f"/v1/leads/{lead}") for lead in erased))
    held = next(iter((await office.look()).values()))
    await system.mark(held, "reached_out")
    leaving = await system.post("manager_svc", "/v1/managers", {"name": "Leaving"})
    await system.patch("manager_svc", f"/v1/managers/{leaving['id']}", {"name": "Left"})
    await system.delete("manager_svc", f"/v1/managers/{leaving['id']}")
    await system.run("manager_svc", "resync")
    return erased


def _form(number: int) -> aiohttp.FormData:
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in {
        "first_name": f"Form{number}",
        "last_name": "Sender",
        "email": f"form{number}@example.net",
    }.items():
        form.add_field(name, value)
    return form


async def _all_arrived(
    archive: Archive, auditor: Recorder, erased: set[str]
) -> Mapping[str, Message]:
    """Wait until what was committed was received, and stands in the journal; return it.

    That a lead was erased stands there before what was told of it is taken out.
    """

    async def arrived() -> bool:
        committed = set(await archive.committed())
        journaled = {entry.id for entry, _ in await archive.journal()}
        forgotten = set(await archive.forgotten())
        return committed == set(auditor.ids) == journaled and forgotten == erased

    await eventually(arrived, within=60, message="all that was committed has arrived")
    assert len(set(await archive.committed())) == len(await archive.committed()) > 100
    return {each.delivery.message.id: each.delivery.message for each in auditor.received}


def _is_whole(entry: Message, published: Message, erased: set[str]) -> bool:
    """Hold an entry to what was published; tell whether nothing was taken out of it."""
    assert (entry.type, entry.content_type) == (published.type, published.content_type)
    assert dict(entry.headers) == dict(published.headers)
    event = json.loads(published.body)
    told = _leads_of(event)
    if entry.type == EventType.LEAD_ERASED or not told & erased:
        assert entry.body == published.body
        return True
    if entry.type == EventType.LEADS_CREATED and told - erased:
        event["data"]["leads"] = [
            lead for lead in event["data"]["leads"] if lead["id"] not in erased
        ]
        assert json.loads(entry.body) == event
        return entry.body == published.body
    assert entry.body == b""
    return False


def _leads_of(event: JSON) -> set[str]:
    leads: Sequence[JSON] = event["data"].get("leads", ())
    subjects = {event["subject"]} if event.get("subject") else set()
    return {lead["id"] for lead in leads} | subjects


async def _replayed(system: System, subscription: str) -> JSON:
    order = {"from": "2026-01-01T00:00:00Z", "subscription": subscription}
    begun = await system.post("notifier_svc", "/v1/replays", order)
    seen: JSON = {}

    async def ended() -> bool:
        seen.update(await system.get("notifier_svc", f"/v1/replays/{begun['id']}"))
        return bool(seen["status"] != "running")

    await eventually(ended, within=60, message="the replay has ended")
    assert seen["status"] == "completed", seen
    return seen
