"""import-svc on a real Postgres, driven through its HTTP API and the memory broker."""

import asyncio
import io
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Protocol
from uuid import uuid4

import aiohttp
import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from import_svc import app
from import_svc.app import SERVICE, create_app
from import_svc.settings import ImportSettings
from import_svc.storage.errors import ImportNotRunningError
from import_svc.usecases.input_judge import JudgedChunk
from import_svc.usecases.store_chunk import StoreChunk
from leadwire.broker import ALL_TYPES, Ack, Delivery, Message, Subscription
from leadwire.broker.memory import MemoryBroker
from leadwire.contracts import Contact, Event, LeadsCreated, read_event
from leadwire.db import Database, MigrationSource
from leadwire.db.embedded import free_port
from leadwire.http import bodies
from leadwire.testing import eventually

MakeServiceDatabase = Callable[[str, Sequence[MigrationSource]], Awaitable[str]]
Json = dict[str, Any]

NDJSON = "application/x-ndjson"
NOTHING: Mapping[str, str] = MappingProxyType({})
OBSERVER = Subscription(name="observer", types=(ALL_TYPES,), ordered=True)
MARK = "mark"
BUCKET_SERVER = Path(__file__).with_name("bucket_server.py")
AREA_CODES = (212, 213, 312, 415, 617, 702, 773, 917)


class MakePerson(Protocol):
    """Makes up a person who can be imported, another one for every number."""

    def __call__(self, number: int, **changes: object) -> Json: ...


class Parked:
    """Collects what the observer could not handle: nothing, if all is well."""

    async def park(self, delivery: Delivery, reason: str) -> None:
        raise AssertionError(f"{delivery.message.type} was parked: {reason}")


def person(number: int, **changes: object) -> Json:
    """Make up a person who can be imported, another one for every number."""
    area, line = AREA_CODES[number % len(AREA_CODES)], number // len(AREA_CODES)
    return {
        "name": f"Given{number}",
        "family_name": f"Family{number}",
        "email": f"person{number}@example.com",
        "cellphone": f"+1{area}{2_000_000 + line:07d}",
        **changes,
    }


class Desk:
    """What a test does: import, create, look at receipts, rows and events."""

    def __init__(
        self, *, client: TestClient[Any, Any], database: Database, broker: MemoryBroker
    ) -> None:
        self.client = client
        self.database = database
        self.announced: list[LeadsCreated] = []
        self.events: list[Event] = []
        self._broker = broker
        self._last_mark = ""

    @property
    def app(self) -> web.Application:
        """The service, as it runs."""
        app = self.client.app
        assert isinstance(app, web.Application)
        return app

    @property
    def port(self) -> int:
        """Where the API listens, for those who write HTTP by hand."""
        port = self.client.port
        assert port is not None
        return port

    async def call(self, method: str, path: str, status: int = 200, **kwargs: Any) -> Json:
        """Call the API, expect a status, return the JSON of the answer."""
        async with self.client.request(method, path, **kwargs) as response:
            text = await response.text()
            assert response.status == status, text
            found: Json = orjson.loads(text)
            return found

    async def send(
        self,
        body: bytes | str,
        *,
        media_type: str = "text/csv",
        status: int = 200,
        **params: Any,
    ) -> Json:
        """Import a body as it is."""
        return await self.call(
            "POST",
            "/v1/imports",
            status,
            data=io.BytesIO(body) if isinstance(body, bytes) else body,
            params=params,
            headers={"Content-Type": media_type},
        )

    async def bring(self, people: Sequence[object], **options: Any) -> Json:
        """Import people as NDJSON."""
        body = b"\n".join(map(orjson.dumps, people))
        return await self.send(body, media_type="application/x-ndjson", **options)

    async def value(self, query: str, *arguments: object) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetchval(query, *arguments)

    async def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        async with self.database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(query, *arguments)]

    async def announced_leads(self) -> list[Contact]:
        """Every lead announced, in order, once the outbox is empty."""
        await self.published()
        return [lead for data in self.announced for lead in data.leads]

    async def published(self) -> list[Event]:
        """Every event, in order, once the outbox is empty."""

        async def nothing_waits() -> bool:
            return not await self.value("SELECT count(*) FROM outbox WHERE parked_at IS NULL")

        await eventually(nothing_waits, message="the outbox is empty")
        # The observer hears of everything in its order, but only after the outbox is done with it.
        mark = Message(id=str(uuid4()), type=MARK, body=b"")
        await self._broker.publish([mark], only=OBSERVER.name)
        await eventually(lambda: self._last_mark == mark.id, message="the observer heard of all")
        return self.events

    async def observe(self, delivery: Delivery) -> Ack:
        if delivery.message.type == MARK:
            self._last_mark = delivery.message.id
            return Ack()
        event = read_event(delivery.message)
        self.events.append(event)
        if isinstance(event.data, LeadsCreated):
            self.announced.append(event.data)
        return Ack()


@pytest.fixture
async def database_url(make_service_database: MakeServiceDatabase) -> str:
    return await make_service_database(SERVICE.schema, SERVICE.migrations)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(
        url=database_url, schema=SERVICE.schema, application_name="test", pool_size=8
    )
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> ImportSettings:
    return ImportSettings(
        auth="off",
        broker_url=f"memory://{uuid4()}",
        database_url=database_url,
        files_url=(tmp_path / "files").as_uri(),
        max_running=4,
    )


