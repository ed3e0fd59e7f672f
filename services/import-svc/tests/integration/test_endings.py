"""Every import gets its last word: of its own process while that lives, else of another."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import aiohttp
import orjson
import pytest
from aiohttp.test_utils import TestClient, TestServer
from uuid_utils.compat import uuid7

from import_svc import app
from import_svc.app import create_app
from import_svc.decoding import InputFormat
from import_svc.settings import ImportSettings
from import_svc.storage.errors import LostRaceError
from import_svc.storage.imports import ImportStore, NewImport
from import_svc.storage.rehearsals import RehearsalStore
from import_svc.usecases import patience
from import_svc.usecases.import_request import ImportRequest
from import_svc.usecases.import_worker import ImportWorker, worker_lock
from import_svc.usecases.own_imports import OwnImports
from leadwire.db import Connection, Database
from leadwire.testing import eventually
from leadwire.testing.postgres import PostgresServer
from leadwire.testing.proxy import TcpProxy

if TYPE_CHECKING:
    from conftest import Desk, Json, MakePerson


async def open_import(database: Database, worker: UUID) -> UUID:
    import_id = uuid7()
    async with database.transaction() as connection:
        request = ImportRequest(input_format=InputFormat.of("text/csv", None), region=None)
        await ImportStore().open(
            connection,
            request.new_import(import_id),
            worker=worker,
        )
    return import_id


def worker_of(database: Database, *, known_as: UUID | None = None) -> ImportWorker:
    imports = ImportStore()
    own = OwnImports(
        worker=known_as or uuid7(),
        database=database,
        imports=imports,
        rehearsals=RehearsalStore(),
    )
    return ImportWorker(database=database, imports=imports, own=own)


@pytest.fixture
def many_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The application looks for imports without an end every tenth of a second."""
    monkeypatch.setattr(app, "ImportWorker", partial(ImportWorker, look_every=0.1))


async def until_ended(desk: "Desk") -> "Json":
    """Return the newest import once it has ended."""

    async def ended() -> "Json":
        found: list[Json] = (await desk.call("GET", "/v1/imports"))["items"]
        assert found
        assert found[0]["status"] != "running"
        return found[0]

    return await eventually(ended, within=30)


@pytest.mark.usefixtures("many_looks")
async def test_an_import_of_a_process_that_died_is_ended_as_failed(
    desk: "Desk", database: Database
) -> None:
    await open_import(database, worker=uuid7())
    receipt = await until_ended(desk)
    assert (receipt["status"], receipt["error"]["code"]) == ("failed", "service_died")
    assert receipt["finished_at"] is not None


async def test_an_import_is_ended_only_after_its_lock_was_seen_free_twice(
    database: Database,
) -> None:
    id_of_alive = uuid7()
    alive, other = worker_of(database, known_as=id_of_alive), worker_of(database)
    await alive.start()
    try:
        import_id = await open_import(database, worker=id_of_alive)

        async def is_locked() -> bool:
            async with database.connection() as connection:
                # Not of whoever just leaves the database of another test.
                locks = (
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
                    " (SELECT oid FROM pg_database WHERE datname = current_database())"
                )
                return bool(await connection.fetchval(locks))

        await eventually(is_locked)
        for _ in range(3):
            assert await other.close_abandoned() == []
    finally:
        await alive.stop()
    assert await other.close_abandoned() == []
    assert await other.close_abandoned() == [import_id]


class WatchedWorker(ImportWorker):
    """Looks when it is to; the application makes one for each replica."""

    made: "list[WatchedWorker]"

    def __init__(self, *, database: Database, imports: ImportStore, own: OwnImports) -> None:
        super().__init__(database=database, imports=imports, own=own, look_every=0.1)
        self.id = own.worker
        self.made.append(self)
        self._looks = self._wanted = 0
        self._may_look = asyncio.Event()

    async def close_abandoned(self) -> list[UUID]:
        await self._may_look.wait()
        closed = await super().close_abandoned()
        self._looks += 1
        if self._looks == self._wanted:
            self._may_look.clear()
        return closed

    async def look(self, *, times: int) -> None:
        """Return after some looks, which nothing else brings about."""
        self._wanted = self._looks + times
        self._may_look.set()
        await eventually(lambda: self._looks == self._wanted, within=60)


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> list[WatchedWorker]:
    WatchedWorker.made = []
    monkeypatch.setattr(app, "ImportWorker", WatchedWorker)
    return WatchedWorker.made


@pytest.fixture
async def proxied(settings: ImportSettings) -> AsyncIterator[tuple[TcpProxy, ImportSettings]]:
    """Settings of a replica whose way to the database can be cut."""
    parts = urlsplit(settings.database_url.get_secret_value())
    assert parts.hostname
    async with TcpProxy(parts.hostname, parts.port or 5432) as proxy:
        at = f"{parts.netloc.rpartition('@')[0]}@{proxy.host}:{proxy.port}"
        url = urlunsplit(parts._replace(netloc=at))
        yield (
            proxy,
            ImportSettings(
                auth="off",
                broker_url="memory://cut",
                database_url=url,
                files_url=settings.files_url,
            ),
        )


