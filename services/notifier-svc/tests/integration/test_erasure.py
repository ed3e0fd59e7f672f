"""An erased lead's personal data is gone from everything that notifier-svc keeps (G11)."""

import asyncio
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from structlog.testing import capture_logs

from leadwire.broker import Message
from leadwire.contracts import (
    Contact,
    InterestedLead,
    LeadInterestedCreated,
    LeadsCreated,
    LeadStatus,
    LeadUpdated,
    ManagerRef,
    Origin,
    Work,
    new_event,
    to_message,
)
from leadwire.db import Database
from leadwire.testing import eventually
from notifier_svc.mail import Letters
from notifier_svc.messaging.events import SUBSCRIPTION
from notifier_svc.storage.journal import JournalStore
from notifier_svc.usecases.plan_emails import EmailPlanner

if TYPE_CHECKING:
    from conftest import Office

WAITING = (
    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
    "WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
)
TABLES = ("journal", "deliveries", "parked", "outbox")


async def tables_that_name(office: "Office", text: str) -> list[str]:
    """Name the tables in whose rows the text stands, in any column."""
    found = []
    for table in TABLES:
        query = (
            f"SELECT count(*) FROM {table} AS row "  # noqa: S608 - names from above
            "WHERE row::text LIKE '%' || $1 || '%' "
            "OR encode(coalesce((to_jsonb(row) ->> 'body'), '')::bytea, 'escape') "
            "LIKE '%' || $1 || '%' OR row::text LIKE '%' || encode($1::bytea, 'hex') || '%'"
        )
        if await office.value(query, text):
            found.append(table)
    return found


def interested(lead: Contact) -> LeadInterestedCreated:
    moment = lead.created_at
    return LeadInterestedCreated(
        lead=InterestedLead(**lead.model_dump(include=set(InterestedLead.model_fields))),
        manager=ManagerRef(id=lead.id, name="Grace"),
        marked_at=moment,
        work=Work(
            id=lead.id,
            status=LeadStatus.INTERESTED,
            manager_id=None,
            assigned_at=None,
            decided_at=moment,
            updated_at=moment,
            rev=3,
        ),
    )


async def test_nothing_personal_is_left_and_other_leads_stay(office: "Office") -> None:
    gone, stays = office.contact(), office.contact()
    created = await office.create(gone, stays)
    await office.say(LeadUpdated(lead=gone), subject=gone.id)
    await office.say(interested(gone), subject=gone.id)
    await office.publish(Message(id="p", type="x", body=f"broken {gone.id}, {gone.email}".encode()))
    await eventually(lambda: all_delivered(office, 4))
    assert await tables_that_name(office, gone.email) == ["journal", "deliveries", "parked"]

    erased = await office.erase(gone.id)

    assert await tables_that_name(office, gone.email) == []
    assert await tables_that_name(office, stays.email) == ["journal", "deliveries"]
    items = {item["id"]: item for item in await office.journal()}
    assert len(items) == 4
    [kept] = items[str(created.id)]["event"]["data"]["leads"]
    assert kept["id"] == str(stays.id)
    assert items[str(erased.id)]["event"]["subject"] == str(gone.id)
    assert [item["event"] for item in items.values()].count(None) == 2
    assert sum(item["redacted_at"] is not None for item in items.values()) == 3


async def test_a_parked_import_keeps_its_other_leads(office: "Office") -> None:
    gone, stays = office.contact(), office.contact()
    created = new_event(
        LeadsCreated(origin=Origin.FORM, import_id=None, leads=(gone, stays)), source="test"
    )
    unreadable = to_message(created).body.replace(b'"origin":"form"', b'"origin":"nowhere"')
    await office.publish(Message(id=str(created.id), type="leads_created", body=unreadable))
    await office.erase(gone.id)
    assert await tables_that_name(office, gone.email) == []
    assert await tables_that_name(office, stays.email) == ["journal", "parked"]


async def test_emails_that_were_not_sent_yet_are_not_sent_any_more(office: "Office") -> None:
    office.mailbox.write_text("a file where the directory should be")
    lead = office.contact()
    await office.create(lead)
    await eventually(lambda: has_failed(office))
    await office.erase(lead.id)
    deliveries = await office.deliveries()
    assert [(one["status"], one["recipient"]) for one in deliveries] == [("cancelled", None)] * 2


async def test_events_that_come_after_the_erasure_are_redacted_on_arrival(office: "Office") -> None:
    gone, stays = office.contact(), office.contact()
    await office.erase(gone.id)
    await office.create(gone)
    await office.create(gone, stays)
    await office.say(interested(gone), subject=gone.id)
    assert await tables_that_name(office, gone.email) == []
    _, alone, together, about = await office.journal()
    assert (alone["event"], about["event"]) == (None, None)
    assert [lead["id"] for lead in together["event"]["data"]["leads"]] == [str(stays.id)]
    recipients = {one["lead_id"] for one in await office.deliveries()}
    assert recipients == {str(stays.id)}


async def test_an_erasure_that_is_said_again_keeps_nobody_from_recording(
    office: "Office", database: Database
) -> None:
    gone, other = office.contact(), office.contact()
    await office.erase(gone.id)
    async with database.transaction() as recording:
        await JournalStore(connection=recording).lock_for_recording()
        await office.erase(gone.id)
        await office.create(other)
        erasing = asyncio.create_task(office.erase(other.id))
        await eventually(lambda: erasure_waits(office))
    await erasing
    assert await tables_that_name(office, other.email) == []


