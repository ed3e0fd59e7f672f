"""What may be kept of an event once leads are erased."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadwire.contracts import LeadErased, LeadTombstone, new_event, to_message
from leadwire.contracts.redaction import leads_named_in, redacted_body, redaction_of_parked

GONE = UUID("01936d3c-7a10-7c31-9d4e-5b1f0c2a7e01")


def leads_created(*lead_ids: UUID) -> bytes:
    leads = [{"id": str(lead_id), "email": f"{lead_id}@example.org"} for lead_id in lead_ids]
    return json.dumps({"id": "e", "data": {"origin": "import", "leads": leads}}).encode()


def lead_erased(lead_id: UUID = GONE) -> bytes:
    tombstone = LeadTombstone(id=lead_id, rev=3)
    event = new_event(LeadErased(lead=tombstone), source="test", subject=lead_id, sequence=3)
    return to_message(event).body


def redact(event_type: str, body: bytes, *, subject: str | None = None) -> bytes | None:
    return redacted_body(
        event_type=event_type, subject=subject, body=body, erased=frozenset({GONE})
    )


@given(st.lists(st.uuids(), max_size=5), st.integers(0, 5))
def test_of_an_import_exactly_the_erased_leads_are_taken(others: list[UUID], at: int) -> None:
    body = redact("leads_created", leads_created(*others[:at], GONE, *others[at:]))
    kept = json.loads(body)["data"]["leads"] if body else []
    assert [lead["id"] for lead in kept] == [str(lead) for lead in others if lead != GONE]
    assert str(GONE).encode() not in (body or b"")


def test_an_import_without_the_lead_stays_byte_for_byte() -> None:
    body = leads_created(UUID(int=1))
    assert redact("leads_created", body) is body


@pytest.mark.parametrize(
    "data",
    [
        "{gone}",
        {"leads": "{gone}"},
        {"leads": [{"lead": "{gone}"}]},
        {"leads": [{"id": 7}, "{gone}"]},
    ],
    ids=str,
)
def test_of_an_import_that_cannot_be_read_nothing_is_kept_if_it_names_the_lead(
    data: object,
) -> None:
    body = json.dumps({"id": "e", "data": data})
    for gone in (str(GONE), str(GONE).upper(), GONE.hex):
        told = body.replace("{gone}", gone).encode()
        assert leads_named_in(told) == {GONE}
        assert redact("leads_created", told) is None
    told = body.replace("{gone}", str(UUID(int=1))).encode()
    assert redact("leads_created", told) == told


@pytest.mark.parametrize("event_type", ["lead_updated", "lead_assigned", "of_another_team"])
def test_nothing_is_kept_of_an_event_about_the_lead(event_type: str) -> None:
    assert redact(event_type, b"{}", subject=str(GONE)) is None


def test_the_erasure_itself_is_kept() -> None:
    assert redact("lead_erased", b"{}", subject=str(GONE)) == b"{}"


@pytest.mark.parametrize("subject", [None, str(UUID(int=1)), "invoice/7"])
def test_events_about_something_else_stay(subject: str | None) -> None:
    assert redact("lead_updated", b"{}", subject=subject) == b"{}"


def test_another_teams_event_is_kept_unless_it_names_the_lead() -> None:
    for named in (str(GONE), str(GONE).upper(), GONE.hex):
        told = json.dumps({"subject": str(UUID(int=1)), "data": {"to": named}}).encode()
        assert redact("of_another_team", told, subject=str(UUID(int=1))) is None
        assert redaction_of_parked(GONE)("of_another_team", told) is None
    told = json.dumps({"data": {"to": str(UUID(int=1))}}).encode()
    assert redact("of_another_team", told) is told


@pytest.mark.parametrize(
    "body",
    ["broken {}", '["{}"]', '{{"id": "{}"}}', '{{"data": {{"leads": [{{"id": 5}}, "{}"]}}}}'],
)
def test_nothing_is_kept_of_a_parked_event_that_cannot_be_read(body: str) -> None:
    assert redaction_of_parked(GONE)("leads_created", body.format(GONE).encode()) is None


def test_parked_events_are_redacted_by_their_own_subject() -> None:
    redacted = redaction_of_parked(GONE)
    assert redacted("lead_updated", json.dumps({"subject": str(GONE)}).encode()) is None
    about_another = json.dumps({"subject": str(UUID(int=1)), "data": str(GONE)}).encode()
    assert redacted("lead_updated", about_another) == about_another
    assert redacted("leads_created", leads_created(GONE)) is None
    kept = redacted("leads_created", leads_created(GONE, UUID(int=1)))
    assert kept is not None
    assert str(UUID(int=1)).encode() in kept
    assert str(GONE).encode() not in kept


@pytest.mark.parametrize("event_type", ["lead_updated", "of_another_team"])
@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"subject": None},
        {"subject": 7},
        {"subject": "invoice/7"},
        {"subject": str(GONE).upper()},
        {"subject": GONE.hex},
    ],
    ids=str,
)
def test_nothing_is_kept_of_a_parked_event_that_may_be_about_the_lead(
    event_type: str, attributes: dict[str, object]
) -> None:
    body = json.dumps({**attributes, "data": {"lead": {"id": str(GONE), "email": "a@b.example"}}})
    assert redaction_of_parked(GONE)(event_type, body.encode()) is None


@pytest.mark.parametrize("lead_id", [GONE, UUID(int=1)], ids=["of the lead", "of another"])
def test_a_parked_erasure_is_kept_without_what_its_model_does_not_know(lead_id: UUID) -> None:
    told = lead_erased(lead_id)
    envelope = json.loads(told)
    envelope["data"]["lead"] |= {"email": "a@b.example"}
    envelope["data"] |= {"was": {"id": str(GONE), "email": "a@b.example"}}
    envelope |= {"comment": "a@b.example"}
    redacted = redaction_of_parked(GONE)
    assert redacted("lead_erased", json.dumps(envelope).encode()) == told
    assert redacted("lead_erased", told) == told


@pytest.mark.parametrize(
    "wrong",
    [
        {"data": {"lead": {"id": str(GONE), "email": "a@b.example"}}},
        {"type": "lead_updated"},
        {"time": "0001-01-01T00:00:00+05:00"},
        {"dataschema": "x" * 70_000},
    ],
    ids=["data", "type", "time", "size"],
)
def test_nothing_is_kept_of_a_parked_erasure_that_is_none(wrong: dict[str, object]) -> None:
    body = json.dumps({**json.loads(lead_erased()), **wrong}).encode()
    assert redaction_of_parked(GONE)("lead_erased", body) is None
