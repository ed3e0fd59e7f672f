"""Who gets which lead: oldest lead first, to the manager who has been free longest.

The matcher works in rounds. Each reads a bounded part of what there is, pairs it here and
stores the pairs, until a round makes none. With F the manager whose place has been free
longest, and a batch as the most leads of one round, a round reads:

* the places free longest, a batch of them; if F gave leads back, as many more as F has, so
  that a batch of them are others' places or there are no more;
* the oldest waiting leads, as many as places, a batch at most; if F gave leads back and
  nobody else is free, also the oldest lead that is open to F.

A round that pairs nothing leaves nothing that the rule (G5) allows. Suppose that a place is
free and a lead waits: then the first place and the oldest lead were read, and `pair` tries
that lead first. It is closed to one manager at most, so that it found no place means that
all places read are of the one who gave it back. The first of them is F's: so F gave it
back, others' places would have been read, and F alone is free. Then the oldest lead that is
open to F would have been read and paired: every waiting lead is closed to F.

What the rounds pair is what the rule gives if all is read. Places are read in an unbroken
row, and leads are, but for the one that is open to F:

* If several managers' places were read, `pair` takes the leads in their row and stops
  before it would pass one over. A lead that is closed to F finds another's place, of which
  a batch was read. One that is closed to another manager, X, may find that only X's places
  are left of those read; then the round ends, and in the next one X is F.
* If only F's places were read, and F gave leads back, F alone is free and gets the oldest
  open lead, wherever it stands; from then on all are open to F, and follow in their row.
"""

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
    his again, and what was passed over on the way, being older, comes first. Leads are
    passed over only for a manager who is the only one free; otherwise the round ends at the
    first that finds no place, since more places may be free than were read.

    Args:
        places: Free places, free longest first, as a round reads them.
        leads: Waiting leads, oldest first, as a round reads them.
    """
    places_left, leads_left = list(places), list(leads)
    one_is_free = len({place.manager_id for place in places}) == 1
    pairings: list[Pairing] = []
    served: set[UUID] = set()
    at = 0
    while places_left and at < len(leads_left):
        not_for = leads_left[at].not_for
        place = _first_open(places_left, None if not_for in served else not_for)
        if place is None and not one_is_free:
            break
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
