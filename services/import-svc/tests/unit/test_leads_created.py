"""The events written by hand are those that the contract's models write."""

import math
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from import_svc.domain.leads import Lead, NewLeads
from import_svc.domain.names import MAX_NAME_LENGTH
from import_svc.domain.rows import MAX_ATTRIBUTES_BYTES, RawRow
from import_svc.domain.validation import judge_row
from import_svc.messaging.leads_created import SOURCE, leads_created
from leadwire.broker import Message
from leadwire.contracts import (
    MAX_EVENT_BYTES,
    MAX_LEADS_PER_EVENT,
    Contact,
    LeadsCreated,
    Origin,
    new_event,
    read_event,
    to_message,
)

IMPORT_ID = uuid7()


def lead(
    *,
    name: str = "Ada",
    attributes: str = "{}",
    origin: Origin = Origin.IMPORT,
    cellphone: str | None = "+14155552671",
    created_at: datetime = datetime(2026, 1, 2, 3, 4, 5, 678, UTC),
    has_resume: bool = False,
) -> Lead:
    return Lead(
        id=uuid7(),
        name=name,
        family_name="Lovelace",
        email="ada@example.com",
        email_key="ada@example.com",
        cellphone=cellphone,
        attributes=attributes,
        origin=origin,
        import_id=IMPORT_ID if origin is Origin.IMPORT else None,
        created_at=created_at,
        updated_at=created_at,
        rev=1,
        has_resume=has_resume,
    )


def contact(lead: Lead) -> Contact:
    fields = lead._asdict()
    del fields["email_key"]
    return Contact(**{**fields, "attributes": orjson.loads(lead.attributes)})


def as_models_write_it(written: Message, leads: list[Lead]) -> Message:
    """Write the same event by the models; what is new in every event is taken over."""
    event = read_event(written)
    data = LeadsCreated(
        origin=leads[0].origin,
        import_id=leads[0].import_id,
        leads=tuple(contact(lead) for lead in leads),
    )
    by_models = new_event(data, source=SOURCE, time=event.time)
    return to_message(
        by_models.model_copy(update={"id": event.id, "traceparent": event.traceparent})
    )


@pytest.mark.parametrize(
    "leads",
    [
        [lead()],
        [lead(origin=Origin.FORM, cellphone=None, has_resume=True)],
        [lead(created_at=datetime(2026, 1, 2, tzinfo=UTC))],
        [
            lead(name='Zoë "Z" \\ 李 😀'),
            lead(attributes='{"Company":"Müller","n":[1,null,{"x":1.5}]}'),
        ],
    ],
    ids=["import", "form", "a whole second", "texts"],
)
def test_an_event_is_what_the_models_write_byte_by_byte(leads: list[Lead]) -> None:
    (message,) = leads_created(NewLeads.of(*leads))
    assert message == as_models_write_it(message, leads)


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5))
def test_any_name_is_written_as_the_models_write_it(names: list[str]) -> None:
    leads = [lead(name=name) for name in names]
    (message,) = leads_created(NewLeads.of(*leads))
    assert message == as_models_write_it(message, leads)


def test_of_no_leads_there_are_no_events() -> None:
    nobody = NewLeads(
        ids=[],
        names=[],
        family_names=[],
        emails=[],
        email_keys=[],
        cellphones=[],
        attributes=[],
        origin=Origin.IMPORT,
        import_id=IMPORT_ID,
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    assert list(leads_created(nobody)) == []


@pytest.mark.parametrize("count", [1, 199, 200, 201, 450])
def test_small_leads_go_two_hundred_to_an_event_in_order(count: int) -> None:
    leads = [lead(origin=Origin.FORM, cellphone=None) for _ in range(count)]
    messages = list(leads_created(NewLeads.of(*leads)))
    assert len(messages) == math.ceil(count / MAX_LEADS_PER_EVENT)
    assert len({message.id for message in messages}) == len(messages)
    assert [found.id for message in messages for found in read(message).leads] == [
        lead.id for lead in leads
    ]


def read(message: Message) -> LeadsCreated:
    data = read_event(message).data
    assert isinstance(data, LeadsCreated)
    return data


def test_large_leads_are_cut_into_events_that_fit() -> None:
    leads = [lead(attributes='{"note":"' + "x" * 9_000 + '"}') for _ in range(20)]
    messages = list(leads_created(NewLeads.of(*leads)))
    assert max(len(message.body) for message in messages) <= MAX_EVENT_BYTES
    assert [len(read(message).leads) for message in messages] == [6, 6, 6, 2]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=30,
)


@given(
    st.dictionaries(st.text(max_size=9), JSON_VALUES, min_size=1, max_size=4),
    st.integers(min_value=0, max_value=300),
)
def test_extra_columns_that_pass_are_read_by_the_other_services(
    attributes: dict[str, object], levels: int
) -> None:
    for _ in range(levels):
        attributes = {"x": attributes}
    row = RawRow("Ada", "Lovelace", "ada@example.com", "+14155552671", attributes)
    judged = judge_row(row, region=None, cellphone_required=True)
    if not judged.codes:
        large = lead(attributes=judged.attributes)
        (message,) = leads_created(NewLeads.of(large))
        assert read(message).leads == (contact(large),)


def test_the_largest_row_that_passes_fits_an_event() -> None:
    escaped = '"' * MAX_NAME_LENGTH
    wide = "😀" * MAX_NAME_LENGTH
    filler = "x" * (MAX_ATTRIBUTES_BYTES - len('{"n":""}'))
    for name in (escaped, wide):
        email = "a" * 242 + "@example.com"
        row = RawRow(name, name, email, "+14155552671", {"n": filler})
        judged = judge_row(row, region=None, cellphone_required=True)
        assert judged.codes == ()
        large = lead()._replace(
            name=judged.name,
            family_name=judged.family_name,
            email=judged.email,
            attributes=judged.attributes,
        )
        (message,) = leads_created(NewLeads.of(large))
        assert len(message.body) <= MAX_EVENT_BYTES
        assert message == as_models_write_it(message, [large])
