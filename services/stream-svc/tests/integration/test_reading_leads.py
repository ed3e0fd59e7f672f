"""Lists, single leads and counts, through HTTP."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from uuid_utils.compat import uuid7

from leadwire.broker import Message
from leadwire.contracts import (
    LeadStatus,
    LeadUpdated,
    LeadWorkUpdated,
    ManagerRef,
    new_event,
    to_message,
)
from leadwire.testing import eventually

if TYPE_CHECKING:
    from conftest import Arrives, MakeContact, MakeWork, MakeWorkEvent, StreamService

PARK = """
    INSERT INTO parked (subscription, source, event_id, type, content_type, body, headers, reason,
                        attempts)
    VALUES ('stream-svc', 'test', $1, $2, 'application/json', $3, '{}', 'test', 1)
"""


async def test_a_lead_is_read_as_the_design_says(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork", arrives: "Arrives"
) -> None:
    contact = make_contact(
        name="Zoë",
        cellphone="+14155550100",
        attributes={"City": "Köln\u2028", "note": 'a "quote"'},
        import_id=uuid7(),
    )
    manager_id = uuid7()
    await service.publisher.created(contact)
    await service.publisher.worked(make_work(contact.id, 2, manager_id=manager_id))
    await arrives({contact.id: 3})

    lead = await service.get(f"/v1/leads/{contact.id}")

    assert lead["name"] == "Zoë"
    assert lead["attributes"] == contact.attributes
    assert lead["status"] == "pending"
    assert lead["manager"] == {"id": str(manager_id), "name": "Grace"}
    assert lead["import_id"] == str(contact.import_id)
    assert lead["rev"] == 3
    assert lead["tags"] == {"contact": "contact-1", "work": "work-2"}


async def test_sides_may_come_in_any_order_and_twice(
    service: "StreamService",
    make_contact: "MakeContact",
    make_work: "MakeWork",
    make_work_event: "MakeWorkEvent",
    arrives: "Arrives",
) -> None:
    lead_id, manager_id = uuid7(), uuid7()
    publisher = service.publisher
    late = make_work_event(make_work(lead_id, 1, manager_id=manager_id))
    newest = make_work_event(make_work(lead_id, 3, status=LeadStatus.REACHED_OUT))
    await publisher.publish(newest, late, repeat=2)
    await publisher.updated(make_contact(lead_id, rev=2, name="Newer"))
    await publisher.created(make_contact(lead_id, rev=1, name="Older"))
    await arrives({lead_id: 5})
    await service.publisher.created(make_contact())
    await service.stored(2)

    lead = await service.get(f"/v1/leads/{lead_id}")

    assert lead["name"] == "Newer"
    assert lead["status"] == "reached_out"
    assert lead["rev"] == 5


async def test_work_that_is_said_again_is_taken_by_who_lost_it_and_dropped_by_who_has_it(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork", arrives: "Arrives"
) -> None:
    known, lost, manager_id = make_contact(), make_contact(), uuid7()
    await service.publisher.created(known, lost)
    held = make_work(known.id, 3, manager_id=manager_id)
    await service.publisher.worked(held)
    await arrives({known.id: 4, lost.id: 1})
    before = await service.get(f"/v1/leads/{known.id}")
    position = await service.position()

    decided = make_work(lost.id, 5, status=LeadStatus.INTERESTED)
    await service.publisher.publish(
        LeadWorkUpdated(
            lead=held, manager=ManagerRef(id=manager_id, name="Grace"), actor="resync", reason=None
        ),
        LeadWorkUpdated(lead=decided, manager=None, actor="resync", reason=None),
    )
    await arrives({lost.id: 6})

    assert (await service.get(f"/v1/leads/{lost.id}"))["status"] == "interested"
    assert await service.get(f"/v1/leads/{known.id}") == before
    assert await service.position() == position + 1  # one lead changed


async def test_a_lead_with_only_a_work_side_is_not_there(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    hidden = uuid4()
    await service.publisher.worked(make_work(hidden, 1))
    await service.publisher.created(make_contact())
    await service.stored(1)

    assert await service.problem(f"/v1/leads/{hidden}") == (404, "lead_not_found")
    assert len((await service.get("/v1/leads"))["items"]) == 1


async def test_an_erased_lead_is_gone_from_every_table(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork", arrives: "Arrives"
) -> None:
    contact = make_contact(name="Secretname", email="secret@hidden.example")
    lost = make_contact(name="Secretname")
    await service.publisher.created(contact, lost)
    await service.publisher.worked(make_work(contact.id, 1, manager_id=uuid7()))
    await arrives({contact.id: 2, lost.id: 1})

    parked = to_message(new_event(LeadUpdated(lead=contact), source="test", subject=contact.id))
    async with service.database() as database, database.connection() as connection:
        await connection.execute(PARK, parked.id, parked.type, parked.body)
        await connection.execute("DELETE FROM leads WHERE id = $1", lost.id)

    await service.publisher.erased(lost.id, 2)
    await service.publisher.erased(contact.id, 2)
    await service.stored(0)
    await service.publisher.updated(make_contact(contact.id, rev=3, name="Secretname"))
    other = make_contact()
    await service.publisher.created(other)
    await arrives({other.id: 1})

    assert await service.problem(f"/v1/leads/{contact.id}") == (404, "lead_not_found")
    async with service.database() as database, database.connection() as connection:
        rows = await connection.fetch(
            "SELECT leads::text AS content FROM leads UNION ALL SELECT changes::text FROM changes"
        )
        content = " ".join(row["content"] for row in rows)
        assert str(contact.id) in content
        assert "Secretname" not in content
        assert await connection.fetchval("SELECT count(*) FROM parked") == 0
        assert "hidden.example" not in content
        assert await connection.fetchval("SELECT erased FROM leads WHERE id = $1", contact.id)


async def test_events_that_wait_are_taken_together(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    """Hundreds of events a transaction when behind: the log has all, in few of them."""
    contacts = [make_contact() for _ in range(300)]
    await service.publisher.publish(*(LeadUpdated(lead=each) for each in contacts))
    await service.stored(300)
    async with service.database() as database, database.connection() as connection:
        row = await connection.fetchrow(
            "SELECT count(*), max(pos), count(DISTINCT xmin::text) AS transactions FROM changes"
        )
    assert row is not None
    assert (row["count"], row["max"]) == (300, 300)
    assert row["transactions"] < 30


async def test_the_lag_of_the_projection_is_measured(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    """From the event's time on, which is before it lay in the queue."""
    event = new_event(LeadUpdated(lead=make_contact()), source="test")
    old = event.model_copy(update={"time": event.time - timedelta(seconds=40)})
    await service.publisher.broker.publish([to_message(old)])
    await service.stored(1)
    async with service.client.get("/metrics") as response:
        text = await response.text()
    name = "leadwire_projection_lag_seconds_bucket"
    assert f'{name}{{le="30.0",service="stream-svc"}} 0.0' in text
    assert f'{name}{{le="60.0",service="stream-svc"}} 1.0' in text


