"""The rules of assignment, said slowly, in memory: what manager-svc is held against.

Again and again, take the oldest waiting lead that some free place is open to, and give it to the
one that has been free longest.
"""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from leadwire.contracts import Contact

DECISIONS: Final = frozenset({"interested", "not_interested"})
MAY_FOLLOW: Final = {
    "pending": {"reached_out", *DECISIONS},
    "reached_out": DECISIONS,
    "interested": {"not_interested"},
    "not_interested": {"interested"},
}


@dataclass
class Manager:
    id: UUID
    capacity: int
    state: str = "active"
    free: list[int] = field(default_factory=list)  # since which step, one for each place offered


@dataclass
class Lead:
    contact: Contact
    status: str = "pending"
    manager: UUID | None = None
    not_for: set[UUID] = field(default_factory=set)

    @property
    def id(self) -> UUID:
        return self.contact.id

    @property
    def waits(self) -> bool:
        return self.manager is None and self.status not in DECISIONS


@dataclass
class Model:
    """What is true after each step; commands return the code of their refusal, or None."""

    managers: dict[UUID, Manager] = field(default_factory=dict)
    leads: dict[UUID, Lead] = field(default_factory=dict)
    step: int = 0

    # what there is

    def held(self) -> list[Lead]:
        return [lead for lead in self.leads.values() if lead.manager]

    def held_by(self, manager: Manager) -> list[Lead]:
        return [lead for lead in self.leads.values() if lead.manager == manager.id]

    def waiting(self) -> list[Lead]:
        found = [lead for lead in self.leads.values() if lead.waits]
        return sorted(found, key=lambda lead: (lead.contact.created_at, lead.id))

    def open_to(self, manager: Manager) -> list[Lead]:
        return [lead for lead in self.waiting() if manager.id not in lead.not_for]

    def shown(self) -> dict[UUID, tuple[str, set[UUID]]]:
        """State and leads of each manager who was not removed."""
        return {
            manager.id: (
                "paused" if manager.state == "paused" else "free" if manager.free else "busy",
                {lead.id for lead in self.held_by(manager)},
            )
            for manager in self.managers.values()
            if manager.state != "removed"
        }

    # managers

    def add(self, manager_id: UUID, capacity: int) -> None:
        self.managers[manager_id] = Manager(manager_id, capacity, free=[self.step] * capacity)

    def change_capacity(self, manager: Manager, capacity: int) -> str | None:
        if manager.state == "removed":
            return "manager_removed"
        if capacity < len(self.held_by(manager)):
            return "capacity_in_use"
        manager.capacity = capacity
        self._offer_or_drop_places(manager)
        return None

    def remove(self, manager: Manager) -> None:
        for lead in self.held_by(manager):
            lead.manager = None
        manager.state, manager.free = "removed", []

    def restore(self, manager: Manager) -> None:
        if manager.state == "removed":
            manager.state = "active"
            self._offer_or_drop_places(manager)

    def pause(self, manager: Manager) -> str | None:
        if manager.state == "removed":
            return "manager_removed"
        manager.state, manager.free = "paused", []
        return None

    def resume(self, manager: Manager) -> str | None:
        if manager.state == "removed":
            return "manager_removed"
        manager.state = "active"
        self._offer_or_drop_places(manager)
        return None

    def _offer_or_drop_places(self, manager: Manager) -> None:
        """As many places are free as nobody sits in; the ones freed last go first."""
        if manager.state == "active":
            count = manager.capacity - len(self.held_by(manager))
            manager.free = (sorted(manager.free) + [self.step] * count)[:count]

    # leads

    def mark(self, lead: Lead | None, status: str, reason: str | None) -> str | None:
        if lead is None:
            return "lead_not_found"
        if status == lead.status:
            return None
        if status not in MAY_FOLLOW[lead.status]:
            return "illegal_transition"
        if lead.status in DECISIONS and reason is None:
            return "reason_required"
        lead.status = status
        if status in DECISIONS:
            self._free_from_manager(lead)
            lead.not_for.clear()
        return None

    def give_back(self, lead: Lead | None) -> str | None:
        if lead is None:
            return "lead_not_found"
        if lead.manager is not None:
            lead.not_for.add(lead.manager)
            self._free_from_manager(lead)
        return None

    def assign(self, lead: Lead | None, manager: Manager, *, reassign: bool) -> str | None:
        if lead is None:
            return "lead_not_found"
        if lead.manager == manager.id:
            return None
        if lead.status in DECISIONS:
            return "lead_decided"
        if lead.manager is not None and not reassign:
            return "lead_taken"
        refusal = self._refusal_to_take(manager)
        if refusal is None:
            self._free_from_manager(lead)
            self._give(lead, manager)
        return refusal

    def take_next(self, manager: Manager) -> str | None:
        refusal = self._refusal_to_take(manager)
        if refusal is None and not self.open_to(manager):
            return "no_lead_waiting"
        if refusal is None:
            self._give(self.open_to(manager)[0], manager)
        return refusal

    def take_in(self, *contacts: Contact) -> None:
        self.leads |= {contact.id: Lead(contact) for contact in contacts}

    def erase(self, lead_id: UUID) -> None:
        if (lead := self.leads.pop(lead_id, None)) is not None:
            self._free_from_manager(lead)

    def forgive(self, *givers: UUID) -> None:
        """All that these managers gave back is open to them again."""
        for lead in self.leads.values():
            lead.not_for.difference_update(givers)

    def _refusal_to_take(self, manager: Manager) -> str | None:
        if manager.state != "active":
            return f"manager_{manager.state}"
        return None if manager.free else "manager_full"

    def _free_from_manager(self, lead: Lead) -> None:
        if lead.manager is not None:
            manager = self.managers[lead.manager]
            if manager.state == "active":
                manager.free.append(self.step)
            lead.manager = None

    def _give(self, lead: Lead, manager: Manager) -> None:
        manager.free.remove(min(manager.free))
        lead.manager = manager.id
        self.forgive(manager.id)

    # the rule

    def match(self) -> list[Lead]:
        """Return the leads assigned, in order."""
        assigned = []
        while (lead := self._match_one()) is not None:
            assigned.append(lead)
        return assigned

    def _match_one(self) -> Lead | None:
        managers = self.managers.values()
        places = sorted((since, manager.id) for manager in managers for since in manager.free)
        for lead in self.waiting():
            for _, manager_id in places:
                if manager_id not in lead.not_for:
                    self._give(lead, self.managers[manager_id])
                    return lead
        return None
