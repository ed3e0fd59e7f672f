"""Background imports go on in another process, whatever becomes of the one that runs them."""

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr
from uuid_utils.compat import uuid7

from import_svc import app
from import_svc.app import create_app
from import_svc.settings import ImportSettings
from import_svc.storage.background import MOST_TAKES
from import_svc.storage.file_errors import FilesUnavailableError
from import_svc.storage.files import FileStore
from import_svc.storage.imports import ImportStore, Resumable
from import_svc.usecases.bodies import LEFT_OVER_AFTER
from import_svc.usecases.import_worker import ImportWorker
from leadwire.db import Connection
from leadwire.testing import eventually

if TYPE_CHECKING:
    from conftest import Office, Slow

MakeReplica = Callable[[], AbstractAsyncContextManager[object]]


@pytest.fixture
def many_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The application looks for dead processes every tenth of a second."""
    monkeypatch.setattr(app, "ImportWorker", partial(ImportWorker, look_every=0.1))


@pytest.fixture
def other_replica(settings: ImportSettings) -> MakeReplica:
    """Run a second process, as far as the database can tell, that works imports off."""

    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        replica = settings.model_copy(
            update={"broker_url": SecretStr(f"memory://{uuid4()}"), "background_running": 2}
        )
        async with TestClient(TestServer(create_app(replica))):
            yield

    return run


@pytest.mark.usefixtures("idle")
async def test_another_replica_works_off_what_this_one_accepted(
    office: "Office", many: bytes, other_replica: MakeReplica
) -> None:
    accepted, _ = await office.hand_in(many)
    async with other_replica():
        receipt = await office.ended(accepted["id"])
    assert (receipt["status"], receipt["received"]) == ("completed", 1_500)


@pytest.mark.usefixtures("idle")
async def test_a_process_that_stops_hands_its_import_over_at_once(
    slow: "list[Slow]", office: "Office", many: bytes, other_replica: MakeReplica
) -> None:
    accepted, _ = await office.hand_in(many)
    async with other_replica():
        await slow[1].stands.wait()
        await office.desk.rows("UPDATE imports SET takes = 5")
    receipt = await office.receipt(accepted["id"])
    assert receipt["status"] == "running"
    assert 0 < receipt["received"] < 1_500
    assert 0 < receipt["progress"]["bytes_done"] < len(many)
    assert receipt["progress"]["seconds_left"] is None
    # That it was taken does not count: no restart of a process speaks against an import.
    waits = "SELECT worker IS NULL AND takes = 4 AND not_before IS NULL FROM imports"
    assert await office.desk.value(waits)
    async with other_replica():
        slow[2].go_on.set()
        receipt = await office.ended(accepted["id"])
    assert (receipt["status"], receipt["received"], receipt["failed"]) == ("completed", 1_500, 150)
    assert await office.desk.value("SELECT count(*) FROM leads") == 1_350


@pytest.mark.usefixtures("idle", "many_looks")
async def test_an_import_of_a_process_that_died_is_taken_over(
    office: "Office", many: bytes, other_replica: MakeReplica
) -> None:
    accepted, _ = await office.hand_in(many)
    # The lock of this worker is held by nobody.
    await office.desk.rows("UPDATE imports SET worker = $1", uuid7())
    async with other_replica():
        receipt = await office.ended(accepted["id"])
        await office.nothing_is_left()
    assert (receipt["status"], receipt["received"]) == ("completed", 1_500)


@pytest.mark.usefixtures("many_looks")
async def test_an_import_that_was_taken_unheard_is_taken_again(
    office: "Office", many: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row says that this process runs it, but the answer that it may was lost."""
    take_over = ImportStore.take_over
    unheard: list[Resumable] = []

    async def take_and_vanish(
        store: ImportStore, connection: Connection, found: Resumable, **values: Any
    ) -> bool:
        taken = await take_over(store, connection, found, **values)
        if not unheard:
            unheard.append(found)
            await connection.execute("COMMIT")
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return taken

    monkeypatch.setattr(ImportStore, "take_over", take_and_vanish)
    accepted, _ = await office.hand_in(many)
    receipt = await office.ended(accepted["id"])
    assert (receipt["status"], receipt["received"]) == ("completed", 1_500)
    assert len(unheard) == 1


