"""Many clients who do anything to managers and leads at any time, and what they were told."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from aiohttp import ClientConnectionError, ClientPayloadError, ClientSession
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_delay,
    wait_fixed,
)

from e2e.system import JSON
from leadwire.testing import eventually

UNDERSTOOD: Final = frozenset({200, 201, 204, 404, 409, 412})
"""Done, or refused by the rules. Neither a fault of the service nor a deadlock is among them."""

DECISIONS: Final = ("interested", "not_interested")
MOST_DECLINE: Final = 30
"""Managers who give the same lead back in a row."""

NOBODY_THERE: Final = 20.0
"""Seconds after which it is a fault that no replica answers."""


@dataclass(slots=True)
class Ledger:
    """What the clients did.

    Attributes:
        done: How often each operation was done, by name.
        refused: How often each code of a refusal came.
        unanswered: Requests whose answer was cut off; each was sent again.
        decided: Leads of which somebody was told that they are decided, and how at last.
    """

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    decided: dict[str, str] = field(default_factory=dict)


class Crowd:
    """Clients of a service with several replicas.

    Args:
        session: Sends their requests.
        replicas: URLs of the replicas; a request goes to any, and to another if one is gone.
        chance: Decides who does what.
        erase: Has a lead erased by whoever owns its contact data.
    """

    def __init__(
        self,
        *,
        session: ClientSession,
        replicas: Sequence[str],
        chance: Random,
        erase: Callable[[str], Awaitable[None]],
    ) -> None:
        self.ledger = Ledger()
        self.managers: list[str] = []
        self.arrived: list[str] = []
        self._awake = asyncio.Event()
        self._awake.set()
        self._at_work = 0
        self._session = session
        self._replicas = replicas
        self._chance = chance
        self._erase = erase
        self._operations: dict[Callable[[], Awaitable[None]], int] = {
            self.decide: 50,
            self.correct: 3,
            self.reach_out: 5,
            self.give_back: 8,
            self.assign: 10,
            self.take_next: 3,
            self.pause: 3,
            self.resume: 8,
            self.change_capacity: 4,
            self.replace: 2,
            self.remove_and_restore: 2,
            self.erase: 5,
            self.look: 6,
        }

    async def hire(self, count: int) -> None:
        """Add managers."""
        for _ in range(count):
            name = f"Manager {self._chance.randrange(10**6)}"
            body = {"name": name, "capacity": self._chance.choice((1, 1, 1, 2, 3))}
            self.managers.append((await self._do("hire", "POST", "/v1/managers", body))["id"])

    async def free(self) -> int:
        """Count the managers who are free, up to twenty."""
        return len((await self._do("look", "GET", "/v1/managers?state=free&limit=20"))["items"])

    async def work(self, *, until: asyncio.Event) -> None:
        """Do one thing after another, as one client, until all is over."""
        operations, weights = zip(*self._operations.items(), strict=True)
        while not until.is_set():
            await self._awake.wait()
            (operation,) = self._chance.choices(operations, weights)
            self._at_work += 1
            await operation()
            self._at_work -= 1

    async def take_what_nobody_wants(self) -> None:
        """Let a lead wait that all who are free gave back, and some of them ask for the next one.

        Nobody else works while they give it back: whoever became free would get it. Then all go
        on, in a race with those who ask, and must not get what they have just given back.
        """
        self._awake.clear()
        await eventually(lambda: self._at_work == 0, within=NOBODY_THERE)
        givers = await self._decline()
        racing = [asyncio.create_task(self.take_next(giver)) for giver in givers[-3:]]
        self._awake.set()
        await asyncio.gather(*racing)

    async def _decline(self) -> list[str]:
        """Have all who get a lead give it back, until nobody gets it; return who they were."""
        lead, givers = await self._a_lead(), list[str]()
        while lead and lead["manager"] and len(givers) < MOST_DECLINE:
            givers.append(lead["manager"]["id"])
            lead = await self._give_back(lead)
        return givers

    # what a client may do

    async def decide(self) -> None:
        lead = await self._a_lead()
        if lead is not None:
            status = self._chance.choice(DECISIONS)
            headers = self._chance.choice(({}, {"If-Match": f'"{lead["tags"]["work"]}"'}))
            answer = await self._mark("decide", lead["id"], {"status": status}, headers)
            if answer:
                self.ledger.decided[lead["id"]] = status

    async def correct(self) -> None:
        if self.ledger.decided:
            lead, decision = self._chance.choice(list(self.ledger.decided.items()))
            (other,) = set(DECISIONS) - {decision}
            body = {"status": other, "reason": "a slip of the finger"}
            if await self._mark("correct", lead, body):
                self.ledger.decided[lead] = other

    async def reach_out(self) -> None:
        lead = await self._a_lead()
        if lead is not None:
            await self._mark("reach_out", lead["id"], {"status": "reached_out"})

    async def give_back(self) -> None:
        """Give a lead back, and ask for the next one at once."""
        lead = await self._a_lead()
        if lead is not None and lead["manager"] is not None:
            await self._give_back(lead)
            await self.take_next(lead["manager"]["id"])

    async def _give_back(self, lead: JSON) -> JSON:
        return await self._do("give_back", "DELETE", f"/v1/leads/{lead['id']}/assignee")

    async def assign(self) -> None:
        lead = await self._a_lead()
        if lead is not None:
            free = await self._do("look", "GET", "/v1/managers?state=free&limit=20")
            ids = [manager["id"] for manager in free["items"]] or [self._a_manager()]
            body = {"manager_id": self._chance.choice(ids), "reassign": self._chance.random() < 0.8}
            await self._do("assign", "PUT", f"/v1/leads/{lead['id']}/assignee", body)

    async def take_next(self, manager: str | None = None) -> None:
        path = f"/v1/managers/{manager or self._a_manager()}/next-lead"
        await self._do("take_next", "POST", path)

    async def pause(self) -> None:
        await self._do("pause", "POST", f"/v1/managers/{self._a_manager()}/pause")

    async def resume(self) -> None:
        await self._do("resume", "POST", f"/v1/managers/{self._a_manager()}/resume")

    async def change_capacity(self) -> None:
        body = {"capacity": self._chance.choice((1, 1, 2, 3, 5))}
        path = f"/v1/managers/{self._a_manager()}"
        await self._do("change_capacity", "PATCH", path, body)

    async def replace(self) -> None:
        await self._do("remove", "DELETE", f"/v1/managers/{self._leave()}")
        await self.hire(1)

    async def remove_and_restore(self) -> None:
        leaving = self._leave()
        path = f"/v1/managers/{leaving}"
        await self._do("rehearse_removal", "DELETE", f"{path}?dry_run=true")
        await self._do("remove", "DELETE", path)
        await self._do("restore", "POST", f"{path}/restore")
        self.managers.append(leaving)

    async def erase(self) -> None:
        lead = await self._a_lead()
        if lead is not None:
            await self._erase(lead["id"])
            self.ledger.done["erase"] += 1

    async def look(self) -> None:
        state = self._chance.choice(("free", "busy", "paused"))
        await self._do("look", "GET", f"/v1/managers?state={state}&limit=20")
        if self.arrived:
            path = f"/v1/leads/{self._chance.choice(self.arrived)}/history"
            await self._do("look", "GET", path)

    # how

    def _a_manager(self) -> str:
        return self._chance.choice(self.managers)

    def _leave(self) -> str:
        """Strike a manager off the list, so that one client at a time removes or restores him."""
        leaving = self._a_manager()
        self.managers.remove(leaving)
        return leaving

    async def _a_lead(self) -> JSON | None:
        """Return a lead that some manager holds, as a rule; sometimes one that may wait."""
        if self.arrived and self._chance.random() < 0.05:
            lead = self._chance.choice(self.arrived)
            return {"id": lead, "tags": {"work": "work-0"}, "manager": None}
        manager = await self._do("look", "GET", f"/v1/managers/{self._a_manager()}")
        leads = manager.get("leads")
        return self._chance.choice(leads) if leads else None

    async def _mark(
        self, name: str, lead: str, body: JSON, headers: dict[str, str] | None = None
    ) -> JSON:
        return await self._do(name, "PUT", f"/v1/leads/{lead}/status", body, headers)

    async def _do(
        self,
        name: str,
        method: str,
        path: str,
        body: JSON | None = None,
        headers: dict[str, str] | None = None,
    ) -> JSON:
        """Do one thing and note it; {} if it was refused."""
        status, answer = await self._ask(method, path, body, headers)
        assert status in UNDERSTOOD, f"{method} {path}: {status} {answer}"
        if status < 300:
            self.ledger.done[name] += 1
            return answer
        self.ledger.refused[answer["code"]] += 1
        return {}

    async def _ask(
        self, method: str, path: str, body: JSON | None, headers: dict[str, str] | None
    ) -> tuple[int, JSON]:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type((ClientConnectionError, ClientPayloadError)),
            before_sleep=self._note_silence,
            wait=wait_fixed(0.02),
            stop=stop_after_delay(NOBODY_THERE),
            reraise=True,
        ):
            with attempt:
                url = f"{self._chance.choice(self._replicas)}{path}"
                async with self._session.request(
                    method, url, json=body, headers=headers
                ) as response:
                    answer = await response.json() if response.content_length else {}
                    return response.status, answer
        raise AssertionError("the retries ended without an answer")

    def _note_silence(self, _state: RetryCallState) -> None:
        self.ledger.unanswered += 1
