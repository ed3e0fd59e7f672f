"""import-svc's events, once, twice and in any order (G7, G8, G11)."""

from typing import TYPE_CHECKING

from uuid_utils.compat import uuid7

from leadwire.broker import Message
from leadwire.contracts import (
    LeadsCreated,
    LeadUpdated,
    Origin,
    new_event,
    read_event,
    to_message,
)
from leadwire.db import Database
from leadwire.testing import eventually
from manager_svc.storage.queries import QUERIES

if TYPE_CHECKING:
    from conftest import Desk

STATES = "SELECT name, contact_rev, status, erased_at IS NOT NULL FROM leads WHERE id = $1"

PARK = """
    INSERT INTO parked (subscription, source, event_id, type, content_type, body, headers, reason,
                        attempts)
    VALUES ('manager-svc', 'test', $1, $2, 'application/json', $3, '{}', 'test', 1)
"""


async def test_an_event_that_comes_twice_has_one_effect(desk: "Desk") -> None:
    anna = await desk.manager(capacity=2)
    contact = desk.contact()
    event = await desk.say(LeadsCreated(origin=Origin.API, import_id=None, leads=(contact,)))
    await desk.mark(contact.id, "interested")
    await desk.publish_again(event)
    await desk.leads(1)  # whatever was published before has been handled
    assert await desk.published_of(contact.id) == ["lead_assigned", "lead_interested_created"]
    assert contact.id not in await desk.holds(anna)


async def test_a_creation_said_again_in_another_event_has_one_effect(desk: "Desk") -> None:
    contact = desk.contact()
    await desk.create(contact)
    await desk.mark(contact.id, "interested")
    await desk.create(contact)
    assert await desk.rows(STATES, contact.id) == [("Name 1", 1, "interested", False)]


async def test_the_newer_contact_data_wins_whatever_comes_last(desk: "Desk") -> None:
    first = desk.contact(rev=1)
    third = desk.contact(rev=3, lead_id=first.id)
    second = desk.contact(rev=2, lead_id=first.id)
    await desk.update(third)
    await desk.create(first)
    await desk.update(second)
    assert await desk.rows(STATES, first.id) == [("Name 3", 3, "pending", False)]


async def test_events_are_taken_in_one_by_one_so_that_the_oldest_leads_come_first(
    desk: "Desk", database: Database
) -> None:
    """Nobody overtakes an event that waits for the matching lock."""
    anna = await desk.manager()
    contacts = [desk.contact(age=age) for age in range(5, 0, -1)]
    async with database.transaction() as matching:
        await matching.execute(QUERIES["take_matching_lock"])
        for contact in contacts:
            await desk.publish(LeadsCreated(origin=Origin.API, import_id=None, leads=(contact,)))
        await eventually(lambda: _waiting(desk))
        # A second one would come as fast as the first did.
        assert {await _waiting(desk) for _ in range(50)} == {1}
    await desk.leads(len(contacts))
    assert await desk.holds(anna) == [contacts[0].id]