async def test_what_is_set_aside_after_an_erasure_tells_nothing_of_it(office: "Office") -> None:
    gone = office.contact()
    await office.erase(gone.id)
    await publish_withheld(office, unreadable(gone))
    assert await tables_that_name(office, gone.email) == []


async def test_a_creation_that_cannot_be_read_is_redacted_whole(office: "Office") -> None:
    gone = office.contact()
    await office.publish(unreadable(gone))
    assert await tables_that_name(office, gone.email) == ["journal", "parked"]
    await office.erase(gone.id)
    assert await tables_that_name(office, gone.email) == []
    await publish_withheld(office, unreadable(gone))
    created = await office.journal(type="leads_created")
    assert [item["event"] for item in created] == [None, None]


async def test_handlers_that_wait_for_an_erasure_leave_connections_to_others(
    office: "Office", database: Database
) -> None:
    messages = [
        to_message(new_event(LeadUpdated(lead=office.contact()), source="s")) for _ in range(20)
    ]
    async with database.transaction() as connection:
        await JournalStore(connection=connection).lock_for_erasure()
        await office.publish_all(messages)

        async def all_wait() -> bool:
            return bool(await office.value(WAITING) == SUBSCRIPTION.prefetch)

        await eventually(all_wait)
        assert await office.journal() == []

    async def all_taken() -> bool:
        return len(await office.journal()) == len(messages)

    await eventually(all_taken)


async def test_another_teams_event_goes_whole_if_it_names_the_lead_anywhere(
    office: "Office",
) -> None:
    gone, stays = office.contact(), office.contact()
    await office.publish(_quote(gone))
    await office.publish(_quote(stays))
    assert await tables_that_name(office, gone.email) == ["journal"]
    await office.erase(gone.id)
    await office.publish(_quote(gone))
    assert await tables_that_name(office, gone.email) == []
    assert await tables_that_name(office, stays.email) == ["journal"]
    quotes = await office.journal(type="quote_sent")
    assert [item["event"] is None for item in quotes] == [True, False, True]
    assert all(item["redacted_at"] for item in quotes if item["event"] is None)


def _quote(lead: Contact) -> Message:
    """Another team's event, about something else, with the lead's id as they write it."""
    event_id = str(uuid4())
    envelope = {
        "specversion": "1.0",
        "id": event_id,
        "source": "sales",
        "type": "quote_sent",
        "subject": "quote-7",
        "data": {"to": {"lead": lead.id.hex, "email": lead.email}},
    }
    return Message(id=event_id, type="quote_sent", body=json.dumps(envelope).encode())


def unreadable(lead: Contact) -> Message:
    """A `leads_created` whose leads are not where its type says."""
    fields = lead.model_dump(mode="json")
    event_id = str(uuid4())
    envelope = {
        "specversion": "1.0",
        "id": event_id,
        "source": "leadwire/import-svc",
        "type": "leads_created",
        "data": {"lead": fields},
    }
    return Message(id=event_id, type="leads_created", body=json.dumps(envelope).encode())


async def publish_withheld(office: "Office", message: Message) -> None:
    """Publish what cannot be handled, and of which nothing may be set aside."""
    with capture_logs() as told:
        await office.publish_all([message])
        await eventually(
            lambda: any(
                each["event"] == "parked_event_withheld" and each["event_id"] == message.id
                for each in told
            )
        )


async def all_delivered(office: "Office", count: int) -> bool:
    return len(await office.deliveries(status="delivered")) == count


async def erasure_waits(office: "Office") -> bool:
    return bool(await office.value(f"{WAITING} AND mode = 'ExclusiveLock'"))


async def has_failed(office: "Office") -> list[dict[str, Any]]:
    return [one for one in await office.deliveries(status="pending") if one["last_error"]]


async def test_no_email_is_planned_past_an_erasure_that_is_under_way(office: "Office") -> None:
    lead = office.contact()
    planner = EmailPlanner(letters=Letters(), alert_to="sales@example.com")

    async def plan() -> None:
        async with office.database.transaction() as connection:
            await planner.plan(connection, [lead], source="s", event_id="e")

    async with office.database.transaction() as erasing:
        journal = JournalStore(connection=erasing)
        await journal.lock_for_erasure()
        await journal.remember_erasure(lead.id)
        planning = asyncio.create_task(plan())

        async def waits() -> bool:
            return planning.done() or bool(await office.value(WAITING))

        await eventually(waits)
    await planning
    assert await office.deliveries() == []


async def test_emails_that_were_written_as_files_go_with_their_lead(office: "Office") -> None:
    erased, kept = office.contact(), office.contact()
    await office.create(erased, kept)

    async def are_written() -> bool:
        return len(await office.deliveries(status="delivered")) == 4

    await eventually(are_written)
    await office.erase(erased.id)
    assert {path.name.split(".")[1] for path in office.mailbox.glob("*.eml")} == {str(kept.id)}


async def test_a_file_that_was_written_while_its_lead_was_erased_goes_with_the_next_round(
    office: "Office",
) -> None:
    lead, other = office.contact(), office.contact()
    await office.erase(lead.id)
    office.mailbox.mkdir(exist_ok=True)
    late, theirs = (office.mailbox / f"e1.{each.id}.alert.eml" for each in (lead, other))
    for path in (late, theirs):
        path.write_text(f"To: {lead.email}")
    await office.keep_house()
    assert not late.exists()
    assert theirs.exists()
