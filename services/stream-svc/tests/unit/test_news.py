"""Events taken together have the effect that they have one by one, in whichever order."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from leadwire.contracts import (
    Contact,
    Event,
    EventData,
    LeadErased,
    LeadReachedOut,
    LeadsCreated,
    LeadStatus,
    LeadUpdated,
    ManagerRef,
    ManagerState,
    ManagerStatus,
    ManagerUpdated,
    Origin,
    Work,
    new_event,
)
from stream_svc.domain.lead import Lead
from stream_svc.messaging.news import leads_in, news_of

MOMENT = datetime(2026, 1, 31, 9, tzinfo=UTC)
LEADS = [UUID(int=number) for number in (1, 2)]
MANAGERS = [UUID(int=number) for number in (7, 8)]
NAMES = dict.fromkeys(MANAGERS, "Grace")


def contact(lead_id: UUID, rev: int) -> Contact:
    values: dict[str, Any] = {
        "id": lead_id,
        "name": f"Ada {rev}",
        "family_name": "Lovelace",
        "email": "ada@example.org",
        "cellphone": None,
        "attributes": {},
        "origin": Origin.IMPORT,
        "import_id": None,
        "has_resume": False,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "rev": rev,
    }
    return Contact(**values)


def changed(lead_id: UUID, rev: int) -> EventData:
    return LeadUpdated(lead=contact(lead_id, rev))


def created(lead_id: UUID, rev: int) -> EventData:
    leads = (contact(LEADS[0], rev), contact(lead_id, rev + 1))
    return LeadsCreated(origin=Origin.IMPORT, import_id=None, leads=leads)


def worked(lead_id: UUID, rev: int) -> EventData:
    manager = ManagerRef(id=MANAGERS[rev % 2], name="Grace")
    work = Work(
        id=lead_id,
        status=LeadStatus.REACHED_OUT,
        manager_id=manager.id,
        assigned_at=MOMENT,
        decided_at=None,
        updated_at=MOMENT,
        rev=rev,
    )
    return LeadReachedOut(lead=work, manager=manager, actor="test", reason=None)


def erased(lead_id: UUID, _rev: int) -> EventData:
    # An erasure is a lead's last change.
    return LeadErased.model_validate({"lead": {"id": lead_id, "rev": 99}})


def as_event(data: EventData) -> Event:
    return new_event(data, source="leadwire/test")


events = st.builds(
    lambda kind, lead_id, rev: as_event(kind(lead_id, rev)),
    st.sampled_from([changed, created, worked, erased]),
    st.sampled_from(LEADS),
    st.integers(1, 5),
)


def seen(lead: Lead) -> object:
    """What readers see of a lead; of the work on an erased one only a trace is kept."""
    return (lead.contact, lead.work, lead.contact_rev, lead.visible)


def after(batches: list[list[Event]]) -> list[Lead]:
    leads = [Lead(id=lead_id) for lead_id in LEADS]
    for batch in batches:
        news = news_of(batch)
        leads = [news.change(lead, NAMES) for lead in leads]
    return leads


@given(st.lists(events, max_size=12), st.randoms())
def test_a_batch_has_the_effect_of_its_events(batch: list[Event], random: Any) -> None:
    one_by_one = [[event] for event in batch]
    random.shuffle(one_by_one)
    assert list(map(seen, after([batch]))) == list(map(seen, after(one_by_one)))


def test_a_manager_s_record_overrules_what_a_lead_s_event_called_him() -> None:
    def record(name: str, rev: int) -> Event:
        state = ManagerState(
            id=MANAGERS[1],
            name=name,
            email=None,
            capacity=1,
            state=ManagerStatus.ACTIVE,
            rev=rev,
        )
        return as_event(ManagerUpdated(manager=state))

    said_by_lead = as_event(worked(LEADS[0], 1))
    assert news_of([said_by_lead]).names[MANAGERS[1]].rev == 0
    news = news_of([record("Newer", 3), record("Older", 2), said_by_lead])
    assert (news.names[MANAGERS[1]].name, news.names[MANAGERS[1]].rev) == ("Newer", 3)


def test_an_event_weighs_what_it_changes() -> None:
    assert leads_in(as_event(created(LEADS[1], 1))) == 2
    assert leads_in(as_event(worked(LEADS[1], 1))) == 1