@pytest.mark.fault
async def test_a_restart_of_the_database_ends_no_import_of_a_living_replica(
    private_postgres: PostgresServer,
    workers: list[WatchedWorker],
    proxied: tuple[TcpProxy, ImportSettings],
    desk: "Desk",
    person: "MakePerson",
) -> None:
    """The slow replica is back at the database only after the other one's first look."""
    proxy, settings = proxied
    (other,) = workers

    async def is_back(worker: WatchedWorker) -> bool:
        async with desk.database.transaction() as connection:
            key = worker_lock(desk.database, worker.id).key
            return not await ImportStore().is_lock_free(connection, lock_key=key)

    async def pieces() -> AsyncIterator[bytes]:
        yield b"".join(orjson.dumps(person(n, filler="x" * 2_000)) + b"\n" for n in range(600))
        await eventually(lambda: desk.value("SELECT count(*) > 0 FROM leads"))
        await other.look(times=1)
        proxy.refuse()
        await private_postgres.restart()
        await eventually(lambda: is_back(other))
        await other.look(times=1)
        proxy.accept()
        await eventually(lambda: is_back(workers[1]))
        await other.look(times=2)
        yield orjson.dumps(person(601))

    async with (
        TestClient(TestServer(create_app(settings))) as slow,
        slow.post(
            "/v1/imports",
            data=pieces(),
            headers={"Content-Type": "application/x-ndjson"},
            timeout=aiohttp.ClientTimeout(total=100),
        ) as response,
    ):
        receipt = await response.json()
    assert len(workers) == 2
    assert (receipt["status"], receipt["received"], receipt["error"]) == ("completed", 601, None)


class Vanishing:
    """Ends the connection of the first writes of a last word, before or after the commit."""

    def __init__(self) -> None:
        self.times = 0
        self.after_commit = False

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        finish = ImportStore.finish

        async def finish_or_vanish(
            store: ImportStore, connection: Connection, **fields: Any
        ) -> None:
            if self.times and not self.after_commit:
                await self._end(connection)
            await finish(store, connection, **fields)
            if self.times:
                await connection.execute("COMMIT")
                await self._end(connection)

        monkeypatch.setattr(ImportStore, "finish", finish_or_vanish)

    async def _end(self, connection: Connection) -> None:
        self.times -= 1
        await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.fixture
def vanishing(monkeypatch: pytest.MonkeyPatch) -> Vanishing:
    vanishing = Vanishing()
    vanishing.install(monkeypatch)
    return vanishing


@pytest.mark.parametrize("after_commit", [False, True])
async def test_the_last_word_is_said_again_after_a_lost_connection(
    desk: "Desk", person: "MakePerson", vanishing: Vanishing, after_commit: bool
) -> None:
    vanishing.times, vanishing.after_commit = 2, after_commit
    receipt = await desk.bring([person(1)])
    assert (receipt["status"], receipt["imported"]) == ("completed", 1)
    assert vanishing.times == 0


@pytest.mark.usefixtures("many_looks")
async def test_a_last_word_that_was_given_up_is_said_later_as_it_was_meant(
    desk: "Desk", person: "MakePerson", vanishing: Vanishing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "MAX_ATTEMPTS", 2)
    # Two tries of the end, two of cutting it off, and one of the worker's look.
    vanishing.times = 5
    async with desk.client.post("/v1/imports", json=[person(1)]) as response:
        assert response.status == 503
    receipt = await until_ended(desk)
    assert (receipt["status"], receipt["error"], receipt["imported"]) == ("completed", None, 1)
    assert vanishing.times == 0


async def test_a_look_does_not_forget_an_ending_that_is_being_stored(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = OwnImports(
        worker=uuid7(), database=database, imports=ImportStore(), rehearsals=RehearsalStore()
    )
    import_id = await open_import(database, worker=own.worker)

    async def look_and_fail(_store: ImportStore, _connection: Connection, **_fields: Any) -> None:
        assert await own.end_what_runs_no_more() == []
        raise LostRaceError

    with monkeypatch.context() as patched, own.running(import_id):
        patched.setattr(ImportStore, "finish", look_and_fail)
        patched.setattr(patience, "MAX_ATTEMPTS", 2)
        with pytest.raises(LostRaceError):
            await own.end(import_id, b"hash")
    assert await own.end_what_runs_no_more() == [import_id]
    async with database.connection() as connection:
        (row,) = await connection.fetch("SELECT status, body_hash FROM imports")
    assert tuple(row) == ("completed", b"hash")


@pytest.mark.usefixtures("many_looks")
async def test_an_import_that_was_opened_unheard_does_not_run_for_ever(
    desk: "Desk", person: "MakePerson", monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = ImportStore.open

    async def open_and_vanish(
        store: ImportStore, connection: Connection, new: NewImport, **values: object
    ) -> None:
        await opened(store, connection, new, **values)  # type: ignore[arg-type]  # as given
        await connection.execute("COMMIT")
        await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(ImportStore, "open", open_and_vanish)
    async with desk.client.post("/v1/imports", json=[person(1)]) as response:
        assert response.status == 503
    receipt = await until_ended(desk)
    assert (receipt["status"], receipt["error"]["code"]) == ("failed", "database_unavailable")
    assert receipt["received"] == 0


async def test_a_look_leaves_an_import_alone_that_still_runs(
    workers: list[WatchedWorker],
    desk: "Desk",
    person: "MakePerson",
) -> None:
    (worker,) = workers

    async def pieces() -> AsyncIterator[bytes]:
        yield b"".join(orjson.dumps(person(n, filler="x" * 2_000)) + b"\n" for n in range(600))
        await eventually(lambda: desk.value("SELECT count(*) > 0 FROM leads"))
        await worker.look(times=2)
        yield orjson.dumps(person(601))

    headers = {"Content-Type": "application/x-ndjson"}
    async with desk.client.post("/v1/imports", data=pieces(), headers=headers) as response:
        receipt = await response.json()
    assert (receipt["status"], receipt["received"]) == ("completed", 601)
