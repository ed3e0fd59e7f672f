"""What clients get."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from manager_svc.domain.explanation import Explanation, FreeManager, Rule, Verdict
from manager_svc.domain.lead import HistoryEntry, Lead
from manager_svc.domain.manager import Availability, ManagerName
from manager_svc.domain.status import LeadStatus
from manager_svc.usecases.mark_lead import Marked
from manager_svc.usecases.read_managers import LEADS_LISTED, ManagerWithLeads
from manager_svc.usecases.remove_manager import Orphan, Removal


class ManagerRefView(BaseModel):
    """Which manager."""

    id: UUID
    name: str

    @classmethod
    def of(cls, manager: ManagerName | None) -> Self | None:
        """Show a manager's name, if there is a manager."""
        return None if manager is None else cls(id=manager.id, name=manager.name)


class Tags(BaseModel):
    """Versions of the sides of a lead."""

    work: str = Field(description="For `If-Match` and `at_least`.", examples=["work-7"])


class LeadView(BaseModel):
    """A lead as manager-svc knows it."""

    id: UUID
    name: str
    family_name: str
    email: str
    cellphone: str | None
    status: LeadStatus
    manager: ManagerRefView | None = Field(description="The assignee.")
    assigned_at: datetime | None
    decided_at: datetime | None
    created_at: datetime
    tags: Tags

    @classmethod
    def of(cls, lead: Lead) -> Self:
        """Show a lead."""
        contact, work = lead.contact, lead.work
        return cls(
            id=contact.id,
            name=contact.name,
            family_name=contact.family_name,
            email=contact.email,
            cellphone=contact.cellphone,
            status=work.status,
            manager=ManagerRefView.of(work.manager),
            assigned_at=work.assigned_at,
            decided_at=work.decided_at,
            created_at=contact.created_at,
            tags=Tags(work=work.tag),
        )


class MarkedView(BaseModel):
    """A marked lead, and what its manager got in the same moment."""

    lead: LeadView
    next_lead: LeadView | None = Field(
        description="null if no lead waits, or nobody was freed by this request."
    )

    @classmethod
    def of(cls, marked: Marked) -> Self:
        """Show what marking did."""
        next_lead = None if marked.next_lead is None else LeadView.of(marked.next_lead)
        return cls(lead=LeadView.of(marked.lead), next_lead=next_lead)


class ManagerView(BaseModel):
    """A lead manager."""

    id: UUID
    name: str
    email: str | None
    capacity: int = Field(description="Most undecided leads held at once.")
    state: Availability
    free_since: datetime | None = Field(
        description="Since when he has had room for a lead; null if he has none, or is paused."
    )
    lead_count: int = Field(description="How many undecided leads he holds.")
    leads: list[LeadView] = Field(
        description="What he holds, longest held first; in a list of managers, of each "
        f"{LEADS_LISTED} at most."
    )
    created_at: datetime
    updated_at: datetime
    rev: int

    @classmethod
    def of(cls, found: ManagerWithLeads) -> Self:
        """Show a manager with his leads."""
        manager = found.manager
        return cls(
            id=manager.id,
            name=manager.name,
            email=manager.email,
            capacity=manager.capacity,
            state=manager.availability,
            free_since=manager.free_since,
            lead_count=found.held.count,
            leads=[LeadView.of(lead) for lead in found.held.leads],
            created_at=manager.created_at,
            updated_at=manager.updated_at,
            rev=manager.rev,
        )


class ManagersPage(BaseModel):
    """A page of managers, in the order in which they were added."""

    items: list[ManagerView]
    next_cursor: str | None

    @classmethod
    def of(cls, items: Sequence[ManagerWithLeads], next_cursor: str | None) -> Self:
        """Show a page."""
        return cls(items=[ManagerView.of(each) for each in items], next_cursor=next_cursor)


class OrphanView(BaseModel):
    """A lead that would be without its manager."""

    lead: LeadView
    next_manager: ManagerRefView | None = Field(
        description="Who would get it; null if nobody is free, so that it waits at its old age."
    )

    @classmethod
    def of(cls, orphan: Orphan) -> Self:
        """Show a lead and who would get it."""
        return cls(lead=LeadView.of(orphan.lead), next_manager=ManagerRefView.of(orphan.heir))


