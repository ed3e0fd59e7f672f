"""Why a lead went to a manager: what was to be seen, and who got what before.

Leads are assigned many at once. What was seen is recorded once for all of them, with who got
what, in that order; what one lead's turn looked like follows from it: what was free, less what
the turns before took. So an explanation costs the matcher one row, however many leads it pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from manager_svc.domain.manager import ManagerName


class Rule(StrEnum):
    """Why a lead was assigned: by which rule, or by what somebody did."""

    OLDEST_FIRST = "oldest_first"
    NEXT_LEAD = "next_lead"
    BY_HAND = "by_hand"
    REASSIGNED = "reassigned"


class Verdict(StrEnum):
    """Why a manager who was free got the lead, or did not."""

    CHOSEN = "chosen"
    GAVE_IT_BACK = "gave_it_back"
    FREE_FOR_LESS = "free_for_less"


@dataclass(frozen=True, slots=True)
class FreePlace:
    """A place that was offered, by its manager; he may have several."""

    manager_id: UUID
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What was seen when leads were assigned.

    Attributes:
        free: Free longest first.
        more_free: Whether there were more, who had been free for less long; None if somebody
            chose one manager, and nobody looked for others.
        waiting: Leads, oldest first, at least up to the last one assigned.
    """

    free: Sequence[FreePlace]
    more_free: bool | None
    waiting: Sequence[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One lead's turn among those that were assigned together.

    Attributes:
        manager_id: Who got the lead.
        sight: What was seen before the first turn.
        earlier_managers: Who got a lead in the turns before, in that order.
        earlier_leads: Which leads they got.
    """

    manager_id: UUID
    sight: Sight
    earlier_managers: Sequence[UUID]
    earlier_leads: Sequence[UUID]

    def free(self) -> list[FreePlace]:
        """List who was free at this turn, each manager once, free longest first."""
        left = list(self.sight.free)
        for manager_id in self.earlier_managers:
            left.remove(next(place for place in left if place.manager_id == manager_id))
        first_places = {place.manager_id: place for place in reversed(left)}
        return sorted(first_places.values(), key=left.index)

    def verdicts(self) -> dict[UUID, Verdict]:
        """Tell of each manager who was free why he got the lead, or did not.

        Who was free for longer than the one who got it is passed over for one reason only:
        he gave the lead back a short while ago.
        """
        verdict, verdicts = Verdict.GAVE_IT_BACK, {}
        for place in self.free():
            if place.manager_id == self.manager_id:
                verdicts[place.manager_id] = Verdict.CHOSEN
                verdict = Verdict.FREE_FOR_LESS
            else:
                verdicts[place.manager_id] = verdict
        return verdicts

    def oldest_waiting(self) -> UUID:
        """Return the lead that had waited longest at this turn."""
        taken = set(self.earlier_leads)
        return next(lead_id for lead_id in self.sight.waiting if lead_id not in taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """That a lead was given to a manager."""

    manager: ManagerName
    assigned_at: datetime
    actor: str
    rule: Rule
    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeManager:
    """A manager who was free when a lead was assigned."""

    manager: ManagerName
    since: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingSince:
    """A lead, and how old it is."""

    lead_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a lead went to its last manager.

    Attributes:
        free: Who was free, free longest first; by hand, only the one who was chosen.
        oldest: The lead that had waited longest; if it is another one, the manager gave that
            one back, or somebody chose by hand.
    """

    assignment: Assignment
    free: Sequence[FreeManager]
    oldest: WaitingSince
