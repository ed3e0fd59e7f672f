"""Any operations in any order, against a model of G4 and G5: both agree after each step.

The model is the rule said slowly: again and again, take the oldest waiting lead that some
free place is open to, and give it the one that has been free longest.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from leadwire.contracts import Contact

if TYPE_CHECKING:
    from conftest import Desk

DECISIONS = ("interested", "not_interested")
OPERATIONS = (
    ["arrive"] * 4
    + ["add", "add", "remove", "pause", "resume", "give_back", "erase"]
    + ["mark"] * 4
)
steps = st.lists(
    st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 2**16)), min_size=15, max_size=30
)


@dataclass
class ModelManager:
    id: UUID
    paused: bool = False
    free: list[int] = field(default_factory=list)  # since which step, one for each free place
    withheld: int = 0
    held: set[UUID] = field(default_factory=set)


@dataclass
class Model:
    managers: dict[UUID, ModelManager] = field(default_factory=dict)
    waiting: list[Contact] = field(default_factory=list)
    leads: dict[UUID, Contact] = field(default_factory=dict)
    not_for: dict[UUID, UUID] = field(default_factory=dict)
    step: int = 0

    def holder(self, lead: UUID) -> ModelManager | None:
        return next((m for m in self.managers.values() if lead in m.held), None)

    def free_place(self, manager: ModelManager) -> None:
        if manager.paused:
            manager.withheld += 1
        else:
            manager.free.append(self.step)

    def release(self, lead: UUID) -> None:
        """The lead leaves its manager, if it has one."""
        if (manager := self.holder(lead)) is not None:
            manager.held.remove(lead)
            self.free_place(manager)

    def leave(self, lead: UUID) -> None:
        """The lead is decided or erased."""
        self.release(lead)
        self.waiting = [contact for contact in self.waiting if contact.id != lead]
        del self.leads[lead]

    def match(self) -> None:
        while self.match_one():
            pass

    def match_one(self) -> bool:
        places = sorted(
            (since, manager.id) for manager in self.managers.values() for since in manager.free
        )
        for lead in sorted(self.waiting, key=lambda contact: (contact.created_at, contact.id)):
            for since, manager_id in places:
                if self.not_for.get(lead.id) != manager_id:
                    manager = self.managers[manager_id]
                    manager.free.remove(since)
                    manager.held.add(lead.id)
                    self.waiting.remove(lead)
                    self.not_for = {
                        other: who
                        for other, who in self.not_for.items()
                        if who != manager_id and other != lead.id
                    }
                    return True
        return False


class Clerk:
    """Does each step at the service and in the model."""

    def __init__(self, desk: "Desk") -> None:
        self.desk = desk
        self.model = Model()

    async def do(self, operation: str, pick: int) -> None:
        self.model.step += 1
        await getattr(self, operation)(pick)
        self.model.match()
        await self.compare()

    async def arrive(self, pick: int) -> None:
        contacts = [self.desk.contact(age=pick * 7919 * n % 1000) for n in range(1 + pick % 3)]
        await self.desk.create(*contacts)
        self.model.waiting += contacts
        self.model.leads |= {contact.id: contact for contact in contacts}

    async def add(self, pick: int) -> None:
        capacity = 1 + pick % 2
        added = UUID((await self.desk.manager(f"M{pick}", capacity=capacity))["id"])
        self.model.managers[added] = ModelManager(added, free=[self.model.step] * capacity)

    async def remove(self, pick: int) -> None:
        if (manager := self.one_of(self.model.managers, pick)) is None:
            return
        await self.desk.call("DELETE", f"/v1/managers/{manager}", 204)
        held = self.model.managers.pop(manager).held
        self.model.waiting += [self.model.leads[lead] for lead in held]

    async def pause(self, pick: int) -> None:
        if (chosen := self.one_of(self.model.managers, pick)) is None:
            return
        await self.desk.call("POST", f"/v1/managers/{chosen}/pause")
        manager = self.model.managers[chosen]
        manager.paused = True
        manager.withheld += len(manager.free)
        manager.free = []

    async def resume(self, pick: int) -> None:
        if (chosen := self.one_of(self.model.managers, pick)) is None:
            return
        await self.desk.call("POST", f"/v1/managers/{chosen}/resume")
        manager = self.model.managers[chosen]
        manager.paused = False
        manager.free += [self.model.step] * manager.withheld
        manager.withheld = 0

    async def mark(self, pick: int) -> None:
        held = [lead for lead in self.model.leads if self.model.holder(lead)]
        choices = held if pick % 5 else list(self.model.leads)
        if (lead := self.one_of(choices, pick)) is None:
            return
        await self.desk.mark(lead, DECISIONS[pick % 2])
        self.model.leave(lead)

    async def give_back(self, pick: int) -> None:
        held = [lead for lead in self.model.leads if self.model.holder(lead)]
        if (lead := self.one_of(held, pick)) is None:
            return
        await self.desk.call("DELETE", f"/v1/leads/{lead}/assignee")
        holder = self.model.holder(lead)
        assert holder is not None
        self.model.release(lead)
        self.model.waiting.append(self.model.leads[lead])
        self.model.not_for[lead] = holder.id

    async def erase(self, pick: int) -> None:
        if (lead := self.one_of(self.model.leads, pick)) is None:
            return
        await self.desk.erase(lead)
        self.model.leave(lead)

    async def compare(self) -> None:
        query = "SELECT manager_id, id FROM leads WHERE manager_id IS NOT NULL"
        found = set(await self.desk.rows(query))
        managers = self.model.managers.values()
        assert found == {(manager.id, lead) for manager in managers for lead in manager.held}
        free = await self.desk.value("SELECT count(*) FROM slots WHERE free_since IS NOT NULL")
        assert free == sum(len(manager.free) for manager in managers)

    @staticmethod
    def one_of(choices: Collection[UUID], pick: int) -> UUID | None:
        ordered = list(choices)
        return ordered[pick % len(ordered)] if ordered else None


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
async def test_service_and_model_agree_after_every_step(
    desk: "Desk", steps: list[tuple[str, int]]
) -> None:
    await desk.value("TRUNCATE leads, slots, managers")
    clerk = Clerk(desk)
    for operation, pick in steps:
        await clerk.do(operation, pick)