class RemovalView(BaseModel):
    """What removing a manager would do, were it done now."""

    manager: ManagerRefView
    already_removed: bool = Field(description="He was removed before: nothing would happen.")
    leads: list[OrphanView] = Field(description="What he holds, longest held first.")

    @classmethod
    def of(cls, removal: Removal) -> Self:
        """Show what removing a manager did, and did not last."""
        manager = ManagerRefView(id=removal.manager.id, name=removal.manager.name)
        return cls(
            manager=manager,
            already_removed=removal.already_removed,
            leads=[OrphanView.of(orphan) for orphan in removal.orphans],
        )


class FreeManagerView(BaseModel):
    """A manager who was free."""

    manager: ManagerRefView
    since: datetime
    verdict: Verdict = Field(
        description=(
            "`gave_it_back`: he was free for longer, but had given this lead back. "
            "`free_for_less`: the one chosen was free for longer."
        )
    )

    @classmethod
    def of(cls, free: FreeManager) -> Self:
        """Show a free manager."""
        manager = ManagerRefView(id=free.manager.id, name=free.manager.name)
        return cls(manager=manager, since=free.since, verdict=free.verdict)


class WaitingLeadView(BaseModel):
    """A lead that was waiting."""

    id: UUID
    created_at: datetime


class AssignmentView(BaseModel):
    """Why a lead went to its last manager."""

    manager: ManagerRefView = Field(description="Who got the lead.")
    assigned_at: datetime
    actor: str = Field(description="Who gave it to him.", examples=["matcher"])
    rule: Rule = Field(
        description=(
            "`oldest_first`: the oldest waiting lead went to the manager who had been free "
            "longest. `next_lead`: he asked for the oldest. `by_hand`, `reassigned`: somebody "
            "chose lead and manager."
        )
    )
    free: list[FreeManagerView] = Field(
        description="Who was free, free longest first; if somebody chose, the one chosen."
    )
    more_free: bool | None = Field(
        description="Others were free too, for less long than these; null if somebody chose, since "
        "then nobody looked."
    )
    oldest_lead: WaitingLeadView = Field(
        description=(
            "The lead that had waited longest. If it is another one, somebody chose, or the "
            "manager had given that one back."
        )
    )

    @classmethod
    def of(cls, explanation: Explanation) -> Self:
        """Show why."""
        assignment, oldest = explanation.assignment, explanation.oldest
        return cls(
            manager=ManagerRefView(id=assignment.manager.id, name=assignment.manager.name),
            assigned_at=assignment.assigned_at,
            actor=assignment.actor,
            rule=assignment.rule,
            free=[FreeManagerView.of(each) for each in explanation.free],
            more_free=assignment.turn.sight.more_free,
            oldest_lead=WaitingLeadView(id=oldest.lead_id, created_at=oldest.created_at),
        )


class HistoryEntryView(BaseModel):
    """One thing that happened to a lead."""

    at: datetime
    event: str = Field(examples=["lead_assigned"])
    actor: str
    from_status: LeadStatus
    to_status: LeadStatus
    manager: ManagerRefView | None = Field(
        description="Whom it concerns, by the name that he has today; his id never changes."
    )
    rule: str | None = Field(
        description="By which he got or lost the lead, if he did.",
        examples=["oldest_first", "by_hand", "given_back"],
    )
    reason: str | None = Field(description="Why, in the words of whoever did it.")

    @classmethod
    def of(cls, entry: HistoryEntry) -> Self:
        """Show an entry."""
        return cls(
            at=entry.at,
            event=entry.what,
            actor=entry.actor,
            from_status=entry.from_status,
            to_status=entry.to_status,
            manager=ManagerRefView.of(entry.manager),
            rule=entry.rule,
            reason=entry.reason,
        )


class HistoryPage(BaseModel):
    """A page of a lead's history, oldest first."""

    items: list[HistoryEntryView]
    next_cursor: str | None
    forgotten_at: datetime | None = Field(
        description="Since when what happened before is not known any more; null if all of it is."
    )

    @classmethod
    def of(
        cls, items: Sequence[HistoryEntry], next_cursor: str | None, forgotten_at: datetime | None
    ) -> Self:
        """Show a page."""
        return cls(
            items=[HistoryEntryView.of(each) for each in items],
            next_cursor=next_cursor,
            forgotten_at=forgotten_at,
        )
