"""Events on the wire: round trips, limits, and what reading refuses."""

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadwire.broker import Message
from leadwire.contracts import (
    MAX_EVENT_BYTES,
    Contact,
    EventTooLargeError,
    EventType,
    LeadAssigned,
    LeadErased,
    LeadsCreated,
    LeadStatus,
    LeadTombstone,
    LeadUpdated,
    ManagerRef,
    Origin,
    UnknownEventTypeError,
    UnreadableEventError,
    Work,
    new_event,
    read_envelope,
    read_event,
    to_message,
)
from leadwire.contracts.samples import sample_bytes
from leadwire.observability import bind_traceparent

LEAD = UUID("01936d3c-7a10-7c31-9d4e-5b1f0c2a7e01")
NOW = datetime(2026, 3, 2, 9, 15, 30, 120000, tzinfo=UTC)
ERASED = LeadErased(lead=LeadTombstone(id=LEAD, rev=3))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone itself
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)
revs = st.integers(min_value=1, max_value=2**31)
contacts = st.builds(
    Contact,
    id=st.uuids(),
    name=texts,
    family_name=texts,
    email=texts,
    cellphone=st.none() | texts,
    attributes=st.dictionaries(texts, texts | st.booleans() | st.none(), max_size=3),
    origin=st.sampled_from(Origin),
    import_id=st.none() | st.uuids(),
    has_resume=st.booleans(),
    created_at=moments,
    updated_at=moments,
    rev=revs,
)
works = st.builds(
    Work,
    id=st.uuids(),
    status=st.sampled_from(LeadStatus),
    manager_id=st.none() | st.uuids(),
    assigned_at=st.none() | moments,
    decided_at=st.none() | moments,
    updated_at=moments,
    rev=revs,
)
payloads = st.one_of(
    st.builds(LeadUpdated, lead=contacts),
    st.builds(
        LeadsCreated,
        origin=st.sampled_from(Origin),
        import_id=st.none() | st.uuids(),
        leads=st.lists(contacts, min_size=1, max_size=3),
    ),
    st.builds(
        LeadAssigned,
        lead=works,
        manager=st.none() | st.builds(ManagerRef, id=st.uuids(), name=texts),
        actor=texts,
        reason=st.none() | texts,
    ),
)


def contact(**changes: object) -> Contact:
    fields: dict[str, object] = {
        "id": LEAD,
        "name": "Ada",
        "family_name": "Lovelace",
        "email": "ada@example.com",
        "cellphone": None,
        "origin": "form",
        "import_id": None,
        "has_resume": False,
        "created_at": NOW,
        "updated_at": NOW,
        "rev": 1,
    }
    return Contact.model_validate(fields | changes)


def altered(event_type: EventType, **attributes: object) -> Message:
    """Give the sample of a type with some attributes changed, or left out if None."""
    envelope = json.loads(sample_bytes(event_type)) | attributes
    body = json.dumps({name: value for name, value in envelope.items() if value is not None})
    return Message(id="altered", type=event_type, body=body.encode())


@given(payloads, st.none() | st.uuids(), st.none() | revs, st.none() | moments)
def test_what_is_written_is_read_back_equal(
    data: LeadUpdated | LeadsCreated | LeadAssigned,
    subject: UUID | None,
    rev: int | None,
    time: datetime | None,
) -> None:
    event = new_event(data, source="leadwire/test", subject=subject, sequence=rev, time=time)
    message = to_message(event)
    again = read_event(message)
    assert again == event
    assert to_message(again) == message


def test_the_data_decides_the_type_and_the_schema() -> None:
    event = new_event(ERASED, source="leadwire/import-svc", subject=LEAD, sequence=3)
    assert event.type is EventType.LEAD_ERASED
    assert event.dataschema == "leadwire:lead_erased:1"
    assert event.id.version == 7


def test_events_of_equal_data_differ_in_their_ids() -> None:
    first, second = (new_event(ERASED, source="leadwire/import-svc") for _ in range(2))
    assert first.id < second.id


def test_sequences_sort_as_text_as_their_numbers_do() -> None:
    sequences = [new_event(ERASED, source="s", sequence=n).sequence for n in (9, 10, 1_000_000)]
    assert sequences == ["0000000009", "0000000010", "0001000000"]


