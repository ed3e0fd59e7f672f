"""Lead managers at work, and a ledger of what they decided, kept outside of the system."""

from dataclasses import dataclass, field

from aiohttp import ClientError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from e2e.system import JSON, NotAnsweredError, System
from leadwire.testing import eventually

PATIENCE = 60.0
"""Seconds for which a manager repeats a decision that was not taken."""


@dataclass(slots=True)
class Ledger:
    """What the managers decided.

    Attributes:
        attempted: Requests sent to record a decision, repeated ones included.
        decisions: Status per lead id, in the order in which they were confirmed.
    """

    attempted: int = 0
    decisions: dict[str, str] = field(default_factory=dict)

    def marked(self, status: str) -> list[str]:
        """Return the leads that were marked so."""
        return [lead for lead, decision in self.decisions.items() if decision == status]


class Office:
    """Managers who mark their lead, get the next one, and never give up."""

    def __init__(self, *, system: System) -> None:
        self.ledger = Ledger()
        self._system = system
        self._managers: list[str] = []
        self._desks: dict[str, str] = {}

    async def hire(self, *names: str) -> None:
        """Add managers."""
        for name in names:
            manager = await self._system.post("manager_svc", "/v1/managers", {"name": name})
            self._managers.append(manager["id"])

    async def look(self) -> dict[str, str]:
        """Return which lead each manager holds now."""
        self._desks = {}
        for manager in self._managers:
            found = await self._system.get("manager_svc", f"/v1/managers/{manager}")
            for lead in found["leads"]:
                self._desks[manager] = lead["id"]
        return self._desks

    async def decide(self, count: int) -> None:
        """Have the managers decide that many leads, in turn; every third is not interested."""
        for _ in range(count):
            manager, lead = next(iter((self._desks or await self._wait_for_work()).items()))
            decided = len(self.ledger.decisions)
            status = "not_interested" if decided % 3 == 2 else "interested"
            answer = await self._mark_until_taken(lead, status)
            self.ledger.decisions[lead] = status
            del self._desks[manager]
            if answer["next_lead"] is not None:
                self._desks[manager] = answer["next_lead"]["id"]

    async def _wait_for_work(self) -> dict[str, str]:
        return await eventually(self.look, within=PATIENCE, message="a manager holds a lead")

    async def _mark_until_taken(self, lead: str, status: str) -> JSON:
        # Marking a lead again with the same status changes nothing, so a decision whose
        # answer was lost is simply sent again.
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type((ClientError, TimeoutError, NotAnsweredError)),
            wait=wait_fixed(0.2),
            stop=stop_after_delay(PATIENCE),
            reraise=True,
        ):
            with attempt:
                self.ledger.attempted += 1
                return await self._system.mark(lead, status)
        raise AssertionError("the retries ended without an answer")
