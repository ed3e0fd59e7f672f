"""stream-svc as a whole process would run it, on a real Postgres and the memory broker."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from uuid_utils.compat import uuid7

from leadwire.broker import Accepted, Broker, broker_from_url
from leadwire.contracts import (
    Contact,
    EventData,
    LeadAssigned,
    LeadErased,
    LeadReachedOut,
    LeadReleased,
    LeadsCreated,
    LeadStatus,
    LeadUpdated,
    ManagerAdded,
    ManagerRef,
    ManagerState,
    ManagerStatus,
    ManagerUpdated,
    Origin,
    Work,
    new_event,
    to_message,
)
from leadwire.db import Database
from leadwire.testing import eventually
from leadwire.testing.postgres_fixtures import MakeServiceDatabase
from stream_svc.app import SERVICE, create_app
from stream_svc.settings import StreamSettings

Frame = dict[str, Any]
WorkEvent = LeadAssigned | LeadReachedOut | LeadReleased
WORK_EVENTS: dict[LeadStatus, type[WorkEvent]] = {
    LeadStatus.PENDING: LeadAssigned,
    LeadStatus.REACHED_OUT: LeadReachedOut,
}


Value = str | int | bool | datetime | UUID | dict[str, object] | None


class MakeContact(Protocol):
    """Make a contact side."""

    def __call__(self, lead_id: UUID | None = None, **changed: Value) -> Contact: ...


class MakeWork(Protocol):
    """Make a work side."""

    def __call__(
        self,
        lead_id: UUID,
        rev: int,
        *,
        status: LeadStatus = LeadStatus.PENDING,
        manager_id: UUID | None = None,
    ) -> Work: ...


class MakeWorkEvent(Protocol):
    """Make the event of a work side."""

    def __call__(self, work: Work, manager_name: str = "Grace") -> EventData: ...


def new_contact(lead_id: UUID | None = None, **changed: Value) -> Contact:
    """A contact side, fresh from import-svc."""
    lead_id = lead_id or uuid7()
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "id": lead_id,
        "name": "Ada",
        "family_name": "Lovelace",
        "email": f"{lead_id}@example.org",
        "cellphone": None,
        "attributes": {},
        "origin": Origin.IMPORT,
        "import_id": None,
        "has_resume": False,
        "created_at": now,
        "updated_at": now,
        "rev": 1,
    }
    return Contact(**(values | changed))


def new_work(
    lead_id: UUID,
    rev: int,
    *,
    status: LeadStatus = LeadStatus.PENDING,
    manager_id: UUID | None = None,
) -> Work:
    """A work side, fresh from manager-svc."""
    now = datetime.now(UTC)
    return Work(
        id=lead_id,
        status=status,
        manager_id=manager_id,
        assigned_at=now if manager_id else None,
        decided_at=None,
        updated_at=now,
        rev=rev,
    )


@dataclass
class Publisher:
    """Publishes what the other services would."""

    broker: Broker

    async def publish(self, *data: EventData, repeat: int = 1) -> None:
        """Publish events, each as often as asked for."""
        messages = [to_message(new_event(each, source="leadwire/test")) for each in data]
        outcomes = await self.broker.publish(messages * repeat)
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)

    async def created(self, *contacts: Contact) -> None:
        await self.publish(
            LeadsCreated(origin=Origin.IMPORT, import_id=None, leads=tuple(contacts))
        )

    async def updated(self, contact: Contact) -> None:
        await self.publish(LeadUpdated(lead=contact))

    async def worked(self, work: Work, manager_name: str = "Grace") -> None:
        await self.publish(work_event(work, manager_name))

    async def erased(self, lead_id: UUID, rev: int) -> None:
        await self.publish(LeadErased.model_validate({"lead": {"id": lead_id, "rev": rev}}))

    async def manager(self, manager_id: UUID, name: str, rev: int) -> None:
        state = ManagerState(
            id=manager_id,
            name=name,
            email=None,
            capacity=1,
            state=ManagerStatus.ACTIVE,
            rev=rev,
        )
        event = ManagerAdded(manager=state) if rev == 1 else ManagerUpdated(manager=state)
        await self.publish(event)


def work_event(work: Work, manager_name: str = "Grace") -> EventData:
    """The event that manager-svc would publish of a work side."""
    manager = ManagerRef(id=work.manager_id, name=manager_name) if work.manager_id else None
    kind = WORK_EVENTS.get(work.status, LeadReleased)
    if manager is None and kind is LeadAssigned:
        kind = LeadReleased
    return kind(lead=work, manager=manager, actor="test", reason=None)


@dataclass
class Held:
    """What a client holds, by the protocol: apply frames, keep the last mark's cursor."""

    leads: dict[str, Frame] = field(default_factory=dict)
    cursor: str | None = None
    puts: int = 0

    def apply(self, frame: Frame) -> None:
        match frame["type"]:
            case "put":
                self.leads[frame["id"]] = frame["lead"]
                self.puts += 1
            case "gone":
                self.leads.pop(frame["id"], None)
            case "mark" | "synced":
                self.cursor = frame["cursor"]


