"""`DELETE /v1/leads/{lead_id}`: nothing of the person stays, and all are told (G11)."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from uuid_utils.compat import uuid7

from import_svc.domain.duplicates import KnownKeys
from import_svc.domain.leads import Lead, NewLeads
from import_svc.messaging.lead_changes import ChangesAnnouncer
from import_svc.messaging.leads_created import LeadsAnnouncer
from import_svc.storage.files import FileStore
from import_svc.storage.leads import LeadStore, new_lead_id
from import_svc.storage.receipts import ReceiptStore
from import_svc.storage.rehearsals import RehearsalStore
from import_svc.storage.resumes import ResumeStore, UnreferencedFiles
from import_svc.usecases.delete_files import DeleteFiles
from import_svc.usecases.erase_lead import EraseLead
from leadwire.broker import Message
from leadwire.contracts import LeadErased, LeadsCreated, LeadUpdated, Origin, read_event
from leadwire.db import Connection, Database, Queries
from leadwire.outbox import Outbox
from leadwire.testing import eventually

if TYPE_CHECKING:
    from conftest import Desk, MakePerson

ADA = {"name": "Ada", "family_name": "Lovelace", "email": "Ada@example.com"}
PHONE = "+14155552671"
IMPORT_ID = uuid7()


async def create(desk: "Desk", **changes: object) -> str:
    lead = await desk.call("POST", "/v1/leads", 201, json={**ADA, **changes})
    return str(lead["id"])


async def erase(
    desk: "Desk", lead_id: object, status: int = 204, *, if_match: str | None = None
) -> dict[str, Any]:
    headers = {} if if_match is None else {"If-Match": if_match}
    async with desk.client.delete(f"/v1/leads/{lead_id}", headers=headers) as response:
        text = await response.text()
        assert response.status == status, text
        return orjson.loads(text) if text else {}


async def erasures(desk: "Desk") -> list[tuple[str, int]]:
    data = [event.data for event in await desk.published()]
    return [(str(each.lead.id), each.lead.rev) for each in data if isinstance(each, LeadErased)]


async def test_a_failure_of_the_lead_goes_with_it_though_its_chunk_is_not_stored_yet(
    desk: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_id = await create(desk)
    known_keys, looked_up, go_on = LeadStore.known_keys, asyncio.Event(), asyncio.Event()

    async def slowly(self: LeadStore, connection: Connection, **keys: Any) -> KnownKeys:
        found = await known_keys(self, connection, **keys)
        looked_up.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(LeadStore, "known_keys", slowly)
    bringing = asyncio.create_task(desk.bring([{**ADA, "cellphone": PHONE}]))
    await looked_up.wait()
    erasing = asyncio.create_task(erase(desk, lead_id))

    async def erasure_waits_or_is_done() -> bool:
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return erasing.done() or bool(await desk.value(waiting))

    await eventually(erasure_waits_or_is_done)
    go_on.set()
    [failure] = (await bringing)["failures"]
    await erasing
    assert failure["codes"] == ["email_exists"]
    assert await desk.rows("SELECT email, email_key FROM import_failures") == [(None, None)]


async def test_an_erased_lead_leaves_a_tombstone_and_is_announced(desk: "Desk") -> None:
    lead_id = await create(desk)
    await desk.call("PATCH", f"/v1/leads/{lead_id}", json={"name": "Augusta"})
    await erase(desk, lead_id)
    assert await desk.rows("SELECT * FROM leads") == []
    assert await desk.rows("SELECT lead_id::text, rev FROM erased_leads") == [(lead_id, 3)]
    assert await erasures(desk) == [(lead_id, 3)]
    assert (str(desk.events[-1].subject), desk.events[-1].sequence) == (lead_id, "0000000003")


async def test_erasing_again_is_done_already(desk: "Desk") -> None:
    lead_id = await create(desk)
    await asyncio.gather(*(erase(desk, lead_id) for _ in range(5)))
    await erase(desk, lead_id, if_match='"contact-1"')
    assert len(await erasures(desk)) == 1


async def test_an_erased_lead_cannot_be_changed(desk: "Desk") -> None:
    lead_id = await create(desk)
    await erase(desk, lead_id)
    problem = await desk.call("PATCH", f"/v1/leads/{lead_id}", 404, json={"name": "A"})
    assert problem["code"] == "lead_not_found"


async def test_a_lead_that_never_was_is_not_found(desk: "Desk") -> None:
    assert (await erase(desk, uuid7(), 404))["code"] == "lead_not_found"
    assert await erasures(desk) == []


async def test_an_erasure_is_held_to_the_version_that_was_read(desk: "Desk") -> None:
    lead_id = await create(desk)
    problem = await erase(desk, lead_id, 412, if_match='"contact-2"')
    assert (problem["code"], problem["current"]) == ("precondition_failed", "contact-1")
    assert await erasures(desk) == []
    await erase(desk, lead_id, if_match='"contact-1"')
    other = await create(desk)
    await erase(desk, other, if_match="*")


async def test_email_and_cellphone_are_free_again(desk: "Desk") -> None:
    first = await create(desk, cellphone=PHONE)
    await erase(desk, first)
    second = await create(desk, cellphone=PHONE)
    assert first != second


async def test_failures_of_the_person_keep_their_account_and_lose_their_values(
    desk: "Desk", person: "MakePerson"
) -> None:
    lead_id = await create(desk, cellphone=PHONE)
    receipt = await desk.bring(
        [
            person(1, email=" ADA@EXAMPLE.com "),
            person(2, email="nonsense", cellphone="(415) 555-2671"),
            person(3, email="ada@example.com", Company="x\x00"),
            person(4, cellphone="12"),
            person(5),
        ],
        region="US",
    )
    assert receipt["failed"] == 4
    await erase(desk, lead_id)
    after = await desk.call("GET", f"/v1/imports/{receipt['id']}")
    assert (after["received"], after["imported"], after["failed"]) == (5, 1, 4)
    *gone, kept = after["failures"]
    assert kept == receipt["failures"][3]
    for before, failure in zip(receipt["failures"], gone, strict=False):
        values = dict.fromkeys(("name", "family_name", "email", "cellphone"))
        assert failure == {**before, **values}
    assert not await desk.value("SELECT count(*) FROM import_failures f WHERE f::text ~* 'ada@'")


async def test_failures_under_a_former_email_are_forgotten_too(
    desk: "Desk", person: "MakePerson"
) -> None:
    lead_id = await create(desk, cellphone=PHONE)
    await desk.bring([person(1, email="ada@example.com"), person(2, cellphone=PHONE)])
    for body in ({"email": "king@example.com"}, {"cellphone": None}):
        await desk.call("PATCH", f"/v1/leads/{lead_id}", json=body)
    assert await desk.value("SELECT count(email) FROM import_failures") == 2
    await erase(desk, lead_id)
    assert await desk.rows("SELECT DISTINCT name, email, cellphone FROM import_failures") == [
        (None, None, None)
    ]


@pytest.mark.parametrize("erased", [0, 1], ids=["who had it first", "who had it later"])
async def test_a_failure_is_forgotten_with_each_who_had_its_email(
    desk: "Desk", person: "MakePerson", erased: int
) -> None:
    had_it = [await create(desk)]
    await desk.bring([person(1, email="ada@example.com")])
    await desk.call("PATCH", f"/v1/leads/{had_it[0]}", json={"email": "first@example.com"})
    had_it.append(await create(desk))
    # He changes it, back again, and once more.
    for email in ("second@example.com", "ada@example.com", "second@example.com"):
        await desk.call("PATCH", f"/v1/leads/{had_it[1]}", json={"email": email})
    await erase(desk, had_it[erased])
    assert await desk.rows("SELECT email, email_key FROM import_failures") == [(None, None)]


async def test_what_fails_under_a_former_email_after_the_change_is_forgotten_too(
    desk: "Desk", person: "MakePerson"
) -> None:
    lead_id = await create(desk, cellphone=PHONE)
    for body in ({"email": "king@example.com"}, {"cellphone": "+14155552672"}):
        await desk.call("PATCH", f"/v1/leads/{lead_id}", json=body)
    await desk.bring(
        [
            person(1, email="ada@example.com", cellphone="12"),
            person(2, email="", cellphone=PHONE),
            person(3, email=""),
        ]
    )
    await erase(desk, lead_id)
    assert await desk.rows("SELECT name, email, cellphone FROM import_failures ORDER BY row") == [
        (None, None, None),
        (None, None, None),
        ("Given3", "", person(3)["cellphone"]),
    ]
    assert await desk.value("SELECT count(*) FROM lead_former_keys") == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "mailto:ada@example.com"},
        {"email": "Ada Lovelace <ADA@Example.com>"},
        {"email": "bob@example.com;ada@example.com"},
        {"email": "ada@example.com."},
        {"email": "ada @ example.com"},
        {"email": "Lovelace", "family_name": "ada@example.com"},
        {"email": "", "cellphone": "415 555 2671 / 415 555 2675"},
        {"email": "", "cellphone": "home: (415) 555-2671?!#"},
        {"email": "", "cellphone": 14155552671},
        {"email": {"work": "ada@example.com"}},
        {"email": f"{'x ' * 495}ada@example.com"},  # cut off where it is shown
        {"email": " ".join(f"n{n}@example.com" for n in range(50)), "name": "ada@example.com"},
    ],
    ids=str,
)
async def test_the_person_is_found_in_a_field_that_is_not_valid(
    desk: "Desk", person: "MakePerson", changes: dict[str, object]
) -> None:
    lead_id = await create(desk, cellphone=PHONE)
    receipt = await desk.bring([person(1, **changes), person(2, email="x")], region="US")
    assert receipt["failed"] == 2
    await erase(desk, lead_id)
    assert await desk.rows("SELECT name, email, cellphone FROM import_failures ORDER BY row") == [
        (None, None, None),
        ("Given2", "x", person(2)["cellphone"]),
    ]


@pytest.mark.parametrize(
    "name", ["Ada <ada@example.com>", "call 415 555 2671", "+1 (415) 555-2671"]
)
async def test_the_person_is_found_in_the_name_of_somebody_elses_duplicate(
    desk: "Desk", person: "MakePerson", name: str
) -> None:
    lead_id = await create(desk, cellphone=PHONE)
    await desk.bring([person(1), person(1, name=name), person(1, family_name="Byron")])
    await erase(desk, lead_id)
    assert await desk.rows("SELECT name, email FROM import_failures ORDER BY row") == [
        (None, None),
        ("Given1", person(1)["email"]),
    ]


async def test_the_person_is_found_under_a_national_number_of_no_region(
    desk: "Desk", person: "MakePerson"
) -> None:
    lead_id = await create(desk, cellphone=PHONE)
    numbers = ("(415) 555-2671", "1 415.555.2671 ext. 9", 4155552671, "(415) 555-2672")
    await desk.bring([person(n, cellphone=number) for n, number in enumerate(numbers)])
    await erase(desk, lead_id)
    assert await desk.rows("SELECT cellphone FROM import_failures ORDER BY row") == [
        (None,),
        (None,),
        (None,),
        ("(415) 555-2672",),
    ]


async def test_a_dry_run_that_runs_forgets_the_person_and_keeps_others(desk: "Desk") -> None:
    lead_id = await create(desk, cellphone=PHONE)
    await desk.call("PATCH", f"/v1/leads/{lead_id}", json={"email": "king@example.com"})
    rehearsals, dry_run = RehearsalStore(), uuid7()
    async with desk.database.transaction() as connection:
        await rehearsals.open(connection, dry_run, worker=uuid7())
        await rehearsals.add(
            connection,
            dry_run,
            emails=["ada@example.com", "bob@example.com"],
            cellphones=[PHONE, "+14155552672"],
        )
    await erase(desk, lead_id)
    assert await desk.rows("SELECT key FROM dry_run_keys ORDER BY kind") == [
        ("+14155552672",),
        ("bob@example.com",),
    ]


async def test_the_person_is_found_in_a_row_that_cannot_be_taken_apart(desk: "Desk") -> None:
    lead_id = await create(desk, cellphone=PHONE)
    header = "name,family_name,email,cellphone\n"
    rows = ["Ada,Lovelace,ada@example.com", '"Ada,L,ada@example.com,+1', 'Bob,R,"b@x.com']
    await desk.send((header + "\n".join(rows)).encode())
    shown = "SELECT name, email FROM import_failures ORDER BY row"
    assert await desk.rows(shown) == [
        ("Ada", "ada@example.com"),
        ('"Ada', "ada@example.com"),
        ("Bob", '"b@x.com'),
    ]
    await erase(desk, lead_id)
    assert await desk.rows(shown) == [(None, None), (None, None), ("Bob", '"b@x.com')]


async def test_failures_of_a_person_are_found_by_index(database: Database) -> None:
    rows = """
        INSERT INTO import_failures (import_id, row, reason, codes, email_key, cellphone_key,
                                     mentions)
        SELECT gen_random_uuid(), n, 'r', '{email_exists}', n || '@x.com', '+' || n,
               CASE WHEN n % 1000 = 0 THEN ARRAY[n || '@y.com', '+1' || n] END
        FROM generate_series(1, 50000) AS n
    """
    queries = Queries("import_svc.storage")
    async with database.transaction() as connection:
        await connection.execute(rows)
        await connection.execute("ANALYZE import_failures")
        query = queries["redact_failures_of_lead"]
        await connection.execute(f"PREPARE redact (text[], text[], text[]) AS {query}")
        for plan in ("force_generic_plan", "force_custom_plan"):
            await connection.execute(f"SET LOCAL plan_cache_mode = {plan}")
            lines = await connection.fetch(
                "EXPLAIN EXECUTE redact (ARRAY['7@x.com', '8@x.com'], ARRAY['+7'], ARRAY['#7'])"
            )
            planned = "\n".join(line[0] for line in lines)
            assert "Seq Scan" not in planned, (plan, planned)


class Office:
    """Erases leads where nothing publishes the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._leads, self._outbox = LeadStore(), Outbox()
        self._changes = ChangesAnnouncer(outbox=self._outbox)

    async def add(self, *leads: Lead) -> None:
        async with self._database.transaction() as connection:
            await connection.executemany(Queries("import_svc.storage")["insert_lead"], leads)
            announcer = LeadsAnnouncer(outbox=self._outbox)
            await announcer.announce(connection, announcer.events(NewLeads.of(*leads)))
            await self._changes.updated(connection, leads)

    async def erase(self, lead: Lead) -> None:
        command = EraseLead(
            database=self._database,
            leads=self._leads,
            receipts=ReceiptStore(),
            rehearsals=RehearsalStore(),
            resumes=ResumeStore(),
            delete_files=DeleteFiles(
                database=self._database,
                unreferenced=UnreferencedFiles(),
                files=FileStore(url="file:///nowhere"),
            ),
            announcer=self._changes,
        )
        await command(lead.id, versions=None)

    async def waiting(self) -> list[Any]:
        async with self._database.connection() as connection:
            rows = await connection.fetch("SELECT type, body FROM outbox ORDER BY id")
        return [read_event(Message(id="", type=row["type"], body=row["body"])).data for row in rows]