@pytest.fixture
async def desk(settings: ImportSettings, database: Database) -> AsyncIterator[Desk]:
    broker = MemoryBroker.from_url(settings.broker_url.get_secret_value(), name="test")
    await broker.start()
    await broker.declare([OBSERVER])
    async with TestClient(TestServer(create_app(settings))) as client:
        desk = Desk(client=client, database=database, broker=broker)
        observer = await broker.subscribe(OBSERVER, desk.observe, parking=Parked())
        yield desk
        await observer.stop()
    await broker.stop()


@pytest.fixture(scope="session")
def bucket_endpoint() -> Iterator[str]:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, str(BUCKET_SERVER), str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield f"http://127.0.0.1:{port}"
    server.kill()
    server.wait()


@pytest.fixture
def s3_secret() -> str:
    return "wJalrXUtnFEMI"


@pytest.fixture
async def bucket(
    bucket_endpoint: str, s3_secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Make a bucket for s3://NAME and gs://NAME; return its name."""
    name = f"bucket{uuid4().hex}"
    async with aiohttp.ClientSession() as session:

        async def is_made() -> bool:
            try:
                async with session.put(f"{bucket_endpoint}/{name}") as response:
                    return response.status == 200
            except aiohttp.ClientConnectionError:
                return False

        await eventually(is_made, message="the bucket is made", within=60.0)
    account = tmp_path / "account.json"
    account.write_bytes(
        orjson.dumps(
            {
                "gcs_base_url": bucket_endpoint,
                "disable_oauth": True,
                "client_email": "",
                "private_key": "",
                "private_key_id": "",
            }
        )
    )
    for variable, value in {
        "AWS_ENDPOINT_URL": bucket_endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7",
        "AWS_SECRET_ACCESS_KEY": s3_secret,
        "GOOGLE_SERVICE_ACCOUNT": str(account),
    }.items():
        monkeypatch.setenv(variable, value)
    return name


@pytest.fixture(name="person")
def person_maker() -> MakePerson:
    return person


class Office:
    """Hands in imports, and looks at what becomes of them."""

    def __init__(self, *, desk: Desk, files: Path) -> None:
        self.desk = desk
        self._files = files

    async def hand_in(
        self,
        body: bytes | AsyncIterator[bytes],
        *,
        status: int = 202,
        headers: Mapping[str, str] = NOTHING,
        **params: str,
    ) -> tuple[Json, Mapping[str, str]]:
        """Return the answer and its headers."""
        data = io.BytesIO(body) if isinstance(body, bytes) else body
        sent = {"Content-Type": NDJSON, "Prefer": "respond-async", **headers}
        async with self.desk.client.post(
            "/v1/imports", data=data, headers=sent, params=params
        ) as response:
            text = await response.text()
            assert response.status == status, text
            return orjson.loads(text), response.headers

    async def receipt(self, import_id: str) -> Json:
        return await self.desk.call("GET", f"/v1/imports/{import_id}")

    async def ended(self, import_id: str) -> Json:
        """Return the receipt once the import has ended."""

        async def has_ended() -> Json:
            receipt = await self.receipt(import_id)
            assert receipt["status"] != "running", receipt
            return receipt

        return await eventually(has_ended, within=60)

    def bodies(self) -> list[Path]:
        """Return what lies in the store of files."""
        return [path for path in self._files.rglob("*") if path.is_file()]

    async def nothing_is_left(self) -> None:
        await eventually(lambda: not self.bodies(), message="no body is left")


@pytest.fixture
def many(person: MakePerson) -> bytes:
    """Rows of 4 KB, several blocks of them; each tenth fails."""
    people = [person(n, filler="x" * 4_000) for n in range(1_500)]
    for each in people[::10]:
        each["email"] = "none"
    return b"".join(orjson.dumps(each) + b"\n" for each in people)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def office(desk: Desk, files: Path) -> Office:
    return Office(desk=desk, files=files)


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody works anything off: what is accepted stays as it is."""
    monkeypatch.setenv("IMPORT_BACKGROUND_RUNNING", "0")


@pytest.fixture
def short_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is told to hurry, and sends nothing, is cut off at once."""
    monkeypatch.setattr(bodies, "HURRIED_PACE", replace(bodies.HURRIED_PACE, grace=0.3, idle=0.3))
    # Whoever is not told to hurry has all the time that the test takes.
    monkeypatch.setattr(bodies, "PACE", replace(bodies.PACE, grace=600.0, idle=600.0))


class Slow(StoreChunk):
    """Stores the first chunks, and the next one only when it may."""

    made: ClassVar[list["Slow"]] = []

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self.go_on = asyncio.Event()
        self.stands = asyncio.Event()
        self.refused = asyncio.Event()
        self.made.append(self)

    async def __call__(self, chunk: JudgedChunk, *, number: int, **options: Any) -> bool:
        if number == 2:
            self.stands.set()
            await self.go_on.wait()
        try:
            return await super().__call__(chunk, number=number, **options)
        except ImportNotRunningError:
            self.refused.set()
            raise


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> list[Slow]:
    Slow.made = []
    monkeypatch.setattr(app, "StoreChunk", Slow)
    return Slow.made
