"""A lead's two sides may arrive in any order, late or twice: the outcome is the same."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_svc.domain.document import InvisibleLeadError, document_of
from stream_svc.domain.facets import Facets, facets_of
from stream_svc.domain.lead import ContactSide, Lead, Status, WorkSide

LEAD_ID = UUID("0198a1b2-0000-7000-8000-000000000001")
MANAGER_ID = UUID("0198a1b2-0000-7000-8000-0000000000aa")
START = datetime(2026, 1, 31, 9, tzinfo=UTC)


def contact(rev: int) -> ContactSide:
    return ContactSide(
        rev=rev,
        name=f"Ada {rev}",
        family_name="Lovelace",
        email="ada@Example.ORG",
        cellphone=None,
        attributes={"city": "London", "n": [1, None]},
        origin="import",
        import_id=UUID(int=7),
        has_resume=False,
        created_at=START,
        updated_at=START + timedelta(minutes=rev),
    )


def work(rev: int, status: Status = Status.PENDING) -> WorkSide:
    held = rev % 2 == 1
    return WorkSide(
        rev=rev,
        status=status,
        manager_id=MANAGER_ID if held else None,
        manager_name="Grace" if held else None,
        assigned_at=START if held else None,
        decided_at=None,
        updated_at=START + timedelta(minutes=10 + rev),
    )


Step = tuple[str, int]


def apply(lead: Lead, step: Step) -> Lead:
    side, rev = step
    if side == "contact":
        return lead.with_contact(contact(rev))
    if side == "work":
        return lead.with_work(work(rev))
    return lead.erased(rev)


def after(steps: list[Step]) -> Lead:
    lead = Lead(id=LEAD_ID)
    for step in steps:
        lead = apply(lead, step)
    return lead


sides = st.tuples(st.sampled_from(["contact", "work"]), st.integers(1, 5))


@given(st.lists(sides, min_size=1, max_size=12), st.randoms())
def test_order_and_repetition_of_events_do_not_matter(steps: list[Step], random: Random) -> None:
    shuffled = [*steps, *random.sample(steps, k=len(steps) // 2)]
    random.shuffle(shuffled)
    assert after(shuffled) == after(steps)


@given(st.lists(sides, max_size=12))
def test_the_newest_of_each_side_wins(steps: list[Step]) -> None:
    lead = after(steps)
    assert lead.contact_rev == max((rev for side, rev in steps if side == "contact"), default=0)
    assert lead.work_rev == max((rev for side, rev in steps if side == "work"), default=0)
    assert lead.rev == lead.contact_rev + lead.work_rev


@given(st.lists(sides, max_size=8), st.lists(sides, max_size=8), st.integers(1, 9))
def test_an_erased_lead_stays_erased_and_keeps_no_personal_data(
    before: list[Step], late: list[Step], rev: int
) -> None:
    lead = after([*before, ("erased", rev), *late])
    assert lead.contact is None
    assert lead.work is None
    assert not lead.visible
    assert lead == after([*before, ("erased", rev)])


@given(st.lists(sides, max_size=8), st.integers(1, 9))
def test_the_rev_never_shrinks(steps: list[Step], erased_at: int) -> None:
    lead = Lead(id=LEAD_ID)
    revs = [lead.rev]
    for step in [*steps, ("erased", erased_at)]:
        lead = apply(lead, step)
        revs.append(lead.rev)
    assert revs == sorted(revs)


def test_an_event_that_changes_nothing_gives_the_same_lead() -> None:
    lead = after([("contact", 2), ("work", 3)])
    assert lead.with_contact(contact(2)) is lead
    assert lead.with_work(work(1)) is lead


def test_a_lead_is_visible_once_its_contact_side_is_there() -> None:
    assert not after([("work", 1)]).visible
    assert facets_of(after([("work", 1)])) is None
    with pytest.raises(InvisibleLeadError):
        document_of(after([("work", 1)]))
    assert after([("work", 1), ("contact", 1)]).visible


def test_a_lead_without_a_work_side_is_pending_and_unassigned() -> None:
    document = orjson.loads(document_of(after([("contact", 3)])))
    assert document == {
        "id": str(LEAD_ID),
        "name": "Ada 3",
        "family_name": "Lovelace",
        "email": "ada@Example.ORG",
        "cellphone": None,
        "status": "pending",
        "manager": None,
        "origin": "import",
        "import_id": str(UUID(int=7)),
        "attributes": {"city": "London", "n": [1, None]},
        "has_resume": False,
        "created_at": "2026-01-31T09:00:00Z",
        "updated_at": "2026-01-31T09:03:00Z",
        "rev": 3,
        "tags": {"contact": "contact-3", "work": None},
    }


def test_a_lead_as_read_has_both_sides() -> None:
    document = orjson.loads(document_of(after([("work", 3), ("contact", 2)])))
    assert document["manager"] == {"id": str(MANAGER_ID), "name": "Grace"}
    assert document["rev"] == 5
    assert document["tags"] == {"contact": "contact-2", "work": "work-3"}
    assert document["updated_at"] == "2026-01-31T09:13:00Z"


def test_a_manager_s_new_name_shows_only_on_his_leads() -> None:
    lead = after([("contact", 1), ("work", 1)])
    renamed = lead.with_manager_name(MANAGER_ID, "Grace H.")
    assert renamed.work is not None
    assert renamed.work.manager_name == "Grace H."
    assert renamed.rev == lead.rev
    assert lead.with_manager_name(UUID(int=1), "Grace H.") is lead
    released = after([("contact", 1), ("work", 2)])
    assert released.with_manager_name(MANAGER_ID, "Grace H.") is released


def test_facets_survive_the_change_log() -> None:
    facets = facets_of(after([("contact", 1), ("work", 3)]))
    assert facets is not None
    assert facets.email_domain == "example.org"
    assert Facets.from_json(facets.to_json()) == facets