def imported(number: int) -> Lead:
    now = datetime.now(UTC)
    return Lead(
        id=new_lead_id(),
        name="Ada",
        family_name="Lovelace",
        email=f"Ada{number}@example.com",
        email_key=f"ada{number}@example.com",
        cellphone=f"+1415555{number:04}",
        attributes="{}",
        origin=Origin.IMPORT,
        import_id=IMPORT_ID,
        created_at=now,
        updated_at=now,
        rev=1,
    )


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


@pytest.mark.parametrize("parked", [False, True], ids=["pending", "parked"])
async def test_what_is_not_published_of_the_person_is_withdrawn(
    office: Office, database: Database, *, parked: bool
) -> None:
    one, other = imported(1), imported(2)
    await office.add(one, other)
    if parked:
        async with database.connection() as connection:
            await connection.execute("UPDATE outbox SET parked_at = now()")
    await office.erase(one)
    created, updated, erased = await office.waiting()
    assert isinstance(created, LeadsCreated)
    assert isinstance(updated, LeadUpdated)
    assert isinstance(erased, LeadErased)
    assert [lead.id for lead in created.leads] == [other.id]
    assert updated.lead.id == other.id
    assert (erased.lead.id, erased.lead.rev) == (one.id, 2)
    async with database.connection() as connection:
        assert not await connection.fetchval(
            "SELECT count(*) FROM outbox WHERE encode(body, 'escape') ILIKE '%ada1@%'"
        )


async def test_an_event_about_erased_leads_alone_is_dropped(office: Office) -> None:
    one = imported(1)
    await office.add(one)
    await office.erase(one)
    assert [type(data) for data in await office.waiting()] == [LeadErased]