def test_absent_attributes_are_left_out_and_times_are_utc() -> None:
    late = datetime(2026, 3, 2, 14, 45, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    body = json.loads(to_message(new_event(ERASED, source="s", time=late)).body)
    assert body["time"] == "2026-03-02T09:15:30Z"
    assert "subject" not in body
    assert "sequence" not in body


def test_null_fields_of_the_data_are_written() -> None:
    event = new_event(LeadUpdated(lead=contact()), source="s")
    assert json.loads(to_message(event).body)["data"]["lead"]["cellphone"] is None


def test_the_message_bears_the_key_and_the_trace_in_its_headers() -> None:
    with bind_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") as trace:
        event = new_event(ERASED, source="leadwire/import-svc")
    message = to_message(event)
    assert event.traceparent == trace.traceparent
    assert message.headers == {
        "ce-source": "leadwire/import-svc",
        "traceparent": trace.traceparent,
    }
    assert message.id == str(event.id)
    assert message.content_type == "application/cloudevents+json"


def test_an_event_of_exactly_the_limit_passes_and_one_byte_more_is_refused() -> None:
    def event_with(filling: int) -> Message:
        lead = contact(attributes={"note": "x" * filling})
        return to_message(new_event(LeadUpdated(lead=lead), source="s"))

    filling = MAX_EVENT_BYTES - len(event_with(0).body)
    assert len(event_with(filling).body) == MAX_EVENT_BYTES
    with pytest.raises(EventTooLargeError, match=f"{MAX_EVENT_BYTES + 1} bytes"):
        event_with(filling + 1)


def test_fields_of_a_newer_publisher_are_ignored() -> None:
    message = altered(EventType.LEAD_ERASED, dataschema="leadwire:lead_erased:2", colour="red")
    assert isinstance(read_event(message).data, LeadErased)


def test_equal_shapes_are_told_apart_by_their_type() -> None:
    for event_type in (EventType.LEAD_ASSIGNED, EventType.LEAD_RELEASED):
        event = read_event(altered(event_type))
        assert type(event.data).__name__ == event_type.title().replace("_", "")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"[]", "object"),
        (b'{"specversion":"0.3"}', "specversion"),
    ],
)
def test_what_is_no_event_is_unreadable(body: bytes, said: str) -> None:
    message = Message(id="x", type="lead_erased", body=body)
    with pytest.raises(UnreadableEventError, match=said):
        read_event(message)
    with pytest.raises(UnreadableEventError, match=said):
        read_envelope(message)


def test_a_time_that_utc_cannot_tell_is_unreadable() -> None:
    body = b'{"specversion":"1.0","id":"1","source":"s","type":"t","time":"0001-01-01T00:00+05:00"}'
    with pytest.raises(UnreadableEventError, match="before the year 1"):
        read_envelope(Message(id="1", type="t", body=body))


def test_the_reason_says_where_and_never_what() -> None:
    wrong = {"lead": {"id": "ada@example.com", "rev": 1}}
    with pytest.raises(UnreadableEventError) as caught:
        read_event(altered(EventType.LEAD_ERASED, data=wrong))
    assert "data.lead.id" in str(caught.value)
    assert "ada@example.com" not in str(caught.value)


def test_many_faults_are_summed_up() -> None:
    with pytest.raises(UnreadableEventError, match=r"and \d+ more"):
        read_event(altered(EventType.LEAD_UPDATED, data={"lead": {"rev": 0}}))


def test_an_unknown_type_is_told_apart_and_its_envelope_is_readable() -> None:
    body = altered(EventType.LEAD_ERASED, type="lead_cloned", data={"any": "thing"}).body
    message = Message(id="x", type="lead_cloned", body=body)
    with pytest.raises(UnknownEventTypeError, match="lead_cloned"):
        read_event(message)
    assert read_envelope(message).type == "lead_cloned"


def test_an_envelope_of_another_type_than_the_message_is_unreadable() -> None:
    body = sample_bytes(EventType.LEAD_ASSIGNED)
    with pytest.raises(UnreadableEventError, match="type"):
        read_event(Message(id="x", type="lead_released", body=body))


@pytest.mark.parametrize("attribute", ["id", "source", "type"])
def test_attributes_that_no_column_could_hold_are_unreadable(attribute: str) -> None:
    with pytest.raises(UnreadableEventError, match=attribute):
        read_envelope(altered(EventType.LEAD_ERASED, **{attribute: "a\x00b"}))


@pytest.mark.parametrize("attribute", ["id", "type"])
def test_what_a_message_could_not_bear_as_its_property_is_no_event(attribute: str) -> None:
    def told(text: str) -> Message:
        envelope = {"specversion": "1.0", "id": "e", "source": "s", "type": "told", attribute: text}
        return Message(id="e", type="told", body=json.dumps(envelope).encode())

    assert getattr(read_envelope(told("ü" * 127)), attribute) == "ü" * 127
    with pytest.raises(UnreadableEventError, match=f"{attribute}.*more than 255 bytes"):
        read_envelope(told("ü" * 128))
