"""The stream's protocol, through HTTP."""

from typing import TYPE_CHECKING

from uuid_utils.compat import uuid7

from leadwire.contracts import (
    Contact,
    EventData,
    InterestedLead,
    LeadInterestedCreated,
    LeadNotInterestedCreated,
    LeadStatus,
    Work,
)
from leadwire.testing import eventually

if TYPE_CHECKING:
    from conftest import Frame, MakeContact, MakeWork, StartService, StreamService


def kinds(frames: "list[Frame]") -> list[str]:
    return [frame["type"] for frame in frames]


async def test_a_snapshot_begins_with_hello_and_a_mark_and_ends_with_its_count(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    contacts = [make_contact() for _ in range(3)]
    await service.publisher.created(*contacts)
    await service.stored(3)

    frames = await service.snapshot()

    assert kinds(frames) == ["hello", "mark", "put", "put", "put", "mark", "synced", "end"]
    assert frames[0]["protocol"] == 1
    assert frames[0]["heartbeat_s"] == 15
    assert [frame["id"] for frame in frames[2:5]] == [str(each.id) for each in contacts]
    assert frames[-1]["count"] == 3
    read = await service.get(f"/v1/leads/{contacts[0].id}")
    assert frames[2] == {
        "type": "put",
        "id": read["id"],
        "rev": read["rev"],
        "why": "snapshot",
        "lead": read,
    }


async def test_an_empty_projection_streams_nothing_and_says_so(service: "StreamService") -> None:
    assert kinds(await service.snapshot()) == ["hello", "mark", "mark", "synced", "end"]


async def test_a_snapshot_takes_the_filters(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    held, free = make_contact(), make_contact()
    await service.publisher.created(held, free)
    await service.publisher.worked(make_work(held.id, 1, manager_id=uuid7()))
    await service.stored(1, assigned="true")

    frames = await service.snapshot(assigned="true", status="pending")

    assert [frame["id"] for frame in frames if frame["type"] == "put"] == [str(held.id)]
    assert frames[-1] == {"type": "end", "count": 1}


async def test_a_follower_is_told_of_what_enters_changes_and_leaves(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    first, second = make_contact(), make_contact()
    await service.publisher.created(first)
    await service.stored(1)
    async with service.stream(follow="true", status="pending") as stream:
        await stream.until("synced")

        await service.publisher.created(second)
        [entered, mark] = await stream.until("mark")
        assert (entered["id"], entered["why"]) == (str(second.id), "enter")
        assert 0 <= mark["lag_ms"] < 60_000

        await service.publisher.worked(make_work(first.id, 1, manager_id=uuid7()))
        [changed, _] = await stream.until("mark")
        assert (changed["id"], changed["why"], changed["rev"]) == (str(first.id), "change", 2)

        await service.publisher.worked(make_work(first.id, 2, status=LeadStatus.REACHED_OUT))
        [left, _] = await stream.until("mark")
        assert left == {"type": "gone", "id": str(first.id), "rev": 3, "why": "left"}

        await service.publisher.erased(second.id, 2)
        [erased, _] = await stream.until("mark")
        assert erased == {"type": "gone", "id": str(second.id), "rev": 2, "why": "erased"}


async def test_a_corrected_decision_moves_the_lead_whatever_is_said_again_later(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    contact, other = make_contact(), make_contact()
    decided, corrected, once_more = (
        _decision(make_work(contact.id, rev, status=status), contact)
        for rev, status in enumerate(
            (LeadStatus.INTERESTED, LeadStatus.NOT_INTERESTED, LeadStatus.INTERESTED), start=1
        )
    )
    await service.publisher.created(contact)
    await service.stored(1)
    async with service.stream(follow="true", status="interested") as stream:
        await stream.until("synced")

        await service.publisher.publish(decided)
        [entered, _] = await stream.until("mark")
        assert (entered["lead"]["status"], entered["rev"]) == ("interested", 2)

        await service.publisher.publish(corrected)
        [left, _] = await stream.until("mark")
        assert left == {"type": "gone", "id": str(contact.id), "rev": 3, "why": "left"}

        await service.publisher.publish(decided)  # late, and under another id
        await service.publisher.created(other)
        await service.stored(2)
        assert (await service.get(f"/v1/leads/{contact.id}"))["status"] == "not_interested"

        await service.publisher.publish(once_more)
        found = await stream.until("put")
        assert {frame["type"] for frame in found[:-1]} <= {"mark"}
        assert (found[-1]["why"], found[-1]["rev"]) == ("enter", 4)


def _decision(work: Work, contact: Contact) -> EventData:
    if work.status is LeadStatus.NOT_INTERESTED:
        return LeadNotInterestedCreated(lead=work, manager=None, actor="test", reason="a slip")
    lead = InterestedLead.model_validate(contact.model_dump())
    return LeadInterestedCreated(lead=lead, manager=None, marked_at=work.updated_at, work=work)


async def test_a_manager_s_new_name_is_told_with_the_rev_that_the_lead_has(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    """Neither side of the lead changed: see docs/adr/0008-a-new-name-keeps-the-rev.md."""
    contact, manager_id = make_contact(), uuid7()
    await service.publisher.created(contact)
    await service.publisher.worked(make_work(contact.id, 1, manager_id=manager_id), "Grace")
    await service.stored(1, assigned="true")
    before = await service.get(f"/v1/leads/{contact.id}")
    async with service.stream(follow="true", start="now", assigned="true") as stream:
        await stream.until("synced")

        await service.publisher.manager(manager_id, "Grace Hopper", 2)

        [renamed, _] = await stream.until("mark")
        assert renamed == {
            "type": "put",
            "id": str(contact.id),
            "rev": 2,
            "why": "change",
            "lead": before | {"manager": {"id": str(manager_id), "name": "Grace Hopper"}},
        }


async def test_starting_now_tells_only_of_what_changes_from_now_on(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    old, new = make_contact(), make_contact()
    await service.publisher.created(old)
    await service.stored(1)
    async with service.stream(follow="true", start="now") as stream:
        assert kinds(await stream.until("synced")) == ["hello", "mark", "mark", "synced"]
        await service.publisher.created(new)
        assert (await stream.frame())["id"] == str(new.id)


async def test_a_silent_stream_sends_marks_that_move_on(
    start_service: "StartService", make_contact: "MakeContact"
) -> None:
    service = await start_service(heartbeat_s=0.1)
    async with service.stream(follow="true", status="interested") as stream:
        first = (await stream.until("synced"))[-1]["cursor"]
        await service.publisher.created(make_contact())
        await service.stored(1)

        async def moved_on() -> bool:
            frame = await stream.frame()
            assert frame["type"] == "mark"
            return bool(frame["cursor"] != first)

        await eventually(moved_on)


async def test_a_stream_without_any_change_gives_signs_of_life(
    start_service: "StartService",
) -> None:
    service = await start_service(heartbeat_s=0.1)
    async with service.stream(follow="true") as stream:
        cursor = (await stream.until("synced"))[-1]["cursor"]
        for _ in range(3):
            frame = await stream.frame()
            assert (frame["type"], frame["cursor"]) == ("mark", cursor)