async def test_an_event_of_an_unknown_type_is_ignored(
    service: "StreamService", make_contact: "MakeContact", arrives: "Arrives"
) -> None:
    stranger = Message(id=str(uuid7()), type="lead_promoted", body=b"not even JSON")
    await service.publisher.broker.publish([stranger])
    contact = make_contact()
    await service.publisher.created(contact)
    await arrives({contact.id: 1})
    async with service.database() as database, database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM parked") == 0


async def test_an_event_that_cannot_be_read_is_parked(service: "StreamService") -> None:
    broken = Message(id=str(uuid7()), type="leads_created", body=b"{}")
    await service.publisher.broker.publish([broken])
    async with service.database() as database:

        async def parked() -> bool:
            async with database.connection() as connection:
                return bool(await connection.fetchval("SELECT count(*) = 1 FROM parked"))

        await eventually(parked)


async def test_a_manager_s_new_name_shows_on_the_leads_he_holds(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork", arrives: "Arrives"
) -> None:
    contact, manager_id = make_contact(), uuid7()
    await service.publisher.created(contact)
    await service.publisher.worked(make_work(contact.id, 1, manager_id=manager_id), "Grace")
    await arrives({contact.id: 2})

    await service.publisher.manager(manager_id, "Grace Hopper", 2)

    async def renamed() -> bool:
        lead = await service.get(f"/v1/leads/{contact.id}")
        return bool(lead["manager"]["name"] == "Grace Hopper")

    await eventually(renamed)
    await service.publisher.manager(manager_id, "Old name", 1)
    await service.publisher.worked(make_work(contact.id, 2, manager_id=manager_id), "Old name")
    await arrives({contact.id: 3})
    assert (await service.get(f"/v1/leads/{contact.id}"))["manager"]["name"] == "Grace Hopper"


