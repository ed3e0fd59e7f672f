"""Clients at work: leads come in, are marked, changed and erased, until it is enough.

Who starts a thing asks for it until it is answered; nobody asks for one thing in two ways. So
every fact is asked for once, and what happened twice shows.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from random import Random
from typing import Any, Final, TypeAlias

from chaos import facts
from chaos.caller import JSON, Answer, Caller, Request

MANAGERS: Final = 6
ROWS: Final = (5, 30)
"""Leads of an import, at least and at most."""

_MOST_WAITING: Final = 150
"""Leads that were imported and not marked, above which no more are imported."""

_PAUSES: Final[Mapping[str, tuple[float, float]]] = {
    "import": (0.5, 1.5),
    "mark": (0.2, 0.6),
    "form": (0.5, 1.0),
    "erase": (2.0, 4.0),
    "rename": (3.0, 6.0),
}
"""Seconds that each client rests between two things."""

Judge: TypeAlias = Callable[[JSON], bool]


class Load:
    """All clients.

    Args:
        caller: How they ask.
        chance: What they choose by.
    """

    def __init__(self, *, caller: Caller, chance: Random) -> None:
        self.marked = 0
        self.imported = 0
        self._caller = caller
        self._chance = chance
        self._managers: list[str] = []
        self._erasable: list[str] = []
        self._number = 0
        self._over = asyncio.Event()

    async def add_webhook(self, url: str, *, secret: str) -> None:
        """Have every event sent to an endpoint, from now on."""
        body = {"url": url, "secret": secret}
        await self._ask("notifier_svc", "POST", "/v1/webhooks", json=body)

    async def replay(self, queue: str) -> None:
        """Have every event until now sent to a queue."""
        body = {"from": "2020-01-01T00:00:00Z", "subscription": queue}
        key = {"Idempotency-Key": f"replay-{self._next()}"}
        await self._ask("notifier_svc", "POST", "/v1/replays", json=body, headers=key)

    async def hire(self) -> None:
        """Add the managers."""
        for _ in range(MANAGERS):
            number = self._next()
            email = f"manager{number}@example.com"
            await self._ask(
                "manager_svc",
                "POST",
                "/v1/managers",
                facts.manager_added(email),
                done_before=["email_exists"],
                json={"name": f"Manager {number}", "email": email},
            )
        found = await self._ask("manager_svc", "GET", "/v1/managers")
        self._managers = [each["id"] for each in found.body["items"]]

    async def run(self) -> None:
        """Work until `stop`; then end what was begun."""
        async with asyncio.TaskGroup() as clients:
            clients.create_task(self._again_and_again("import", self._import))
            clients.create_task(self._again_and_again("form", self._fill_in_form))
            clients.create_task(self._again_and_again("erase", self._erase))
            clients.create_task(self._again_and_again("rename", self._rename_manager))
            for manager in self._managers:
                clients.create_task(self._work_as(manager))

    def stop(self) -> None:
        """Begin nothing new."""
        self._over.set()

    async def _again_and_again(self, name: str, act: Callable[[], Awaitable[None]]) -> None:
        while not await self._rest(name):
            await act()

    async def _rest(self, name: str) -> bool:
        """Rest a while; tell whether all is over."""
        try:
            async with asyncio.timeout(self._chance.uniform(*_PAUSES[name])):
                await self._over.wait()
        except TimeoutError:
            return False
        return True

    async def _import(self) -> None:
        if self.imported - self.marked > _MOST_WAITING:
            return
        leads = [self._lead() for _ in range(self._chance.randint(*ROWS))]
        answer = await self._ask(
            "import_svc",
            "POST",
            "/v1/imports",
            *(facts.lead_created(lead["email"]) for lead in leads),
            settles=lambda receipt: receipt["status"] == "completed",
            fulfils=lambda receipt: receipt["imported"] == len(leads),
            json=leads,
            headers={"Idempotency-Key": f"import-{self._next()}", **self._in_background()},
        )
        if answer.done:
            self.imported += len(leads)

    def _in_background(self) -> Mapping[str, str]:
        """Choose whether to wait for an import, or to ask again until it has been worked off."""
        return self._chance.choice(({}, {}, {"Prefer": "respond-async"}))

    async def _fill_in_form(self) -> None:
        lead = {name: value for name, value in self._lead().items() if name != "cellphone"}
        answer = await self._ask(
            "import_svc",
            "POST",
            "/v1/leads",
            facts.lead_created(lead["email"]),
            json=lead,
            headers={"Idempotency-Key": f"form-{self._next()}"},
        )
        if answer.done:
            await self._correct_name(answer.body["id"])

    async def _correct_name(self, lead: str) -> None:
        name = f"Married{self._next()}"
        fact = facts.lead_renamed(lead, name)
        changes = {"family_name": name}
        await self._ask("import_svc", "PATCH", f"/v1/leads/{lead}", fact, json=changes)
        self._erasable.append(lead)

    async def _erase(self) -> None:
        if self._erasable:
            lead = self._erasable.pop(self._chance.randrange(len(self._erasable)))
            fact = facts.lead_erased(lead)
            path = f"/v1/leads/{lead}"
            await self._ask("import_svc", "DELETE", path, fact, done_before=["lead_not_found"])

    async def _rename_manager(self) -> None:
        manager, name = self._chance.choice(self._managers), f"Manager {self._next()}"
        fact = facts.manager_renamed(manager, name)
        path = f"/v1/managers/{manager}"
        await self._ask("manager_svc", "PATCH", path, fact, json={"name": name})

    async def _work_as(self, manager: str) -> None:
        """Mark what a manager holds, one lead after another."""
        lead: str | None = None
        while not await self._rest("mark"):
            lead = await self._work_on(lead, manager) if lead else await self._held_by(manager)

    async def _held_by(self, manager: str) -> str | None:
        answer = await self._ask("manager_svc", "GET", f"/v1/managers/{manager}")
        leads = answer.body.get("leads")
        return leads[0]["id"] if leads else None

    async def _work_on(self, lead: str, manager: str) -> str | None:
        """Mark a lead, perhaps after having reached out, or give it back; return the next one."""
        if self._chance.random() < 0.04:
            path = f"/v1/leads/{lead}/assignee"
            await self._ask("manager_svc", "DELETE", path, params={"manager_id": manager})
            return None
        if self._chance.random() < 0.2:
            await self._mark(lead, "reached_out")
        decisions = ["interested", "interested", "not_interested"]
        decision = self._chance.choice(decisions)
        answer = await self._mark(lead, decision)
        self.marked += answer.done
        if answer.done and self._chance.random() < 0.05:
            (other,) = set(decisions) - {decision}
            await self._mark(lead, other, reason="a slip of the finger")
        following = answer.body.get("next_lead")
        return following["id"] if following else None

    async def _mark(self, lead: str, status: str, *, reason: str | None = None) -> Answer:
        fact = facts.lead_marked(lead, status)
        body = {"status": status, "reason": reason}
        return await self._ask("manager_svc", "PUT", f"/v1/leads/{lead}/status", fact, json=body)

    async def _ask(
        self,
        service: str,
        method: str,
        path: str,
        *told: facts.Fact,
        done_before: Collection[str] = (),
        settles: Judge = lambda _body: True,
        fulfils: Judge = lambda _body: True,
        **options: Any,
    ) -> Answer:
        return await self._caller.ask(
            Request(
                service=service,
                method=method,
                path=path,
                facts=told,
                done_before=done_before,
                settles=settles,
                fulfils=fulfils,
                options=options,
            )
        )

    def _lead(self) -> dict[str, str]:
        number = self._next()
        return {
            "name": f"Given{number}",
            "family_name": f"Family{number}",
            "email": f"lead{number}@example.com",
            "cellphone": f"+1212{2_000_000 + number}",
        }

    def _next(self) -> int:
        self._number += 1
        return self._number
