"""The judge of the soak can tell order from disorder."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from e2e.age_order import AgeOrder

ANNA, BEN, CLEO = uuid4(), uuid4(), uuid4()
OLD, MIDDLE, YOUNG = uuid4(), uuid4(), uuid4()
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
AGES = {lead: BEGINNING + timedelta(days=n) for n, lead in enumerate((OLD, MIDDLE, YOUNG))}

Entry = tuple[int, UUID, str, UUID | None, str | None]


def arrived(*leads: UUID) -> list[Entry]:
    return [(0, lead, "arrived", None, None) for lead in leads]


def assigned(lead: UUID, manager: UUID, reason: str = "oldest_first") -> Entry:
    return 0, lead, "lead_assigned", manager, reason


def released(lead: UUID, manager: UUID, reason: str = "given_back") -> Entry:
    return 0, lead, "lead_released", manager, reason


def judged(*log: Any) -> AgeOrder:
    order = AgeOrder(ages=AGES)
    order.follow(log)
    return order


def test_the_oldest_that_waits_goes_first_whenever_it_came() -> None:
    log = [*arrived(YOUNG, MIDDLE), assigned(MIDDLE, ANNA), *arrived(OLD), assigned(OLD, BEN)]
    assert judged(*log, assigned(YOUNG, ANNA)).by_matcher == 3


def test_a_younger_one_must_not_go_before() -> None:
    with pytest.raises(AssertionError, match="before 1 older leads"):
        judged(*arrived(OLD, YOUNG), assigned(YOUNG, ANNA))


def test_only_what_the_manager_gave_back_himself_may_stay_behind() -> None:
    log = [*arrived(OLD, YOUNG), assigned(OLD, ANNA), released(OLD, ANNA)]
    assert judged(*log, assigned(YOUNG, ANNA)).passed_over == 1
    with pytest.raises(AssertionError, match="before 1 older leads"):
        judged(*log, assigned(YOUNG, BEN))
    with pytest.raises(AssertionError, match="before 1 older leads"):
        # He has had another since.
        judged(*log, assigned(YOUNG, ANNA), *arrived(MIDDLE), assigned(MIDDLE, ANNA))


def test_what_two_gave_back_goes_to_neither_of_them() -> None:
    log = [*arrived(OLD, YOUNG), assigned(OLD, ANNA), released(OLD, ANNA)]
    with pytest.raises(AssertionError, match="who gave it back"):
        judged(*log, assigned(OLD, ANNA))
    log += [assigned(OLD, BEN), released(OLD, BEN)]
    with pytest.raises(AssertionError, match="who gave it back"):
        judged(*log, assigned(OLD, ANNA))
    assert judged(*log, assigned(YOUNG, ANNA), assigned(OLD, CLEO)).passed_over == 1


def test_a_lead_that_was_taken_away_waits_at_its_old_age() -> None:
    log = [*arrived(OLD, YOUNG), assigned(OLD, ANNA), released(OLD, ANNA, "manager_removed")]
    with pytest.raises(AssertionError, match="before 1 older leads"):
        judged(*log, assigned(YOUNG, ANNA))


@pytest.mark.parametrize("what", ["lead_interested_created", "erased"])
def test_what_is_decided_or_erased_is_assigned_no_more(what: str) -> None:
    gone = (0, OLD, what, None, None)
    assert judged(*arrived(OLD, YOUNG), gone, assigned(YOUNG, ANNA)).by_matcher == 1
    with pytest.raises(AssertionError, match="did not wait"):
        judged(*arrived(OLD), gone, assigned(OLD, ANNA))


def test_nobody_gets_what_another_holds() -> None:
    with pytest.raises(AssertionError, match="did not wait"):
        judged(*arrived(OLD), assigned(OLD, ANNA), assigned(OLD, BEN, "by_hand"))


def test_the_next_lead_is_the_oldest_but_what_the_manager_gave_back() -> None:
    log = [*arrived(OLD, YOUNG), assigned(OLD, ANNA), released(OLD, ANNA)]
    assert judged(*log, assigned(YOUNG, ANNA, "next_lead")).by_hand == 1
    with pytest.raises(AssertionError, match="who gave it back"):
        judged(*log, assigned(OLD, ANNA, "next_lead"))
    with pytest.raises(AssertionError, match="before 1 older leads"):
        judged(*log, assigned(YOUNG, BEN, "next_lead"))
