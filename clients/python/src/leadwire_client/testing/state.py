"""What the fake remembers: leads, managers, imports, and the log of changes."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from leadwire_client.resumes import Resume, ResumeLink
from leadwire_client.testing.door import Door
from leadwire_client.testing.refusal import Refusal, not_found
from leadwire_client.testing.rules import DECIDED, check_transition, holder, now, ref, waits

JSON = dict[str, Any]
REQUIRED = ("name", "family_name", "email")


@dataclass(frozen=True, slots=True)
class Logged:
    """A change: the lead before and after it; None where it was not there."""

    id: str
    rev: int
    before: JSON | None
    after: JSON | None


@dataclass(slots=True)
class State:
    """All of it, behind one lock.

    Attributes:
        changed: Notified with every change, and whenever streams must look up.
        log: Every change; a position is a number of entries.
        pruned_to: Cursors before this position have expired.
        door: Who may ask.
        connections: Raised when all streams are to be cut.
    """

    changed: threading.Condition = field(default_factory=threading.Condition)
    epoch: str = field(default_factory=lambda: str(uuid4()))
    leads: dict[str, JSON] = field(default_factory=dict)
    managers: dict[str, JSON] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    imports: dict[str, JSON] = field(default_factory=dict)
    answers: dict[str, tuple[int, JSON]] = field(default_factory=dict)
    resumes: dict[str, Resume | ResumeLink] = field(default_factory=dict)
    webhooks: dict[str, JSON] = field(default_factory=dict)
    replays: dict[str, JSON] = field(default_factory=dict)
    replays_end: bool = True
    conceals: bool = False
    removed: dict[str, JSON] = field(default_factory=dict)
    history: dict[str, list[JSON]] = field(default_factory=dict)
    parked: dict[str, dict[str, JSON]] = field(default_factory=dict)
    decisions: dict[str, list[JSON]] = field(default_factory=dict)
    log: list[Logged] = field(default_factory=list)
    pruned_to: int = 0
    connections: int = 0
    door: Door = field(default_factory=Door)

    def add_lead(self, fields: Mapping[str, Any], **known: Any) -> JSON:
        """Create a lead, which the next free manager gets.

        Raises:
            Refusal: A field is missing, or the email or cellphone exists.
        """
        missing = [name for name in REQUIRED if not fields.get(name)]
        if missing:
            errors = [{"in": "body", "path": name, "message": "required"} for name in missing]
            raise Refusal(422, "invalid_request", errors=errors)
        self._check_unique(fields, but=None)
        moment = now()
        lead = {
            "id": str(uuid4()),
            "cellphone": None,
            "status": "pending",
            "manager": None,
            "origin": "form",
            "import_id": None,
            "attributes": {},
            "has_resume": False,
            "created_at": moment,
            "updated_at": moment,
            "rev": 1,
            "tags": {"contact": "contact-1", "work": None},
            **fields,
            **known,
        }
        self._store(lead)
        self.match()
        return self.leads[lead["id"]]

    def change(self, lead_id: str, side: str, **changes: Any) -> JSON:
        """Change a lead; its `rev` and the tag of the side grow."""
        lead = self.lead(lead_id)
        number = int((lead["tags"][side] or "-0").rpartition("-")[2]) + 1
        changed = {
            **lead,
            **changes,
            "updated_at": now(),
            "rev": lead["rev"] + 1,
            "tags": {**lead["tags"], side: f"{side}-{number}"},
        }
        if side == "contact":
            self._check_unique(changed, but=lead_id)
        self._store(changed)
        return changed

    def erase(self, lead_id: str) -> None:
        """Erase a lead."""
        lead = self.lead(lead_id)
        del self.leads[lead_id]
        self.resumes.pop(lead_id, None)
        self.log.append(Logged(lead_id, lead["rev"] + 1, lead, None))
        self.changed.notify_all()
        self.match()

    def lead(self, lead_id: str) -> JSON:
        """Give a lead.

        Raises:
            Refusal: There is none.
        """
        if lead_id not in self.leads:
            raise not_found("lead")
        return self.leads[lead_id]

    def manager(self, manager_id: str) -> JSON:
        """Give a manager, with the leads that he holds.

        Raises:
            Refusal: There is none.
        """
        if manager_id not in self.managers:
            raise not_found("manager")
        held = [each for each in self.leads.values() if holder(each) == manager_id]
        state = "paused" if manager_id in self.paused else "busy" if held else "free"
        kept = self.managers[manager_id]
        return {**kept, "leads": held, "lead_count": len(held), "state": state}

    def add_manager(self, fields: Mapping[str, Any]) -> JSON:
        """Add a manager, who takes the oldest waiting lead."""
        if not fields.get("name"):
            raise Refusal(422, "invalid_request")
        moment = now()
        stored = {"email": None, "capacity": 1, **fields, "id": str(uuid4()), "rev": 1}
        self.managers[stored["id"]] = {**stored, "created_at": moment, "updated_at": moment}
        self.match()
        return self.manager(stored["id"])

    def remove_manager(self, manager_id: str) -> None:
        """Remove a manager; his leads wait again. Nothing if that was done before."""
        if manager_id in self.removed:
            return
        held = self.manager(manager_id)["leads"]
        self.removed[manager_id] = self.managers.pop(manager_id)
        for lead in held:
            self.assign(lead["id"], None)
        self.match()

    def restore_manager(self, manager_id: str) -> JSON:
        """Take a removal back."""
        if manager_id in self.removed:
            self.managers[manager_id] = self.removed.pop(manager_id)
            self.match()
        return self.manager(manager_id)

    def removal(self, manager_id: str) -> JSON:
        """Give what would happen if a manager was removed now."""
        if manager_id in self.removed:
            return {"manager": ref(self.removed[manager_id]), "already_removed": True, "leads": []}
        manager = self.manager(manager_id)
        others = [each for each in self.managers if each != manager_id and self._has_room(each)]
        heirs = [ref(self.managers[each]) for each in others]
        leads = [
            {"lead": lead, "next_manager": heirs.pop(0) if heirs else None}
            for lead in manager["leads"]
        ]
        return {"manager": ref(manager), "already_removed": False, "leads": leads}

    def mark(self, lead_id: str, status: str, *, reason: str | None = None) -> JSON:
        """Mark a lead; give it and what its manager got."""
        lead = self.lead(lead_id)
        check_transition(lead["status"], status, reason)
        freed = holder(lead) if status in DECIDED else None
        if status != lead["status"]:
            kept = {"manager": None} if status in DECIDED else {}
            self._tell(lead, f"lead_{status}", status, reason=reason)
            self.change(lead_id, "work", status=status, **kept)
        held_before = set(self._held(freed))
        self.match()
        got = [each for each in self._held(freed) if each not in held_before]
        return {"lead": self.lead(lead_id), "next_lead": self.leads[got[0]] if got else None}

    def assign(self, lead_id: str, manager_id: str | None, *, reason: str | None = None) -> JSON:
        """Give a lead to a manager, or to nobody."""
        lead = self.lead(lead_id)
        manager = None
        if manager_id is not None:
            found = self.manager(manager_id)
            manager = {"id": found["id"], "name": found["name"]}
        about = {**lead, "manager": manager} if manager else lead
        event = "lead_assigned" if manager else "lead_released"
        self._tell(about, event, lead["status"], reason=reason)
        return self.change(lead_id, "work", manager=manager)

    def match(self) -> None:
        """Give waiting leads, oldest first, to managers who have room."""
        waiting = [each for each in self.leads.values() if waits(each)] if self.managers else []
        for lead in waiting:
            free = next((each for each in self.managers if self._has_room(each)), None)
            if free is None:
                return
            self.assign(lead["id"], free)

    def wake(self, do: Callable[[], None]) -> None:
        """Do something, and have the streams look up."""
        with self.changed:
            do()
            self.changed.notify_all()

    def _has_room(self, manager_id: str) -> bool:
        capacity = self.managers[manager_id]["capacity"]
        return manager_id not in self.paused and len(self._held(manager_id)) < capacity

    def _held(self, manager_id: str | None) -> list[str]:
        held = [each["id"] for each in self.leads.values() if holder(each) == manager_id]
        return [] if manager_id is None else held

    def _store(self, lead: JSON) -> None:
        before = self.leads.get(lead["id"])
        self.leads[lead["id"]] = lead
        self.log.append(Logged(lead["id"], lead["rev"], before, lead))
        self.changed.notify_all()

    def _tell(self, lead: JSON, event: str, status: str, *, reason: str | None) -> None:
        entry = {
            "at": now(),
            "event": event,
            "actor": "fake",
            "from_status": lead["status"],
            "to_status": status,
            "manager": lead["manager"],
            "rule": None,
            "reason": reason,
        }
        self.history.setdefault(lead["id"], []).append(entry)

    def _check_unique(self, fields: Mapping[str, Any], *, but: str | None) -> None:
        others = [each for each in self.leads.values() if each["id"] != but]
        if any(each["email"].lower() == str(fields["email"]).lower() for each in others):
            raise Refusal(409, "email_exists")
        cellphone = fields.get("cellphone")
        if cellphone and any(each["cellphone"] == cellphone for each in others):
            raise Refusal(409, "cellphone_exists")
