"""What the matcher reads and writes, and the lock that it works under."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from leadwire.db import Connection
from manager_svc.domain.explanation import FreePlace, Sight
from manager_svc.domain.lead import Worked
from manager_svc.domain.matching import Pairing, Place, WaitingLead
from manager_svc.storage.queries import QUERIES
from manager_svc.storage.rows import worked_of

BATCH: Final = 256
"""Most leads of one reading, and as a rule most places: the LIMIT in `find_candidates.sql`."""

OTHERS_SHOWN: Final = 10
"""Of places that were free too and got nothing, how many an explanation shows."""

GIVEN_BACK_FOR: Final = timedelta(hours=1)
"""How long a lead is not offered to the manager who gave it back (G5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Places and leads that could be matched now.

    Attributes:
        places: Free longest first; fewer than `BATCH` only if these are all.
        free_since: Of each of the places.
        leads: Oldest first; fewer than places and than `BATCH` only if these are all.
    """

    places: list[Place]
    free_since: list[datetime]
    leads: list[WaitingLead]

    def used_up_by(self, pairings: Sequence[Pairing]) -> bool:
        """Tell whether no place or no lead is left, so that another reading is in vain."""
        all_places = len(pairings) == len(self.places) < BATCH
        all_leads = len(pairings) == len(self.leads) < min(len(self.places), BATCH)
        return all_places or all_leads

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


class MatchStore:
    """The queue of waiting leads and the free places."""

    def __init__(self, *, connection: Connection) -> None:
        self._connection = connection

    async def take_lock(self) -> datetime:
        """Wait for the matching lock, held until the transaction ends.

        Returns:
            The time once the lock is held: later than that of everybody who held it before.
        """
        now: datetime = await self._connection.fetchval(QUERIES["take_matching_lock"])
        return now

    async def is_possible(self) -> bool:
        """Tell, without the lock, whether a place is free while a lead waits."""
        possible: bool = await self._connection.fetchval(QUERIES["is_match_possible"])
        return possible

    async def candidates(self, *, now: datetime) -> Candidates:
        """Read free places and the oldest waiting leads."""
        rows = await self._connection.fetch(QUERIES["find_candidates"], now - GIVEN_BACK_FOR)
        row = rows[0]
        places = zip(row["manager_ids"], row["numbers"], strict=True)
        leads = zip(row["lead_ids"], row["not_for"], strict=True)
        return Candidates(
            places=[Place(manager_id, number) for manager_id, number in places],
            free_since=row["free_since"],
            leads=[WaitingLead(lead_id, not_for) for lead_id, not_for in leads],
        )

    async def assign(
        self, pairings: Sequence[Pairing], *, sight: Sight, now: datetime, actor: str, reason: str
    ) -> list[Worked]:
        """Give leads to managers, in the given order, and keep what explains it."""
        rows = await self._connection.fetch(
            QUERIES["assign_leads"],
            [pairing.place.manager_id for pairing in pairings],
            [pairing.place.number for pairing in pairings],
            [pairing.lead_id for pairing in pairings],
            now,
            actor,
            reason,
            [place.manager_id for place in sight.free],
            [place.since for place in sight.free],
            sight.more_free,
            sight.waiting,
        )
        return [worked_of(row) for row in rows]
