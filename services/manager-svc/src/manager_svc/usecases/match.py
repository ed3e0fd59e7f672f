"""The matcher: the one place that decides who gets what.

It runs in the unit of whatever freed a manager or brought a lead, so that change and
assignment commit together. A round reads free places and the oldest waiting leads, pairs
them (`domain.matching`) and stores the pairs, each in one statement, however many there
are. More rounds follow until one pairs less than a batch, which means that nothing is left
to pair (the proof stands in `domain.matching`). A bound keeps the transaction short; the
sweep, which goes on while it assigns anything, does the rest.
"""

from typing import Final

from manager_svc.domain.explanation import Rule
from manager_svc.domain.lead import Worked
from manager_svc.domain.matching import BATCH, pair
from manager_svc.usecases.unit import Unit

ACTOR: Final = "matcher"
MAX_ROUNDS: Final = 8


async def match(unit: Unit) -> list[Worked]:
    """Give waiting leads to free managers, oldest first, to whoever was free longest.

    Returns:
        The leads assigned, in the order of assignment.
    """
    assigned: list[Worked] = []
    if not unit.auto_assign:
        return assigned
    for _ in range(MAX_ROUNDS):
        pairs = await _one_round(unit)
        assigned += pairs
        if len(pairs) < BATCH:
            break
    return assigned


async def _one_round(unit: Unit) -> list[Worked]:
    candidates = await unit.matches.candidates(now=unit.now)
    pairings = pair(candidates.places, candidates.leads)
    if not pairings:
        return []
    assigned = await unit.matches.assign(
        pairings,
        sight=candidates.sight_of(pairings),
        now=unit.now,
        actor=ACTOR,
        rule=Rule.OLDEST_FIRST,
    )
    for worked in assigned:
        unit.tell_of_assignment(worked, actor=ACTOR, rule=Rule.OLDEST_FIRST)
    return assigned