@pytest.mark.usefixtures("idle")
async def test_a_store_that_is_down_puts_an_import_off_until_it_is_back(
    office: "Office",
    many: bytes,
    other_replica: MakeReplica,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accepted, _ = await office.hand_in(many)
    read = FileStore.read

    async def refuse(*_args: object, **_options: object) -> bytes:
        raise FilesUnavailableError("it says 500")

    async def is_put_off() -> bool:
        # It may have been taken again, and put off for longer, before this looks.
        put_off = "SELECT takes > 0 AND not_before IS NOT NULL FROM imports"
        return bool(await office.desk.value(put_off))

    monkeypatch.setattr(FileStore, "read", refuse)
    async with other_replica():
        await eventually(is_put_off)
        assert (await office.receipt(accepted["id"]))["status"] == "running"
        monkeypatch.setattr(FileStore, "read", read)
        receipt = await office.ended(accepted["id"])
    assert (receipt["status"], receipt["received"]) == ("completed", 1_500)


@pytest.mark.usefixtures("idle")
async def test_a_store_that_stays_down_ends_an_import_as_failed(
    office: "Office", many: bytes, other_replica: MakeReplica, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_args: object, **_options: object) -> bytes:
        raise FilesUnavailableError("it says 500")

    accepted, _ = await office.hand_in(many)
    await office.desk.rows("UPDATE imports SET takes = $1", MOST_TAKES - 1)
    monkeypatch.setattr(FileStore, "read", refuse)
    async with other_replica():
        receipt = await office.ended(accepted["id"])
        await office.nothing_is_left()
    assert (receipt["status"], receipt["error"]["code"]) == ("failed", "files_unavailable")


@pytest.mark.usefixtures("idle")
async def test_an_import_that_ends_each_process_is_given_up(
    office: "Office", many: bytes, other_replica: MakeReplica
) -> None:
    accepted, _ = await office.hand_in(many)
    await office.desk.rows("UPDATE imports SET takes = $1", MOST_TAKES)
    async with other_replica():
        receipt = await office.ended(accepted["id"])
    assert (receipt["status"], receipt["error"]["code"]) == ("failed", "import_given_up")


@pytest.mark.usefixtures("idle")
async def test_a_body_that_was_exchanged_ends_an_import_as_failed(
    office: "Office", many: bytes, other_replica: MakeReplica
) -> None:
    accepted, _ = await office.hand_in(many)
    [body] = office.bodies()
    body.write_bytes(many[:-2] + b" \n")
    async with other_replica():
        receipt = await office.ended(accepted["id"])
        await office.nothing_is_left()
    assert (receipt["status"], receipt["error"]["code"]) == ("failed", "body_lost")
    assert receipt["received"] == await office.desk.value(
        "SELECT coalesce(sum(received), 0) FROM import_chunks"
    )


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize("damage", ["gone", "shorter"])
async def test_an_import_whose_body_is_lost_goes_on_with_the_body_sent_again(
    office: "Office", many: bytes, other_replica: MakeReplica, damage: str
) -> None:
    accepted, _ = await office.hand_in(many, headers={"Idempotency-Key": "lost"})
    [body] = office.bodies()
    if damage == "gone":
        body.unlink()
    else:
        body.write_bytes(many[: -len(many) // 3])
    async with other_replica():
        receipt = await office.ended(accepted["id"])
        assert (receipt["status"], receipt["error"]["code"]) == ("failed", "body_lost")
        assert receipt["received"] == 0
        await office.nothing_is_left()
        again, _ = await office.hand_in(many, headers={"Idempotency-Key": "lost"})
        receipt = await office.ended(again["id"])
    assert again["id"] == accepted["id"]
    assert (receipt["status"], receipt["received"], receipt["failed"]) == ("completed", 1_500, 150)


@pytest.mark.usefixtures("idle")
async def test_what_a_crash_left_is_swept_and_what_is_needed_is_not(
    office: "Office", many: bytes, other_replica: MakeReplica, settings: ImportSettings
) -> None:
    accepted, _ = await office.hand_in(many)
    [needed] = office.bodies()
    left = needed.with_name(str(uuid7()))
    fresh = needed.with_name(str(uuid7()))
    for path in (left, fresh):
        path.write_bytes(b"x")
    old = time.time() - 2 * LEFT_OVER_AFTER.total_seconds()
    for path in (needed, left):
        os.utime(path, (old, old))
    idle = settings.model_copy(
        update={"broker_url": SecretStr("memory://sweeping"), "background_running": 0}
    )
    async with TestClient(TestServer(create_app(idle))):
        await eventually(lambda: not left.exists())
    assert set(office.bodies()) == {needed, fresh}
    async with other_replica():
        assert (await office.ended(accepted["id"]))["status"] == "completed"


async def test_progress_tells_what_is_stored_and_how_fast(
    slow: "list[Slow]", office: "Office", many: bytes
) -> None:
    accepted, _ = await office.hand_in(many)
    await slow[0].stands.wait()
    receipt = await office.receipt(accepted["id"])
    progress = receipt["progress"]
    lines = many[: progress["bytes_done"]].count(b"\n")
    assert receipt["received"] == lines > 0
    assert progress["bytes_total"] == len(many)
    assert progress["rows_per_second"] > 0
    assert progress["seconds_left"] > 0
    [listed] = (await office.desk.call("GET", "/v1/imports"))["items"]
    assert listed["progress"]["bytes_done"] == progress["bytes_done"]
    slow[0].go_on.set()
    assert (await office.ended(accepted["id"]))["progress"] is None
