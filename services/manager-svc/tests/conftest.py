"""manager-svc on a real Postgres, driven through its HTTP API and the memory broker."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp.test_utils import TestClient, TestServer
from uuid_utils.compat import uuid7

from leadwire.broker import ALL_TYPES, Ack, Broker, Delivery, Subscription
from leadwire.broker.memory import MemoryBroker
from leadwire.contracts import (
    Contact,
    Event,
    EventData,
    LeadErased,
    LeadsCreated,
    LeadTombstone,
    LeadUpdated,
    Origin,
    new_event,
    read_event,
    to_message,
)
from leadwire.db import Database, MigrationSource
from leadwire.testing import eventually
from manager_svc.app import SERVICE, create_app
from manager_svc.settings import ManagerSettings

MakeServiceDatabase = Callable[[str, Sequence[MigrationSource]], Awaitable[str]]
Json = dict[str, Any]

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
OBSERVER = Subscription(name="observer", types=(ALL_TYPES,), ordered=True)


class Parked:
    """Collects what the observer could not handle: nothing, if all is well."""

    async def park(self, delivery: Delivery, reason: str) -> None:
        raise AssertionError(f"{delivery.message.type} was parked: {reason}")


class Desk:
    """What a test does: bring leads, call the API, look at events and rows."""

    def __init__(self, *, client: TestClient[Any, Any], broker: Broker, database: Database) -> None:
        self.client = client
        self.database = database
        self.events: list[Event] = []
        self._broker = broker

    # leads and their events

    def contact(self, *, age: int = 0, rev: int = 1, lead_id: UUID | None = None) -> Contact:
        """A lead that came in `age` seconds before all others."""
        moment = BEGINNING - timedelta(seconds=age)
        lead_id = lead_id or uuid7()
        return Contact(
            id=lead_id,
            name=f"Name {rev}",
            family_name="Family",
            email=f"{lead_id}@example.org",
            cellphone="+12025550123",
            origin=Origin.IMPORT,
            import_id=None,
            has_resume=False,
            created_at=moment,
            updated_at=moment,
            rev=rev,
        )

    async def publish(self, data: EventData) -> Event:
        """Publish an event of import-svc."""
        event = new_event(data, source="leadwire/import-svc")
        await self.publish_again(event)
        return event

    async def publish_again(self, event: Event) -> None:
        await self._broker.publish([to_message(event)])

    async def say(self, data: EventData) -> Event:
        """Publish an event and wait until manager-svc has handled it."""
        event = await self.publish(data)
        await eventually(lambda: self.handled(event), message="the event is handled")
        return event

    async def handled(self, event: Event) -> bool:
        query = "SELECT EXISTS (SELECT 1 FROM inbox WHERE event_id = $1)"
        return bool(await self.value(query, str(event.id)))

    async def create(self, *contacts: Contact) -> None:
        await self.say(LeadsCreated(origin=Origin.IMPORT, import_id=None, leads=contacts))

    async def update(self, contact: Contact) -> None:
        await self.say(LeadUpdated(lead=contact))

    async def erase(self, lead_id: UUID, *, rev: int = 9) -> None:
        await self.say(LeadErased(lead=LeadTombstone(id=lead_id, rev=rev)))

    async def leads(self, count: int) -> list[UUID]:
        """Bring leads, the oldest first, and return their ids."""
        contacts = [self.contact(age=count - number) for number in range(count)]
        await self.create(*contacts)
        return [contact.id for contact in contacts]

    # the API

    async def call(self, method: str, path: str, status: int = 200, **kwargs: Any) -> Json:
        """Call the API, expect a status, return the JSON of the answer."""
        async with self.client.request(method, path, **kwargs) as response:
            text = await response.text()
            assert response.status == status, text
            return (await response.json(content_type=None)) if text else {}

    async def manager(self, name: str = "Anna", **fields: Any) -> Json:
        return await self.call("POST", "/v1/managers", 201, json={"name": name, **fields})

    async def holds(self, manager: Json) -> list[UUID]:
        shown = await self.call("GET", f"/v1/managers/{manager['id']}")
        return [UUID(lead["id"]) for lead in shown["leads"]]

    async def mark(
        self,
        lead: UUID | str,
        status: str,
        expect: int = 200,
        *,
        reason: str | None = None,
        if_match: str | None = None,
    ) -> Json:
        path, body = f"/v1/leads/{lead}/status", {"status": status}
        body |= {} if reason is None else {"reason": reason}
        headers = {} if if_match is None else {"If-Match": if_match}
        return await self.call("PUT", path, expect, json=body, headers=headers)

    # what happened

    async def value(self, query: str, *arguments: object) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetchval(query, *arguments)

    async def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        async with self.database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(query, *arguments)]

    async def published(self) -> list[Event]:
        """Everything that manager-svc published, once all of it has arrived."""

        async def all_out() -> bool:
            return not await self.value("SELECT count(*) FROM outbox")

        await eventually(all_out, message="the outbox is empty")
        # The observer is ordered: when the last event published is there, all are.
        marker = await self.publish(LeadErased(lead=LeadTombstone(id=uuid7(), rev=1)))
        await eventually(lambda: marker.id in {event.id for event in self.events})
        return [event for event in self.events if event.source == "leadwire/manager-svc"]

    async def published_of(self, lead: UUID) -> list[str]:
        return [event.type for event in await self.published() if event.subject == lead]

    async def observe(self, delivery: Delivery) -> Ack:
        self.events.append(read_event(delivery.message))
        return Ack()


@pytest.fixture
async def database_url(make_service_database: MakeServiceDatabase) -> str:
    return await make_service_database(SERVICE.schema, SERVICE.migrations)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(
        url=database_url, schema=SERVICE.schema, application_name="test", pool_size=40
    )
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
def auto_assign() -> bool:
    """Overridden where leads are handed out by hand."""
    return True


@pytest.fixture
def settings(database_url: str, auto_assign: bool) -> ManagerSettings:
    return ManagerSettings(
        auth="off",
        broker_url=f"memory://{uuid4()}",
        database_url=database_url,
        auto_assign=auto_assign,
    )


@pytest.fixture
async def desk(settings: ManagerSettings, database: Database) -> AsyncIterator[Desk]:
    broker = MemoryBroker.from_url(settings.broker_url.get_secret_value(), name="test")
    await broker.start()
    await broker.declare([OBSERVER, *SERVICE.subscriptions])
    async with TestClient(TestServer(create_app(settings))) as client:
        desk = Desk(client=client, broker=broker, database=database)
        observer = await broker.subscribe(OBSERVER, desk.observe, parking=Parked())
        yield desk
        await observer.stop()
    await broker.stop()
