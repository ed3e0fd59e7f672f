"""Any operations in any order over the HTTP API, against a plain model of the rules.

Hypothesis draws the operations, each of which is done at the service and in the model: both
answer alike, and after each step they agree on every lead and every place. Apart from the
model, SQL says after each step that nobody holds too much (G4) and nobody is stranded (G5).
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from assignment_model import DECISIONS, MAY_FOLLOW, Lead, Manager, Model
from assignment_promises import assert_kept

if TYPE_CHECKING:
    from conftest import Desk

T = TypeVar("T")

STEP_WITHIN: Final = 20.0
MOST_MANAGERS: Final = 4
"""So few that they are free, busy and alone in turn, and give leads back to each other."""

# Which one: numbers read better than ids in a failure, and shrink.
A_MANAGER: Final = st.integers(0, MOST_MANAGERS - 1)
A_LEAD: Final = st.integers(0, 19)
USUALLY: Final = 15

AN_AGE: Final = st.integers(0, 9)
CAPACITY: Final = st.integers(1, 2)
A_STATUS: Final = st.sampled_from(sorted(MAY_FOLLOW))
A_REASON: Final = st.sampled_from([None, "a slip of the finger"])
A_DECISION: Final = st.sampled_from(sorted(DECISIONS))

STORED: Final = """
    SELECT
        id, status, manager_id,
        ARRAY(
            SELECT given_back.manager_id FROM given_back
            WHERE lead_id = leads.id AND at > now() - interval '1 hour'
        )
    FROM leads WHERE erased_at IS NULL
