"""Whether leads were assigned in the order of their age, judged from a log of what happened.

The log is the service's own history, with what it does not say put in between: when a lead
arrived and when it was erased, which triggers note under numbers of the same sequence. All of
it is written under the matching lock, so the numbers give the order in which it happened.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

TRIGGERS = """
CREATE SCHEMA witness;
CREATE TABLE witness.log (number bigint, lead_id uuid, what text);

CREATE FUNCTION witness.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO witness.log VALUES (
        nextval('manager_svc.lead_history_id_seq'), NEW.id,
        CASE WHEN NEW.erased_at IS NULL THEN 'arrived' ELSE 'erased' END
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER witness_arrival AFTER INSERT ON manager_svc.leads
FOR EACH ROW EXECUTE FUNCTION witness.note();

CREATE TRIGGER witness_erasure AFTER UPDATE OF erased_at ON manager_svc.leads
FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION witness.note();
"""

LOG = """
SELECT number, lead_id, what, NULL::uuid AS manager_id, NULL AS rule FROM witness.log
UNION ALL
SELECT id, lead_id, what, manager_id, rule FROM manager_svc.lead_history
ORDER BY number
"""

AGES = "SELECT id, created_at FROM manager_svc.leads WHERE created_at IS NOT NULL"

Age = tuple[datetime, UUID]


@dataclass(slots=True)
class AgeOrder:
    """What the log says, entry by entry.

    A lead's age is `created_at`, then id. When the matcher gives a lead to a manager, or he takes
    the next one, no older lead waits but such as this manager gave back himself and that are
    still closed to him: he has had no other lead since, whoever else has had them, and the hour
    after which they are open again is longer than the log. Nor does he get one of those. What is
    assigned by hand is somebody's choice. And only a lead that waits is assigned at all: none has
    two managers at once.

    Attributes:
        by_matcher: Leads that the matcher assigned, all in order.
        by_hand: Leads that people assigned, with `next-lead` or without.
        passed_over: Times that an older lead stayed behind, since it was closed to the manager.
        given_back: Leads that managers gave back.
    """

    ages: Mapping[UUID, datetime]
    by_matcher: int = 0
    by_hand: int = 0
    passed_over: int = 0
    given_back: int = 0
    _waiting: list[Age] = field(default_factory=list)
    _closed: defaultdict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))

    def follow(self, log: Sequence[asyncpg.Record]) -> None:
        """Take entries in order; an AssertionError names the first that breaks the order."""
        for _, lead, what, manager, rule in log:
            if what == "arrived":
                insort(self._waiting, self._age(lead))
            elif what == "lead_assigned":
                self._assign(lead, manager, rule)
            elif what == "lead_released":
                self._release(lead, manager, rule)
            elif what != "lead_reached_out":
                self._leave(lead)

    def _assign(self, lead: UUID, manager: UUID, rule: str) -> None:
        age = self._age(lead)
        place = bisect_left(self._waiting, age)
        assert self._waiting[place : place + 1] == [age], f"{lead} was assigned, and did not wait"
        older = {other for _, other in self._waiting[:place]}
        if rule in {"oldest_first", "next_lead"}:
            late = older - self._closed[manager]
            assert not late, f"{lead} was assigned before {len(late)} older leads"
            assert lead not in self._closed[manager], f"{lead} went to {manager}, who gave it back"
            self.passed_over += len(older)
        if rule == "oldest_first":
            self.by_matcher += 1
        else:
            self.by_hand += 1
        del self._waiting[place]
        self._closed.pop(manager, None)

    def _release(self, lead: UUID, manager: UUID, rule: str) -> None:
        insort(self._waiting, self._age(lead))
        if rule == "given_back":
            self.given_back += 1
            self._closed[manager].add(lead)

    def _leave(self, lead: UUID) -> None:
        """A decision or an erasure: perhaps of a lead that waits, perhaps not."""
        age = self._age(lead)
        place = bisect_left(self._waiting, age)
        if self._waiting[place : place + 1] == [age]:
            del self._waiting[place]

    def _age(self, lead: UUID) -> Age:
        return self.ages[lead], lead
