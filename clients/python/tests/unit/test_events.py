"""Events are read as they are published, today and by later versions."""

import json
from typing import Any

import pytest

from leadwire.broker import Message
from leadwire.contracts import EventType as Published
from leadwire.contracts import read_event as read_contract
from leadwire.contracts import to_message
from leadwire.contracts.samples import sample_bytes
from leadwire_client.errors import UnreadableEventError
from leadwire_client.events import DATA_TYPES, Event, EventType, read_event, write_event
from leadwire_client.testing import events

every_type = pytest.mark.parametrize("event_type", list(Published), ids=str)


def changed(event_type: Published, **members: Any) -> bytes:
    return json.dumps({**json.loads(sample_bytes(event_type)), **members}).encode()


def with_unknown_members(value: Any) -> Any:
    """Add a member that nobody knows to every object, at any depth."""
    if isinstance(value, dict):
        inner = {name: with_unknown_members(each) for name, each in value.items()}
        return {**inner, "of_a_later_version": {"deep": [1]}}
    return [with_unknown_members(each) for each in value] if isinstance(value, list) else value


@every_type
def test_a_golden_sample_read_and_written_is_the_same_json(event_type: Published) -> None:
    event = read_event(sample_bytes(event_type))
    assert isinstance(event.data, DATA_TYPES[event_type])
    assert json.loads(write_event(event)) == json.loads(sample_bytes(event_type))


def test_every_type_is_known() -> None:
    assert set(DATA_TYPES) == {str(each) for each in EventType} == {str(e) for e in Published}


@every_type
def test_members_of_later_versions_are_ignored(event_type: Published) -> None:
    if event_type is Published.LEADS_CREATED:
        return  # its `attributes` are free: see below
    sample = json.loads(sample_bytes(event_type))
    if "attributes" in sample["data"].get("lead", {}):
        sample["data"]["lead"]["attributes"] = {}
    later = with_unknown_members(sample)
    if "attributes" in later["data"].get("lead", {}):
        later["data"]["lead"]["attributes"] = {}
    assert read_event(json.dumps(later).encode()) == read_event(json.dumps(sample).encode())


def test_a_word_of_a_later_version_is_kept() -> None:
    sample = json.loads(sample_bytes(Published.LEAD_ASSIGNED))
    sample["data"]["lead"]["status"] = "on_hold"
    event = read_event(json.dumps(sample).encode())
    assert write_event(event).find(b'"on_hold"') > 0


def test_an_event_of_an_unknown_type_keeps_its_data() -> None:
    body = changed(Published.LEAD_ASSIGNED, type="lead_sold", data={"price": 3})
    event = read_event(body)
    assert (event.type, event.data) == ("lead_sold", {"price": 3})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        b'{"type": "lead_erased"}',
        changed(Published.LEAD_ERASED, specversion="2.0"),
        changed(Published.LEAD_ERASED, id=""),
        changed(Published.LEAD_ERASED, data={"lead": {"id": "no uuid", "rev": 1}}),
        changed(Published.LEAD_ERASED, data=None),
        changed(Published.LEAD_ERASED, time="yesterday"),
    ],
)
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableEventError):
        read_event(body)


def test_a_refusal_does_not_quote_what_was_found() -> None:
    sample = json.loads(sample_bytes(Published.LEAD_UPDATED))
    sample["data"]["lead"]["rev"] = "ada@example.com"
    with pytest.raises(UnreadableEventError) as refused:
        read_event(json.dumps(sample).encode())
    assert "data" in str(refused.value) or "rev" in str(refused.value)
    assert "ada@example.com" not in str(refused.value)


BUILT = [getattr(events, str(each))() for each in Published]


@pytest.mark.parametrize("event", BUILT, ids=lambda event: str(event.type))
def test_a_built_event_is_one_that_leadwire_could_publish(event: Event) -> None:
    body = write_event(event)
    published = read_contract(Message(id=event.id, type=event.type, body=body))
    assert json.loads(to_message(published).body) == json.loads(body)
    assert read_event(body) == event


def test_built_events_differ() -> None:
    first, second = events.lead_erased(), events.lead_erased()
    assert first.id != second.id
    assert first.subject != second.subject
