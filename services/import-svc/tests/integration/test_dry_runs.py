"""A dry run gives the receipt that the import then has, and stores nothing."""

import asyncio
from typing import TYPE_CHECKING

import orjson
import pytest
from uuid_utils.compat import uuid7

from import_svc.storage.errors import ImportNotRunningError
from import_svc.storage.imports import ImportStore
from import_svc.storage.rehearsals import RehearsalStore
from import_svc.usecases.import_worker import ImportWorker
from import_svc.usecases.own_imports import OwnImports
from leadwire.db import Database

if TYPE_CHECKING:
    from conftest import Desk, Json, MakePerson

REHEARSED = "SELECT (SELECT count(*) FROM dry_runs) + (SELECT count(*) FROM dry_run_keys)"
VOLATILE = ("id", "failures_url", "started_at", "finished_at", "dry_run")
EVERYTHING = (
    "SELECT (SELECT count(*) FROM leads) + (SELECT count(*) FROM imports)"
    " + (SELECT count(*) FROM import_failures) + (SELECT count(*) FROM outbox)"
)


def verdicts(receipt: "Json") -> "Json":
    return {name: value for name, value in receipt.items() if name not in VOLATILE}


@pytest.fixture
async def mixed(desk: "Desk", person: "MakePerson") -> "list[Json]":
    """Rows of several blocks: new, invalid, known to the database, or to an earlier block."""
    await desk.bring([person(10_000), person(10_001)])
    rows = [person(n, filler="x" * 2_000) for n in range(600)]
    rows[5] |= {"email": "none"}
    rows[6] |= {"cellphone": person(10_000)["cellphone"]}
    rows[7] |= {"email": person(5)["email"].upper()}  # row 5 failed: its address is free
    rows[590] |= {"email": person(0)["email"]}
    rows[591] |= {"email": person(7)["email"], "cellphone": "12"}
    rows[592] |= {"email": person(590)["email"]}
    return rows


async def test_a_dry_run_has_the_verdicts_of_the_import_that_follows(
    desk: "Desk", mixed: "list[Json]"
) -> None:
    await desk.announced_leads()  # the outbox is empty now
    before = await desk.value(EVERYTHING)
    dry = await desk.bring(mixed, dry_run="true")
    assert (dry["dry_run"], dry["failures_url"]) == (True, None)
    assert await desk.value(EVERYTHING) == before
    assert (await desk.bring(mixed, dry_run="true"))["failures"] == dry["failures"]
    real = await desk.bring(mixed)
    assert real["dry_run"] is False
    assert verdicts(dry) == verdicts(real)
    assert dry["failed"] == 4
    await desk.call("GET", f"/v1/imports/{dry['id']}", 404)


async def test_input_that_breaks_breaks_alike(desk: "Desk", mixed: "list[Json]") -> None:
    body = orjson.dumps(mixed)[:-1] + b",{]"
    dry = await desk.send(body, media_type="application/json", dry_run="true")
    real = await desk.send(body, media_type="application/json")
    assert verdicts(dry) == verdicts(real)
    assert (dry["status"], dry["error"]["code"]) == ("failed", "malformed_json")
    problem = await desk.send(b"a,b\n", dry_run="true", status=400)
    assert problem["code"] == "columns_not_recognised"


async def test_at_most_a_thousand_failures_are_shown(desk: "Desk") -> None:
    dry = await desk.bring([{}] * 1_200, dry_run="true")
    assert (dry["failed"], len(dry["failures"])) == (1_200, 1_000)


async def test_nothing_of_a_dry_run_stays(desk: "Desk", mixed: "list[Json]") -> None:
    await desk.bring(mixed, dry_run="true")
    assert await desk.value(REHEARSED) == 0


async def test_what_a_dry_run_of_a_dead_process_left_is_deleted(
    desk: "Desk", database: Database
) -> None:
    async with database.transaction() as connection:
        store, dry_run = RehearsalStore(), uuid7()
        await store.open(connection, dry_run, worker=uuid7())
        await store.add(connection, dry_run, emails=["a@x.com"], cellphones=["+1"])
    own = OwnImports(
        worker=uuid7(), database=database, imports=ImportStore(), rehearsals=RehearsalStore()
    )
    worker = ImportWorker(database=database, imports=ImportStore(), own=own)
    await worker.close_abandoned()
    assert await desk.value(REHEARSED) == 3, "a lock must be seen free twice"
    await worker.close_abandoned()
    assert await desk.value(REHEARSED) == 0


async def test_a_dry_run_that_ends_leaves_another_one_alone(
    desk: "Desk", database: Database
) -> None:
    """Also one that has begun a moment ago."""
    store, worker = RehearsalStore(), uuid7()
    own = OwnImports(worker=worker, database=database, imports=ImportStore(), rehearsals=store)
    ending, beginning = uuid7(), uuid7()
    for dry_run in (ending, beginning):
        await own.open_dry_run(dry_run)
        async with database.transaction() as connection:
            await store.add(connection, dry_run, emails=["a@x.com"], cellphones=[])
    await own.forget_dry_run(ending)
    left = await desk.rows("SELECT id, key FROM dry_runs JOIN dry_run_keys ON id = dry_run_id")
    assert left == [(beginning, "a@x.com")]
    with own.running(beginning):
        await own.forget_dry_runs_of(worker)
        assert await desk.value(REHEARSED) == 2
    await own.forget_dry_runs_of(worker)
    assert await desk.value(REHEARSED) == 0


async def test_a_dry_run_that_was_deleted_takes_no_keys_any_more(database: Database) -> None:
    store = RehearsalStore()
    with pytest.raises(ImportNotRunningError):
        async with database.transaction() as connection:
            await store.add(connection, uuid7(), emails=["a@x.com"], cellphones=[])


async def test_dry_runs_side_by_side_do_not_see_each_other(
    desk: "Desk", mixed: "list[Json]"
) -> None:
    first, second = await asyncio.gather(*(desk.bring(mixed, dry_run="true") for _ in range(2)))
    assert verdicts(first) == verdicts(second)