async def _waiting(desk: "Desk") -> int:
    return int(
        await desk.value(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    )


async def test_an_update_before_the_creation_brings_the_lead(desk: "Desk") -> None:
    anna = await desk.manager()
    contact = desk.contact(rev=2)
    await desk.update(contact)
    assert await desk.holds(anna) == [contact.id]


async def test_a_contact_s_rev_may_outgrow_32_bits(desk: "Desk") -> None:
    """The contract sets no limit: what the projection takes, this service takes."""
    contact = desk.contact(rev=2**31)
    await desk.create(contact)
    assert await desk.rows(STATES, contact.id) == [(f"Name {2**31}", 2**31, "pending", False)]
    await desk.erase(contact.id, rev=2**31 + 1)
    assert await desk.rows(STATES, contact.id) == [(None, 2**31 + 1, "pending", True)]


async def test_one_event_may_name_a_lead_twice(desk: "Desk") -> None:
    newer = desk.contact(rev=2)
    await desk.create(newer, desk.contact(rev=1, lead_id=newer.id))
    assert await desk.rows(STATES, newer.id) == [("Name 2", 2, "pending", False)]


async def test_an_erased_lead_leaves_only_a_tombstone(desk: "Desk") -> None:
    contact = desk.contact()
    await desk.create(contact)
    await desk.erase(contact.id)
    query = "SELECT num_nonnulls(name, family_name, email, cellphone), erased_at IS NULL FROM leads"
    assert await desk.rows(query) == [(0, False)]
    for path in (f"/v1/leads/{contact.id}/history",):
        assert (await desk.call("GET", path, 404))["code"] == "lead_not_found"
    assert (await desk.mark(contact.id, "interested", 404))["code"] == "lead_not_found"
    assert await desk.holds(await desk.manager()) == []


async def test_an_erasure_frees_the_manager_for_the_next_lead(desk: "Desk") -> None:
    anna = await desk.manager()
    first, second = await desk.leads(2)
    await desk.erase(first)
    assert await desk.holds(anna) == [second]
    assert await desk.published_of(first) == ["lead_assigned", "lead_released"]


async def test_nothing_brings_back_what_was_erased_before_it_was_known(desk: "Desk") -> None:
    anna = await desk.manager()
    contact = desk.contact()
    await desk.erase(contact.id)
    await desk.create(contact)
    await desk.update(desk.contact(rev=12, lead_id=contact.id))
    assert await desk.rows(STATES, contact.id) == [(None, 9, "pending", True)]
    assert await desk.holds(anna) == []


async def test_a_decided_lead_can_be_erased_and_erased_again(desk: "Desk") -> None:
    (lead,) = await desk.leads(1)
    await desk.mark(lead, "interested")
    await desk.erase(lead)
    await desk.erase(lead)
    assert await desk.published_of(lead) == ["lead_interested_created"]


async def test_what_people_said_of_a_lead_is_erased_with_it(
    desk: "Desk", database: Database
) -> None:
    """Also what nobody has published yet; that somebody held the lead is told all the same."""
    anna = await desk.manager()
    (lead,) = await desk.leads(1)
    words = {"reason": "Ada speaks Polish"}
    await desk.call("DELETE", f"/v1/leads/{lead}/assignee", params=words)
    body = {"manager_id": anna["id"], **words}
    await desk.call("PUT", f"/v1/leads/{lead}/assignee", json=body)
    await desk.mark(lead, "reached_out", reason="spoke to Ada")
    async with database.transaction() as connection:  # as if the relay had not come to it
        await connection.execute(
            "INSERT INTO outbox (event_id, aggregate_id, type, content_type, body, headers, "
            "parked_at) SELECT id::text, lead_id, what, 'application/json', "
            "convert_to(lead_id::text, 'UTF8'), '{}', now() FROM lead_history"
        )
    await desk.erase(lead)
    kept = await desk.rows("SELECT what, rule, reason FROM lead_history ORDER BY id")
    assert kept == [
        ("lead_assigned", "oldest_first", None),
        ("lead_released", "given_back", None),
        ("lead_assigned", "by_hand", None),
        ("lead_reached_out", None, None),
        ("lead_released", "lead_erased", None),
    ]
    unpublished = await desk.rows("SELECT DISTINCT type FROM outbox WHERE parked_at IS NOT NULL")
    assert sorted(unpublished) == [("lead_assigned",), ("lead_released",)]


async def test_parked_events_lose_the_erased_lead_and_keep_the_others(desk: "Desk") -> None:
    gone, stays = desk.contact(), desk.contact()
    both = new_event(
        LeadsCreated(origin=Origin.IMPORT, import_id=None, leads=(gone, stays)), source="test"
    )
    alone = new_event(LeadUpdated(lead=gone), source="test", subject=gone.id)
    for event in (both, alone):
        body = to_message(event).body
        await desk.rows(PARK, str(event.id), event.type.value, body)
    await desk.erase(gone.id)
    ((body,),) = await desk.rows("SELECT body FROM parked")
    data = read_event(Message(id="", type="leads_created", body=body)).data
    assert isinstance(data, LeadsCreated)
    assert [lead.id for lead in data.leads] == [stays.id]


async def test_a_bulk_event_is_taken_in_few_statements(desk: "Desk") -> None:
    """Two hundred leads for as many managers must not take hundreds of round trips."""
    await desk.manager(capacity=200)
    contacts = [desk.contact(age=200 - number) for number in range(200)]
    before = await desk.value("SELECT count(*) FROM lead_history")
    await desk.create(*contacts)
    assert await desk.value("SELECT count(*) FROM lead_history") - before == 200
    order = [row[0] for row in await desk.rows("SELECT lead_id FROM lead_history ORDER BY id")]
    assert order == [contact.id for contact in contacts]
    revs = await desk.rows("SELECT DISTINCT rev, assigned_at = updated_at FROM leads")
    assert revs == [(1, True)]


async def test_what_cannot_be_read_is_parked_with_its_reason(desk: "Desk") -> None:
    broken = Message(id=str(uuid7()), type="leads_created", body=b"{")
    await desk._broker.publish([broken], only="manager-svc")
    await eventually(lambda: desk.value("SELECT count(*) FROM parked"))
    ((event_id, reason),) = await desk.rows("SELECT event_id, reason FROM parked")
    assert event_id == broken.id
    assert "JSON" in reason


async def test_an_update_of_a_held_lead_shows_at_its_manager(desk: "Desk") -> None:
    anna = await desk.manager()
    (lead,) = await desk.leads(1)
    await desk.say(LeadUpdated(lead=desk.contact(rev=2, lead_id=lead)))
    shown = await desk.call("GET", f"/v1/managers/{anna['id']}")
    assert shown["leads"][0]["name"] == "Name 2"
    assert shown["leads"][0]["tags"] == {"work": "work-1"}
