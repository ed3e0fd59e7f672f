"""What the matcher reads and writes, and the lock that it works under."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leadwire.db import Connection
from manager_svc.domain.explanation import Sight
from manager_svc.domain.lead import Worked
from manager_svc.domain.matching import GIVEN_BACK_FOR, Candidates, Pairing
from manager_svc.storage.queries import QUERIES
from manager_svc.storage.rows import candidates_of, worked_of

MOST_COUNTED: Final = 100_001
"""Most leads or places that are counted: it stands for that many or more."""


@dataclass(frozen=True, slots=True)
class QueueMeasurement:
    """How the queue stands; both counts end at `MOST_COUNTED`.

    Attributes:
        waiting: Leads that wait.
        oldest_seconds: Age of the oldest of them, since its creation; 0 if there is none.
        free_places: Leads that managers could take.
    """

    waiting: int
    oldest_seconds: float
    free_places: int


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

    async def measure(self) -> QueueMeasurement:
        """Tell, without the lock, how the queue stands."""
        rows = await self._connection.fetch(QUERIES["measure_queue"], MOST_COUNTED)
        return QueueMeasurement(*rows[0])

    async def candidates(self, *, now: datetime) -> Candidates:
        """Read free places and the oldest waiting leads."""
        rows = await self._connection.fetch(QUERIES["find_candidates"], now - GIVEN_BACK_FOR)
        return candidates_of(rows[0])

    async def assign(
        self,
        pairings: Sequence[Pairing],
        *,
        sight: Sight,
        now: datetime,
        actor: str,
        rule: str,
        reason: str | None = None,
    ) -> list[Worked]:
        """Give leads to managers, in the given order, and keep what explains it."""
        rows = await self._connection.fetch(
            QUERIES["assign_leads"],
            [pairing.place.manager_id for pairing in pairings],
            [pairing.place.number for pairing in pairings],
            [pairing.lead_id for pairing in pairings],
            now,
            actor,
            rule,
            [place.manager_id for place in sight.free],
            [place.since for place in sight.free],
            sight.more_free,
            sight.waiting,
            reason,
        )
        return [worked_of(row) for row in rows]
