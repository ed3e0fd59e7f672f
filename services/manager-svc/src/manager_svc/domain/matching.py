"""Who gets which lead: oldest lead first, to the manager who has been free longest."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Place:
    """One lead's room with a manager; a manager has as many as his capacity."""

    manager_id: UUID
    number: int


@dataclass(frozen=True, slots=True)
class WaitingLead:
    """A lead without assignee and decision.

    Attributes:
        not_for: The manager who gave it back, while it is not to be offered to him.
    """

    lead_id: UUID
    not_for: UUID | None


@dataclass(frozen=True, slots=True)
class Pairing:
    """A lead and the place that it gets."""

    place: Place
    lead_id: UUID


def pair(places: Sequence[Place], leads: Sequence[WaitingLead]) -> list[Pairing]:
    """Give the oldest lead that some place is open to the first such place, until none is left.

    A manager who gets a lead has had another: from then on all that he gave back may be
    his again, and what was passed over on the way, being older, comes first.

    Args:
        places: Free places, free longest first.
        leads: Waiting leads, oldest first.
    """
    places_left, leads_left = list(places), list(leads)
    pairings: list[Pairing] = []
    served: set[UUID] = set()
    at = 0
    while places_left and at < len(leads_left):
        not_for = leads_left[at].not_for
        place = _first_open(places_left, None if not_for in served else not_for)
        if place is None:
            at += 1
            continue
        places_left.remove(place)
        pairings.append(Pairing(place, leads_left.pop(at).lead_id))
        if place.manager_id not in served:
            served.add(place.manager_id)
            at = 0
    return pairings


def _first_open(places: Sequence[Place], not_for: UUID | None) -> Place | None:
    return next((place for place in places if place.manager_id != not_for), None)
