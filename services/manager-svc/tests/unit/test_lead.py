from datetime import UTC, datetime
from uuid import UUID

import pytest

from manager_svc.domain.errors import (
    IllegalTransitionError,
    ReasonRequiredError,
    StaleLeadError,
)
from manager_svc.domain.lead import Contact, Lead, Work
from manager_svc.domain.status import LeadStatus

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def lead(status: LeadStatus, rev: int = 3) -> Lead:
    lead_id = UUID(int=1)
    contact = Contact(
        id=lead_id,
        name="Ada",
        family_name="Lovelace",
        email="ada@example.org",
        cellphone=None,
        created_at=NOON,
        rev=1,
    )
    work = Work(
        lead_id=lead_id,
        status=status,
        manager=None,
        assigned_at=None,
        decided_at=None,
        updated_at=NOON,
        rev=rev,
    )
    return Lead(contact=contact, work=work)


def test_an_illegal_transition_names_what_is_allowed() -> None:
    with pytest.raises(IllegalTransitionError) as caught:
        lead(LeadStatus.REACHED_OUT).require_transition(LeadStatus.PENDING, reason="a slip")
    assert caught.value.extra == {
        "current": "reached_out",
        "allowed": ["interested", "not_interested"],
    }


def test_a_decision_is_corrected_only_with_a_reason() -> None:
    decided = lead(LeadStatus.INTERESTED)
    decided.require_transition(LeadStatus.NOT_INTERESTED, reason="wrong lead")
    with pytest.raises(ReasonRequiredError):
        decided.require_transition(LeadStatus.NOT_INTERESTED, reason=None)
    with pytest.raises(IllegalTransitionError, match="allowed: not_interested"):
        decided.require_transition(LeadStatus.REACHED_OUT, reason="wrong lead")


@pytest.mark.parametrize("wanted", [None, {"work-3"}, {"work-1", "work-3"}])
def test_the_current_version_may_be_written(wanted: set[str] | None) -> None:
    lead(LeadStatus.PENDING).require_version(wanted if wanted is None else frozenset(wanted))


@pytest.mark.parametrize("wanted", [set(), {"*"}, {"work-2"}, {"contact-3"}])
def test_another_version_may_not(wanted: set[str]) -> None:
    with pytest.raises(StaleLeadError):
        lead(LeadStatus.PENDING).require_version(frozenset(wanted))
