"""notifier-svc on a real Postgres, driven through the memory broker and its HTTP API."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from uuid_utils.compat import uuid7

from leadwire.broker import Broker, Handler, Message, Subscription, broker_from_url
from leadwire.contracts import (
    Contact,
    Event,
    EventData,
    LeadErased,
    LeadsCreated,
    LeadTombstone,
    Origin,
    new_event,
    to_message,
)
from leadwire.db import Database, MigrationSource
from leadwire.testing import eventually
from leadwire.testing.broker_recording import ParkingList, Recorder
from notifier_svc.app import SERVICE, create_app
from notifier_svc.mail import transport_from_url
from notifier_svc.messaging.events import ACTED_ON
from notifier_svc.settings import NotifierSettings
from notifier_svc.usecases.keep_house import HouseKeeping, Retention

Subscribe = Callable[..., Awaitable[Recorder]]
MakeServiceDatabase = Callable[[str, Sequence[MigrationSource]], Awaitable[str]]
Json = dict[str, Any]
Params = dict[str, str | list[str]]


LONG_AGO = "2026-01-01T00:00:00Z"


class Office:
    """What a test does: publish events, call the API, look at rows and emails."""

    def __init__(
        self,
        *,
        client: TestClient[web.Request, web.Application],
        broker: Broker,
        database: Database,
        mailbox: Path,
    ) -> None:
        self.client = client
        self.database = database
        self.mailbox = mailbox
        self._broker = broker

    def contact(self, **changes: object) -> Contact:
        """A lead, by default one from the form."""
        moment = datetime(2026, 3, 2, 9, 15, 30, tzinfo=UTC)
        lead_id = uuid7()
        fields: Json = {
            "id": lead_id,
            "name": "Ada",
            "family_name": "Lovelace",
            "email": f"{lead_id}@example.org",
            "cellphone": None,
            "origin": Origin.FORM,
            "import_id": None,
            "has_resume": False,
            "created_at": moment,
            "updated_at": moment,
            "rev": 1,
        }
        return Contact.model_validate(fields | changes)

    async def publish_all(self, messages: Sequence[Message]) -> None:
        """Publish messages, and wait for nothing."""
        await self._broker.publish(messages)

    async def publish(self, message: Message) -> None:
        """Publish a message and wait until notifier-svc shows it, or has parked it."""
        await self.publish_all([message])
        # What runs beside it, as a claim of emails, may keep the end of the journal from
        # being shown for a moment.
        query = (
            "SELECT ((SELECT count(*) FROM inbox WHERE event_id = $1) >= $2 "
            "OR EXISTS (SELECT 1 FROM parked WHERE event_id = $1)) "
            "AND NOT EXISTS (SELECT 1 FROM journal WHERE turn >= journal_horizon())"
        )
        parts = 2 if message.type in ACTED_ON else 1

        async def handled() -> bool:
            return bool(await self.value(query, message.id, parts))

        await eventually(handled, message="the event is handled")

    async def say(self, data: EventData, *, subject: UUID | None = None) -> Event:
        """Publish an event of import-svc and wait until it is handled."""
        event = new_event(data, source="leadwire/import-svc", subject=subject)
        await self.publish(to_message(event))
        return event

    async def create(self, *contacts: Contact, origin: Origin = Origin.FORM) -> Event:
        return await self.say(LeadsCreated(origin=origin, import_id=None, leads=contacts))

    async def erase(self, lead_id: UUID) -> Event:
        data = LeadErased(lead=LeadTombstone(id=lead_id, rev=9))
        return await self.say(data, subject=lead_id)

    async def get(self, path: str, params: Params | None = None, *, status: int = 200) -> Json:
        """Call the API, expect a status, return the JSON of the answer."""
        async with self.client.get(path, params=params) as response:
            return await self._answer(response, status)

    async def post(self, path: str, body: Json | None = None, *, status: int = 200) -> Json:
        async with self.client.post(path, json=body) as response:
            return await self._answer(response, status)

    async def patch(self, path: str, body: Json, *, status: int = 200) -> Json:
        async with self.client.patch(path, json=body) as response:
            return await self._answer(response, status)

    async def hook(self, **fields: object) -> str:
        """Add a webhook and return its id."""
        return str((await self.post("/v1/webhooks", fields, status=201))["id"])

    def news(self, *names: str, event_type: str = "told") -> list[Message]:
        """Events of another team."""
        told = []
        for name in names:
            envelope = {
                "specversion": "1.0",
                "id": name,
                "source": "team",
                "type": event_type,
                "time": datetime.now(UTC).isoformat(),
            }
            body = json.dumps(envelope).encode()
            told.append(Message(id=name, type=event_type, body=body, headers={"Ce-Name": name}))
        return told

    async def tell(self, *names: str, event_type: str = "told") -> list[Message]:
        """Publish events of another team, and wait until the journal shows them."""
        told = self.news(*names, event_type=event_type)
        await self.publish_all(told)
        query = (
            "SELECT (SELECT count(*) FROM journal WHERE event_id = ANY ($1) "
            "AND turn < journal_horizon()) = cardinality($1::text[])"
        )

        async def shown() -> bool:
            return bool(await self.value(query, list(names)))

        await eventually(shown, message="the journal shows what was told")
        return told

    async def in_journal_order(self) -> list[str]:
        """Ids of all events of the journal; events are handled several at once."""
        query = "SELECT array_agg(event_id ORDER BY turn, position) FROM journal"
        found: list[str] = await self.value(query)
        return found

    async def replay(self, **order: object) -> Json:
        """Ask for a replay, of everything if nothing is said."""
        return await self.post("/v1/replays", {"from": LONG_AGO, **order}, status=202)

    async def refused_replay(self, status: int, **order: object) -> Json:
        """Ask for a replay that is refused; return the problem."""
        return await self.post("/v1/replays", {"from": LONG_AGO, **order}, status=status)

    async def replay_until(self, replay: Json, reached: Callable[[Json], object]) -> Json:
        """Return the replay once it has come so far."""
        seen: Json = {}

        async def has() -> bool:
            seen.update(await self.get(f"/v1/replays/{replay['id']}"))
            return bool(reached(seen))

        await eventually(has, within=20, message="the replay is so far")
        return seen

    async def replayed(self, **order: object) -> Json:
        """Ask for a replay and return it once it has ended."""
        started = await self.replay(**order)
        return await self.replay_until(started, lambda seen: seen["status"] != "running")

    async def journal(self, **params: str | list[str]) -> list[Json]:
        items: list[Json] = (await self.get("/v1/journal", params))["items"]
        return items

    async def deliveries(self, **params: str) -> list[Json]:
        items: list[Json] = (await self.get("/v1/deliveries", {**params}))["items"]
        return items

    def house_keeping(self) -> HouseKeeping:
        """Return one more process's, with the retention that is the default."""
        retention = Retention(
            journal=timedelta(days=30), deliveries=timedelta(days=30), replays=timedelta(days=30)
        )
        transport = transport_from_url(self.mailbox.as_uri())
        return HouseKeeping(database=self.database, transport=transport, retention=retention)

    async def keep_house(self) -> None:
        """Do one round of housekeeping."""
        await self.house_keeping().keep_house()

    def age_emails(self, *, days: int) -> None:
        """Have all emails written so long ago."""
        moment = time.time() - days * 86_400
        for path in self.mailbox.glob("*.eml"):
            os.utime(path, (moment, moment))

    async def _answer(self, response: ClientResponse, status: int) -> Json:
        text = await response.text()
        assert response.status == status, text
        answer: Json = json.loads(text)
        return answer

    async def value(self, query: str, *arguments: object) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetchval(query, *arguments)

    async def execute(self, query: str, *arguments: object) -> None:
        async with self.database.connection() as connection:
            await connection.execute(query, *arguments)


