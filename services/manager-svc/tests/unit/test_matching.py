from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from manager_svc.domain.matching import Pairing, Place, WaitingLead, pair

ANNA, BEN = UUID(int=1), UUID(int=2)
OLD, NEW, NEWER = UUID(int=11), UUID(int=12), UUID(int=13)


def test_the_oldest_lead_goes_to_whoever_was_free_longest() -> None:
    places = [Place(BEN, 1), Place(ANNA, 1)]
    leads = [WaitingLead(OLD, None), WaitingLead(NEW, None), WaitingLead(NEWER, None)]
    assert pair(places, leads) == [Pairing(places[0], OLD), Pairing(places[1], NEW)]


def test_a_lead_given_back_goes_to_the_next_manager_and_costs_nobody_his_turn() -> None:
    places = [Place(ANNA, 1), Place(BEN, 1)]
    leads = [WaitingLead(OLD, ANNA), WaitingLead(NEW, None)]
    assert pair(places, leads) == [Pairing(places[1], OLD), Pairing(places[0], NEW)]


def test_a_lone_manager_gets_the_next_lead_rather_than_what_he_gave_back() -> None:
    place = Place(ANNA, 1)
    leads = [WaitingLead(OLD, ANNA), WaitingLead(NEW, None)]
    assert pair([place], leads) == [Pairing(place, NEW)]


def test_nobody_gets_what_he_gave_back_if_there_is_nothing_else() -> None:
    assert pair([Place(ANNA, 1), Place(ANNA, 2)], [WaitingLead(OLD, ANNA)]) == []


def test_who_had_another_gets_what_he_gave_back_before_anything_younger() -> None:
    places = [Place(ANNA, 1), Place(ANNA, 2)]
    leads = [WaitingLead(OLD, ANNA), WaitingLead(NEW, None), WaitingLead(NEWER, None)]
    assert pair(places, leads) == [Pairing(places[0], NEW), Pairing(places[1], OLD)]


def test_a_round_passes_no_lead_over_while_somebody_unread_may_be_free() -> None:
    places = [Place(ANNA, 1), Place(BEN, 1), Place(BEN, 2)]
    leads = [WaitingLead(OLD, None), WaitingLead(NEW, BEN), WaitingLead(NEWER, None)]
    assert pair(places, leads) == [Pairing(places[0], OLD)]
    # The next round has looked for others than Ben, who is first now, and found nobody.
    assert pair(places[1:], leads[1:]) == [Pairing(places[1], NEWER), Pairing(places[2], NEW)]


managers = st.integers(1, 4).map(lambda number: UUID(int=number))
places_of = st.lists(st.builds(Place, managers, st.integers(1, 50)), unique=True, max_size=12)
leads_of = st.lists(
    st.builds(WaitingLead, st.uuids(), st.none() | managers),
    unique_by=lambda lead: lead.lead_id,
    max_size=12,
)


def in_rounds(places: list[Place], leads: list[WaitingLead]) -> list[Pairing]:
    """Pair until a round makes no pair; who was served may have all that he gave back."""
    pairings = pair(places, leads)
    if not pairings:
        return []
    used = {pairing.place for pairing in pairings}
    given_away = {pairing.lead_id for pairing in pairings}
    served = {place.manager_id for place in used}
    rest = [
        WaitingLead(lead.lead_id, None if lead.not_for in served else lead.not_for)
        for lead in leads
        if lead.lead_id not in given_away
    ]
    return pairings + in_rounds([place for place in places if place not in used], rest)


@given(places=places_of, leads=leads_of)
def test_no_pair_that_could_be_made_is_left(places: list[Place], leads: list[WaitingLead]) -> None:
    pairings = in_rounds(places, leads)
    used = {pairing.place for pairing in pairings}
    given_away = {pairing.lead_id for pairing in pairings}
    assert len(used) == len(given_away) == len(pairings)
    served = {place.manager_id for place in used}
    for lead in leads:
        for place in places:
            left = lead.lead_id not in given_away and place not in used
            is_open = lead.not_for != place.manager_id or place.manager_id in served
            assert not (left and is_open)
