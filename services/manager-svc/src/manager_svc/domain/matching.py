"""Who gets which lead: oldest lead first, to the manager who has been free longest.

A lead that a manager gave back is closed to him until he has had another, or an hour has
passed (G5). Many may have given back the same lead, and one many leads. Again and again, the
oldest waiting lead that some free place is open to goes to the one that has been free longest.

The matcher works in rounds of `BATCH` pairs. Each reads a part of what there is, pairs it here
and stores the pairs. Two unbroken rows are read:

* the oldest waiting leads: as many as there are free places, a batch at most, and as many more
  as are closed to any one of the managers of the first `BATCH` places;
* the places free longest: a batch of them, and as many more as those managers have to whom one
  of these leads is closed.

That a lead finds no place among those read has one reason before a batch is paired: all free
places were read. For if more were free, a batch of those read would be of managers to whom none
of the leads is closed, and one of these places would be left. So it may be passed over, and each
pair is the one that the rule gives.

A round that pairs less than a batch leaves nothing that the rule allows. For then

* no place is left of those read, which were less than a batch, so all; or
* no lead is left of those read, and these were all, or as many as there were places; or
* all places were read, and each lead that is left of those read is closed to all managers who
  have a place left. Let X be the one whose place comes first: he got nothing, or all would be
  open to him, and his place is one of the first `BATCH`, since less than those are used. If not
  all leads were read, then as many as there are places, or a batch, of those read were open to
  him; all of them are paired, and no place would be left. So all leads were read.

What is read is bounded. A manager got each of the leads that are closed to him before he gave the
first of them back, or he would have had another since; so he held them at one time, and they are
no more than his capacity, `MOST_CLOSED` at most. So a round reads `BATCH + MOST_CLOSED` leads at
most. Of places it reads no more than a batch as long as nobody gave one of these leads back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from manager_svc.domain.explanation import FreePlace, Sight

BATCH: Final = 256
"""Most pairs of one round; `find_candidates.sql` has it too."""

MOST_CLOSED: Final = 1_000
"""Most leads that are closed to one manager: the greatest capacity (`managers_capacity_check`)."""

OTHERS_SHOWN: Final = 10
"""Of places that were free too and got nothing, how many an explanation shows."""

GIVEN_BACK_FOR: Final = timedelta(hours=1)
"""How long a lead is not offered to a manager who gave it back (G5)."""


@dataclass(frozen=True, slots=True)
class Place:
    """One lead's room with a manager; a manager has as many as his capacity."""

    manager_id: UUID
    number: int


@dataclass(frozen=True, slots=True)
class WaitingLead:
    """A lead without assignee and decision.

    Attributes:
        not_for: The managers who gave it back and are not to be offered it yet.
    """

    lead_id: UUID
    not_for: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Pairing:
    """A lead and the place that it gets."""

    place: Place
    lead_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Places and leads that could be matched now, as a round reads them.

    Attributes:
        places: Free longest first.
        free_since: Of each of the places.
        leads: Oldest first.
    """

    places: Sequence[Place]
    free_since: Sequence[datetime]
    leads: Sequence[WaitingLead]

    def sight_of(self, pairings: Sequence[Pairing]) -> Sight:
        """Return what explains these pairings, and no more of what was read than that."""
        used = {pairing.place for pairing in pairings}
        last_used = max(at for at, place in enumerate(self.places) if place in used)
        shown = slice(last_used + 1 + OTHERS_SHOWN)
        places = zip(self.places[shown], self.free_since[shown], strict=True)
        free = [FreePlace(place.manager_id, since) for place, since in places]
        given_away = {pairing.lead_id for pairing in pairings}
        leads = [lead.lead_id for lead in self.leads]
        last_given = max(at for at, lead_id in enumerate(leads) if lead_id in given_away)
        return Sight(
            free=free,
            more_free=len(free) < len(self.places) or len(free) >= BATCH,
            waiting=leads[: last_given + 1],
        )


def pair(places: Sequence[Place], leads: Sequence[WaitingLead]) -> list[Pairing]:
    """Give the oldest lead that some place is open to the first such place, a batch at most.

    A manager who gets a lead has had another: from then on all that he gave back may be
    his again, and what was passed over on the way, being older, comes first.

    Args:
        places: Free places, free longest first, as a round reads them.
        leads: Waiting leads, oldest first, as a round reads them.
    """
    places_left, leads_left = list(places), list(leads)
    pairings: list[Pairing] = []
    served: set[UUID] = set()
    at = 0
    while places_left and at < len(leads_left) and len(pairings) < BATCH:
        place = _first_open(places_left, leads_left[at].not_for - served)
        if place is None:
            at += 1
            continue
        places_left.remove(place)
        pairings.append(Pairing(place, leads_left.pop(at).lead_id))
        if place.manager_id not in served:
            served.add(place.manager_id)
            at = 0
    return pairings


def _first_open(places: Sequence[Place], not_for: frozenset[UUID]) -> Place | None:
    return next((place for place in places if place.manager_id not in not_for), None)