@dataclass
class StreamService:
    """A running stream-svc."""

    client: TestClient[Any, Any]
    publisher: Publisher
    url: str

    async def get(self, path: str, **params: str) -> Any:
        """Give the JSON of an answer that must be a 200."""
        async with self.client.get(path, params=params) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def problem(self, path: str, **params: str) -> tuple[int, str]:
        """Give status and code of an answer that must be a problem."""
        async with self.client.get(path, params=params) as response:
            assert response.content_type == "application/problem+json"
            found = await response.json()
            return response.status, found["code"]

    async def lead(self, lead_id: UUID) -> Frame | None:
        """Give a lead as read; None if it is not there."""
        async with self.client.get(f"/v1/leads/{lead_id}") as response:
            return await response.json() if response.status == 200 else None

    async def counted(self, **params: str) -> int:
        found = await self.get("/v1/leads/count", **params)
        return int(found["total"])

    async def stored(self, count: int, **params: str) -> None:
        """Wait until so many leads are in the projection, of those that filters take."""

        async def there() -> bool:
            return await self.counted(**params) == count

        await eventually(there, message=f"{count} leads in the projection")

    @asynccontextmanager
    async def stream(self, **params: str) -> AsyncIterator["OpenStream"]:
        async with self.client.get("/v1/leads/stream", params=params) as response:
            assert response.status == 200, await response.text()
            yield OpenStream(response)

    async def snapshot(self, **params: str) -> list[Frame]:
        """Give all frames of a stream that does not follow."""
        async with self.stream(follow="false", **params) as stream:
            return [frame async for frame in stream.frames()]

    async def position(self) -> int:
        """Where the change log ends."""
        async with self.database() as database, database.connection() as connection:
            return int(await connection.fetchval("SELECT pos FROM head"))

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        database = Database(url=self.url, schema="stream_svc", application_name="test")
        await database.start()
        try:
            yield database
        finally:
            await database.stop()


@dataclass
class OpenStream:
    """A stream as a client reads it."""

    response: ClientResponse

    async def frame(self, within: float = 60.0) -> Frame:
        async with asyncio.timeout(within):
            line = await self.response.content.readuntil(b"\n")
        assert line, "the stream ended without a frame"
        found: Frame = json.loads(line)
        return found

    async def until(self, kind: str, within: float = 60.0) -> list[Frame]:
        """Give the frames up to the first one of a kind."""
        found = [await self.frame(within)]
        while found[-1]["type"] != kind:
            found.append(await self.frame(within))
        return found

    async def frames(self) -> AsyncIterator[Frame]:
        async for line in self.response.content:
            yield json.loads(line)


StartService = Callable[..., Awaitable[StreamService]]
Arrives = Callable[[Mapping[UUID, int]], Awaitable[None]]


@pytest.fixture
async def start_service(
    make_service_database: MakeServiceDatabase,
) -> AsyncIterator[StartService]:
    """Start replicas of stream-svc on one database and one broker."""
    url = await make_service_database(SERVICE.schema, SERVICE.migrations)
    broker_url = f"memory://{uuid7()}"
    running: list[TestClient[Any, Any]] = []
    broker = broker_from_url(broker_url, name="publisher")
    await broker.start()

    async def start(**settings: Any) -> StreamService:
        app = create_app(
            StreamSettings(
                **{"auth": "off", "broker_url": broker_url, "database_url": url, **settings}
            )
        )
        client = TestClient(TestServer(app))
        running.append(client)
        await client.start_server()
        return StreamService(client=client, publisher=Publisher(broker), url=url)

    yield start
    for client in running:
        await client.close()
    await broker.stop()


@pytest.fixture
async def service(start_service: StartService) -> StreamService:
    """One running stream-svc."""
    return await start_service()


@pytest.fixture
def make_contact() -> MakeContact:
    return new_contact


@pytest.fixture
def make_work() -> MakeWork:
    return new_work


@pytest.fixture
def make_work_event() -> MakeWorkEvent:
    return work_event


@pytest.fixture
def new_client_state() -> Callable[[], Held]:
    return Held


@pytest.fixture
def arrives(service: StreamService) -> Arrives:
    """Wait until leads are there with at least these revs."""

    async def wait(revs: Mapping[UUID, int]) -> None:
        async def all_there() -> bool:
            for lead_id, rev in revs.items():
                lead = await service.lead(lead_id)
                if lead is None or lead["rev"] < rev:
                    return False
            return True

        await eventually(all_there, message="leads arrive in the projection")

    return wait
