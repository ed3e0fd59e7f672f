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
    """Give each lead, in order, the first place that is left and open to it.

    Args:
        places: Free places, free longest first.
        leads: Waiting leads, oldest first.
    """
    left = list(places)
    pairings = []
    for lead in leads:
        if not left:
            break
        open_to_it = (at for at, place in enumerate(left) if place.manager_id != lead.not_for)
        if (at := next(open_to_it, None)) is not None:
            pairings.append(Pairing(left.pop(at), lead.lead_id))
    return pairings