@pytest.fixture
async def database_url(make_service_database: MakeServiceDatabase) -> str:
    return await make_service_database(SERVICE.schema, SERVICE.migrations)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(url=database_url, schema=SERVICE.schema, application_name="test")
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
def mailbox(tmp_path: Path) -> Path:
    return tmp_path / "mail"


@pytest.fixture
def overrides() -> Json:
    """Overridden where a test needs other settings."""
    return {}


@pytest.fixture
def settings(database_url: str, mailbox: Path, overrides: Json) -> NotifierSettings:
    values: Json = {
        "auth": "off",
        "broker_url": f"memory://{uuid4()}",
        "database_url": database_url,
        "email_url": mailbox.as_uri(),
        "email_from": "Leadwire <leads@example.com>",
        "alert_email_to": "sales@example.com",
    }
    return NotifierSettings(**(values | overrides))


@pytest.fixture
def grace() -> timedelta:
    """How long the end of a replay is put off; overridden where a test is about that."""
    return timedelta(milliseconds=50)


@pytest.fixture
async def office(
    settings: NotifierSettings,
    database: Database,
    mailbox: Path,
    grace: timedelta,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Office]:
    monkeypatch.setattr("notifier_svc.usecases.await_journal.GRACE", grace)
    house_is_kept = asyncio.Event()

    class Keeper(HouseKeeping):
        async def keep_house(self) -> None:
            await super().keep_house()
            house_is_kept.set()

    monkeypatch.setattr("notifier_svc.app.HouseKeeping", Keeper)
    broker = broker_from_url(settings.broker_url.get_secret_value(), name="test")
    await broker.start()
    await broker.declare(SERVICE.subscriptions)
    async with TestClient(TestServer(create_app(settings))) as client:
        # The next round is an hour away: what a test makes old stays until it keeps house itself.
        async with asyncio.timeout(20):
            await house_is_kept.wait()
        yield Office(client=client, broker=broker, database=database, mailbox=mailbox)
    await broker.stop()


@pytest.fixture
async def subscribe(settings: NotifierSettings) -> AsyncIterator[Subscribe]:
    """Declare a subscription of another team and consume it."""
    broker = broker_from_url(settings.broker_url.get_secret_value(), name="another team")
    await broker.start()

    async def begin(
        name: str = "billing.leads",
        *types: str,
        reads: bool = True,
        handler: Handler | None = None,
    ) -> Recorder:
        subscription = Subscription(name=name, types=types or ("unheard_of",), ordered=True)
        await broker.declare([subscription])
        recorder = Recorder()
        if reads:
            await broker.subscribe(subscription, handler or recorder, parking=ParkingList())
        return recorder

    yield begin
    await broker.stop()
