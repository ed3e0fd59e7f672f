import pytest

from manager_svc.domain.status import TRANSITIONS, LeadStatus, allowed_after

PENDING, REACHED_OUT, INTERESTED, NOT_INTERESTED = LeadStatus


@pytest.mark.parametrize(
    ("current", "allowed"),
    [
        (PENDING, [REACHED_OUT, INTERESTED, NOT_INTERESTED]),
        (REACHED_OUT, [INTERESTED, NOT_INTERESTED]),
        (INTERESTED, [NOT_INTERESTED]),
        (NOT_INTERESTED, [INTERESTED]),
    ],
)
def test_each_status_leads_onward_and_a_decision_into_the_other_one(
    current: LeadStatus, allowed: list[LeadStatus]
) -> None:
    assert allowed_after(current) == allowed


def test_only_the_last_two_are_decisions() -> None:
    assert [status for status in LeadStatus if status.decided] == [INTERESTED, NOT_INTERESTED]


def test_the_table_knows_every_status() -> None:
    assert set(TRANSITIONS) == set(LeadStatus)
