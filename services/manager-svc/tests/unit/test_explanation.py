from datetime import UTC, datetime, timedelta
from uuid import UUID

from manager_svc.domain.explanation import FreePlace, Sight, Turn, Verdict

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ANNA, BEN, CLEO = UUID(int=1), UUID(int=2), UUID(int=3)
OLD, MIDDLE, YOUNG = UUID(int=11), UUID(int=12), UUID(int=13)

ANNAS, BENS, ANNAS_SECOND, CLEOS = (
    FreePlace(manager_id, NOON + timedelta(minutes=minute))
    for minute, manager_id in enumerate((ANNA, BEN, ANNA, CLEO))
)
SIGHT = Sight(
    free=[ANNAS, BENS, ANNAS_SECOND, CLEOS], more_free=False, waiting=[OLD, MIDDLE, YOUNG]
)


def turn(manager_id: UUID, *before: tuple[UUID, UUID]) -> Turn:
    return Turn(
        manager_id=manager_id,
        sight=SIGHT,
        earlier_managers=[manager for manager, _ in before],
        earlier_leads=[lead for _, lead in before],
    )


def test_at_the_first_turn_all_are_free_each_named_once() -> None:
    first = turn(ANNA)
    assert first.free() == [ANNAS, BENS, CLEOS]
    assert first.oldest_waiting() == OLD


def test_a_turn_finds_what_the_turns_before_left() -> None:
    second = turn(BEN, (ANNA, OLD))
    assert second.free() == [BENS, ANNAS_SECOND, CLEOS]
    assert second.oldest_waiting() == MIDDLE
    third = turn(ANNA, (ANNA, OLD), (BEN, MIDDLE))
    assert third.free() == [ANNAS_SECOND, CLEOS]
    assert third.oldest_waiting() == YOUNG


def test_who_was_free_for_longer_had_given_the_lead_back() -> None:
    assert turn(BEN).verdicts() == {
        ANNA: Verdict.GAVE_IT_BACK,
        BEN: Verdict.CHOSEN,
        CLEO: Verdict.FREE_FOR_LESS,
    }


def test_a_lead_that_was_passed_over_is_the_oldest_still() -> None:
    assert turn(BEN, (ANNA, MIDDLE)).oldest_waiting() == OLD