"""


class Assignment(RuleBasedStateMachine):
    """Does each operation at the service and in the model.

    Args:
        desk: The service, which lives in the event loop.
        loop: That loop; the machine itself runs in a thread.
    """

    def __init__(self, *, desk: "Desk", loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.desk = desk
        self.loop = loop
        self.model = Model()
        self.gone: list[UUID] = []

    @initialize(capacities=st.tuples(CAPACITY, CAPACITY))
    def open_the_office(self, capacities: tuple[int, int]) -> None:
        """Begin with two managers and a lead: without, most examples would be an empty house."""
        # In the order in which the sweep, which looks every second, takes their locks.
        self.wait_for(self.desk.value("TRUNCATE managers, slots, leads, given_back"))
        for capacity in capacities:
            self.add(capacity)
        self.arrive([0])

    @invariant()
    def both_agree(self) -> None:
        self.wait_for(self.compare())

    async def compare(self) -> None:
        page = await self.desk.call("GET", "/v1/managers?limit=1000")
        shown = {
            UUID(manager["id"]): (manager["state"], {UUID(lead["id"]) for lead in manager["leads"]})
            for manager in page["items"]
        }
        assert shown == self.model.shown()
        stored = {(*lead, frozenset(not_for)) for *lead, not_for in await self.desk.rows(STORED)}
        assert stored == {
            (lead.id, lead.status, lead.manager, frozenset(lead.not_for))
            for lead in self.model.leads.values()
        }
        async with self.desk.database.connection() as connection:
            await assert_kept(connection)

    # managers

    @precondition(lambda self: len(self.model.managers) < MOST_MANAGERS)
    @rule(capacity=CAPACITY)
    def add(self, capacity: int) -> None:
        self.model.step += 1
        body = {"name": "Anna", "capacity": capacity}
        refusal, answer = self.call("POST", "/v1/managers", json=body)
        assert refusal is None
        self.model.add(UUID(answer["id"]), capacity)
        self.model.match()

    @precondition(lambda self: self.model.managers)
    @rule(who=A_MANAGER, capacity=CAPACITY)
    def change_capacity(self, who: int, capacity: int) -> None:
        manager = self.manager(who)
        request = ("PATCH", f"/v1/managers/{manager.id}", {"capacity": capacity})
        self.command(request, lambda: self.model.change_capacity(manager, capacity))

    @precondition(lambda self: self.model.managers)
    @rule(who=A_MANAGER)
    def remove(self, who: int) -> None:
        manager = self.manager(who)
        held = [lead.id for lead in self.model.held_by(manager)]
        path = f"/v1/managers/{manager.id}"
        _, foretold = self.call("DELETE", path, params={"dry_run": "true"})
        self.both_agree()  # nothing has happened yet
        self.command(("DELETE", path, None), lambda: self.model.remove(manager))
        heirs = {
            UUID(each["lead"]["id"]): each["next_manager"] and UUID(each["next_manager"]["id"])
            for each in foretold["leads"]
        }
        assert heirs == {lead: self.model.leads[lead].manager for lead in held}

    @precondition(lambda self: self.model.managers)
    @rule(who=A_MANAGER)
    def restore(self, who: int) -> None:
        manager = self.manager(who)
        request = ("POST", f"/v1/managers/{manager.id}/restore", None)
        self.command(request, lambda: self.model.restore(manager))

    @precondition(lambda self: self.model.managers)
    @rule(who=A_MANAGER)
    def pause(self, who: int) -> None:
        manager = self.manager(who)
        request = ("POST", f"/v1/managers/{manager.id}/pause", None)
        self.command(request, lambda: self.model.pause(manager))

    @precondition(lambda self: self.model.managers)
    @rule(who=A_MANAGER)
    def resume(self, who: int) -> None:
        manager = self.manager(who)
        request = ("POST", f"/v1/managers/{manager.id}/resume", None)
        self.command(request, lambda: self.model.resume(manager))

    # leads

    @rule(ages=st.lists(AN_AGE, min_size=1, max_size=2))
    def arrive(self, ages: list[int]) -> None:
        contacts = [self.desk.contact(age=age) for age in ages]
        self.hear(self.desk.create(*contacts), lambda: self.model.take_in(*contacts))

    @rule(age=AN_AGE)
    def arrive_by_an_update_before_the_creation(self, age: int) -> None:
        contact = self.desk.contact(age=age, rev=2)
        self.hear(self.desk.update(contact), lambda: self.model.take_in(contact))
        older = contact.model_copy(update={"rev": 1})
        self.hear(self.desk.create(older), lambda: None)

    @rule(age=AN_AGE)
    def arrive_after_the_erasure(self, age: int) -> None:
        contact = self.desk.contact(age=age)
        self.hear(self.desk.erase(contact.id), lambda: self.gone.append(contact.id))
        self.hear(self.desk.create(contact), lambda: None)

    @precondition(lambda self: self.has_leads())
    @rule(which=A_LEAD)
    def erase(self, which: int) -> None:
        lead = self.lead(which)
        self.hear(self.desk.erase(lead), lambda: self.model.erase(lead))
        self.gone = [*dict.fromkeys([*self.gone, lead])]

    @precondition(lambda self: self.has_leads())
    @rule(which=A_LEAD, status=A_STATUS, reason=A_REASON)
    def mark(self, which: int, status: str, reason: str | None) -> None:
        self.do_mark(self.lead(which), status, reason=reason)

    @precondition(lambda self: self.has_leads())
    @rule(which=A_LEAD, status=A_DECISION)
    def decide(self, which: int, status: str) -> None:
        self.do_mark(self.lead(which), status, reason=None)

    @precondition(lambda self: self.has_leads())
    @rule(which=A_LEAD)
    def give_back(self, which: int) -> None:
        lead = self.lead(which)
        request = ("DELETE", f"/v1/leads/{lead}/assignee", None)
        self.command(request, lambda: self.model.give_back(self.model.leads.get(lead)))

    @precondition(lambda self: self.model.held())
    @rule(which=A_LEAD)
    def give_back_one_that_is_held(self, which: int) -> None:
        lead = self.held(which)
        request = ("DELETE", f"/v1/leads/{lead}/assignee", None)
        self.command(request, lambda: self.model.give_back(self.model.leads[lead]))

    @precondition(lambda self: self.has_leads() and self.model.managers)
    @rule(which=A_LEAD, who=A_MANAGER, reassign=st.booleans())
    def assign(self, which: int, who: int, reassign: bool) -> None:
        lead, manager = self.lead(which), self.manager(who)
        body = {"manager_id": str(manager.id), "reassign": reassign}
        self.command(
            ("PUT", f"/v1/leads/{lead}/assignee", body),
            lambda: self.model.assign(self.model.leads.get(lead), manager, reassign=reassign),
        )

    @precondition(lambda self: self.model.managers)
    @rule(who=A_MANAGER)
    def take_next(self, who: int) -> None:
        manager = self.manager(who)
        open_to_him = self.model.open_to(manager)
        request = ("POST", f"/v1/managers/{manager.id}/next-lead", None)
        answer, _ = self.command(request, lambda: self.model.take_next(manager))
        assert not answer or answer["id"] == str(open_to_him[0].id)

    @rule()
    def let_an_hour_pass(self) -> None:
        """What was given back is open to everybody again, with the next run of the matcher."""
        query = "UPDATE given_back SET at = at - $1::interval"
        self.wait_for(self.desk.value(query, timedelta(minutes=61)))
        self.model.forgive(*self.model.managers)
        self.model.match()
        self.arrive([0])

    # how

    def manager(self, number: int) -> Manager:
        """One of all managers, also of those who were removed."""
        managers = list(self.model.managers.values())
        return managers[number % len(managers)]

    def lead(self, number: int) -> UUID:
        """One of all leads that ever were: those held first, then those that wait, and so on."""
        known = sorted(
            self.model.leads.values(), key=lambda lead: (not lead.manager, not lead.waits)
        )
        leads = [*(lead.id for lead in known), *self.gone]
        return leads[number % len(leads)]

    def held(self, number: int) -> UUID:
        held = self.model.held()
        return held[number % len(held)].id

    def has_leads(self) -> bool:
        return bool(self.model.leads or self.gone)

    def do_mark(self, lead: UUID, status: str, *, reason: str | None) -> None:
        known = self.model.leads.get(lead)
        holder = known and known.manager
        body = {"status": status, **({} if reason is None else {"reason": reason})}
        answer, assigned = self.command(
            ("PUT", f"/v1/leads/{lead}/status", body),
            lambda: self.model.mark(known, status, reason),
        )
        given = [str(each.id) for each in assigned if holder and each.manager == holder]
        if answer:
            assert answer["lead"]["status"] == status
            assert (answer["next_lead"] or {}).get("id") == (given[0] if given else None)

    def hear(self, event: Coroutine[Any, Any, None], change: Callable[[], object]) -> None:
        """Have the service handle an event."""
        self.model.step += 1
        self.wait_for(event)
        change()
        self.model.match()

    def command(
        self,
        request: tuple[str, str, dict[str, Any] | None],
        change: Callable[[], str | None],
    ) -> tuple[Any, list[Lead]]:
        """Do it at both, hold them to the same refusal; return answer and what was assigned."""
        self.model.step += 1
        method, path, body = request
        refusal, answer = self.call(method, path, json=body)
        assert refusal == change()
        return ({} if refusal else answer), self.model.match()

    def call(self, method: str, path: str, **options: Any) -> tuple[str | None, Any]:
        """Return the code of a refusal, or None, and the answer."""

        async def ask() -> tuple[str | None, Any]:
            async with self.desk.client.request(method, path, **options) as response:
                answer = await response.json() if response.content_length else {}
                assert response.status < 500, answer
                return (None if response.ok else answer["code"]), answer

        return self.wait_for(ask())

    def wait_for(self, doing: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(doing, self.loop).result(timeout=STEP_WITHIN)


@pytest.mark.timeout(420)  # to make the shortest example of a failure takes its time
async def test_service_and_model_agree_after_every_step(desk: "Desk") -> None:
    loop = asyncio.get_running_loop()
    machine: Any = partial(Assignment, desk=desk, loop=loop)  # called like the class it wants
    effort = settings(
        max_examples=25,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=effort)
