from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from manager_svc.domain.matching import BATCH, Pairing, Place, WaitingLead, pair

ANNA, BEN, CLEO = UUID(int=1), UUID(int=2), UUID(int=3)
OLD, NEW, NEWER = UUID(int=11), UUID(int=12), UUID(int=13)


def test_the_oldest_lead_goes_to_whoever_was_free_longest() -> None:
    places = [Place(BEN, 1), Place(ANNA, 1)]
    leads = [WaitingLead(OLD), WaitingLead(NEW), WaitingLead(NEWER)]
    assert pair(places, leads) == [Pairing(places[0], OLD), Pairing(places[1], NEW)]


def test_a_lead_given_back_goes_to_the_next_manager_and_costs_nobody_his_turn() -> None:
    places = [Place(ANNA, 1), Place(BEN, 1)]
    leads = [WaitingLead(OLD, frozenset({ANNA})), WaitingLead(NEW)]
    assert pair(places, leads) == [Pairing(places[1], OLD), Pairing(places[0], NEW)]


def test_a_lone_manager_gets_the_next_lead_rather_than_what_he_gave_back() -> None:
    place = Place(ANNA, 1)
    leads = [WaitingLead(OLD, frozenset({ANNA})), WaitingLead(NEW)]
    assert pair([place], leads) == [Pairing(place, NEW)]


def test_nobody_gets_what_he_gave_back_if_there_is_nothing_else() -> None:
    assert pair([Place(ANNA, 1), Place(ANNA, 2)], [WaitingLead(OLD, frozenset({ANNA}))]) == []


def test_who_had_another_gets_what_he_gave_back_before_anything_younger() -> None:
    places = [Place(ANNA, 1), Place(ANNA, 2)]
    leads = [WaitingLead(OLD, frozenset({ANNA})), WaitingLead(NEW), WaitingLead(NEWER)]
    assert pair(places, leads) == [Pairing(places[0], NEW), Pairing(places[1], OLD)]


def test_a_lead_that_two_gave_back_goes_to_a_third_and_to_neither_of_them() -> None:
    closed = WaitingLead(OLD, frozenset({ANNA, BEN}))
    places = [Place(ANNA, 1), Place(BEN, 1)]
    assert pair(places, [closed]) == []
    assert pair([*places, Place(CLEO, 1)], [closed]) == [Pairing(Place(CLEO, 1), OLD)]


def test_who_had_another_is_open_to_what_others_may_not_have_yet() -> None:
    places = [Place(ANNA, 1), Place(BEN, 1), Place(BEN, 2)]
    leads = [WaitingLead(OLD, frozenset({ANNA, BEN})), WaitingLead(NEW, frozenset({ANNA}))]
    assert pair(places, leads) == [Pairing(places[1], NEW), Pairing(places[2], OLD)]


def test_a_round_pairs_a_batch_at_most() -> None:
    places = [Place(ANNA, number) for number in range(BATCH + 1)]
    leads = [WaitingLead(UUID(int=number)) for number in range(BATCH + 1)]
    assert len(pair(places, leads)) == BATCH


managers = st.integers(1, 4).map(lambda number: UUID(int=number))
places_of = st.lists(st.builds(Place, managers, st.integers(1, 50)), unique=True, max_size=12)
leads_of = st.lists(
    st.builds(WaitingLead, st.uuids(), st.frozensets(managers)),
    unique_by=lambda lead: lead.lead_id,
    max_size=12,
)


@given(places=places_of, leads=leads_of)
def test_no_pair_that_could_be_made_is_left(places: list[Place], leads: list[WaitingLead]) -> None:
    pairings = pair(places, leads)
    used = {pairing.place for pairing in pairings}
    given_away = {pairing.lead_id for pairing in pairings}
    assert len(used) == len(given_away) == len(pairings)
    served = {place.manager_id for place in used}
    for lead in leads:
        for place in places:
            left = lead.lead_id not in given_away and place not in used
            is_open = place.manager_id not in lead.not_for - served
            assert not (left and is_open)