async def test_pages_follow_each_other_without_gap_or_repetition(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    contacts = [make_contact() for _ in range(25)]
    await service.publisher.created(*contacts)
    await service.stored(25)

    seen, cursor = [], None
    while True:
        page = await service.get("/v1/leads", limit="10", **({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == [str(contact.id) for contact in contacts]


async def test_lists_and_counts_take_the_filters(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork", arrives: "Arrives"
) -> None:
    free, held, done = (make_contact() for _ in range(3))
    await service.publisher.created(free, held, done)
    await service.publisher.worked(make_work(held.id, 1, manager_id=uuid7()))
    await service.publisher.worked(make_work(done.id, 1, status=LeadStatus.INTERESTED))
    await arrives({held.id: 2, done.id: 2})

    async def ids(**params: str) -> set[str]:
        return {item["id"] for item in (await service.get("/v1/leads", **params))["items"]}

    assert await ids(status="pending") == {str(free.id), str(held.id)}
    assert await ids(status="pending,interested", assigned="false") == {
        str(free.id),
        str(done.id),
    }
    assert await ids(assigned="true") == {str(held.id)}
    assert await service.get("/v1/leads/count", assigned="false") == {
        "total": 2,
        "by_status": {"pending": 1, "reached_out": 0, "interested": 1, "not_interested": 0},
    }


async def test_bad_parameters_are_refused_with_a_code(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    await service.publisher.created(*(make_contact() for _ in range(3)))
    await service.stored(3)
    page = await service.get("/v1/leads", limit="1")

    refused = {
        "unknown": await service.problem("/v1/leads", colour="red"),
        "zero": await service.problem("/v1/leads", limit="0"),
        "many": await service.problem("/v1/leads", limit="1001"),
        "status": await service.problem("/v1/leads", status="sleeping"),
        "id": await service.problem("/v1/leads/not-an-id"),
        "tag": await service.problem(f"/v1/leads/{uuid7()}", at_least="lead-1"),
        "cursor": await service.problem("/v1/leads", cursor="nonsense"),
        "foreign": await service.problem("/v1/leads", cursor=page["next_cursor"], status="pending"),
    }

    assert refused == {
        "unknown": (400, "invalid_request"),
        "zero": (400, "invalid_request"),
        "many": (400, "invalid_request"),
        "status": (400, "invalid_request"),
        "id": (400, "invalid_request"),
        "tag": (400, "invalid_request"),
        "cursor": (400, "invalid_cursor"),
        "foreign": (400, "invalid_cursor"),
    }


async def test_a_lead_made_a_moment_ago_is_waited_for(
    service: "StreamService", make_contact: "MakeContact", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream_svc.usecases.read_lead.ARRIVES_WITHIN", 60.0)
    contact = make_contact()
    reading = asyncio.create_task(service.get(f"/v1/leads/{contact.id}"))
    await eventually(lambda: _is_waiting(service))
    assert not reading.done()
    await service.publisher.created(contact)
    assert (await reading)["id"] == str(contact.id)


async def test_an_old_or_foreign_id_is_not_waited_for(
    service: "StreamService", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream_svc.usecases.read_lead.ARRIVES_WITHIN", 300.0)
    async with asyncio.timeout(20):
        assert await service.problem(f"/v1/leads/{uuid4()}") == (404, "lead_not_found")


async def test_at_least_waits_for_a_state_and_says_when_it_does_not_come(
    service: "StreamService",
    make_contact: "MakeContact",
    make_work: "MakeWork",
    arrives: "Arrives",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contact = make_contact()
    await service.publisher.created(contact)
    await arrives({contact.id: 1})
    path = f"/v1/leads/{contact.id}"

    with monkeypatch.context() as patient:
        patient.setattr("stream_svc.usecases.read_lead.ARRIVES_WITHIN", 60.0)
        reading = asyncio.create_task(service.get(path, at_least="work-1"))
        await eventually(lambda: _is_waiting(service))
        await service.publisher.worked(make_work(contact.id, 1, manager_id=uuid7()))
        assert (await reading)["tags"]["work"] == "work-1"
    assert (await service.get(path, at_least="contact-1"))["rev"] == 2
    assert await service.problem(path, at_least="work-2") == (503, "projection_behind")


async def _is_waiting(service: "StreamService") -> bool:
    async with service.client.get("/metrics") as response:
        return 'leadwire_reads_waiting{service="stream-svc"} 1.0' in await response.text()


async def test_a_lead_whose_state_is_named_and_that_is_not_here_is_behind_not_absent(
    service: "StreamService",
) -> None:
    """A tag is the answer to a write: whoever names one knows that the lead is there."""
    path = f"/v1/leads/{uuid7()}"
    assert await service.problem(path, at_least="contact-1") == (503, "projection_behind")
