"""Why a lead went to its manager, and what would become of one who is removed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from leadwire_client.models import LeadWork, ManagerRef


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeManager:
    """One who was free when a lead was given away.

    Attributes:
        since: Since when.
        verdict: `chosen`, `gave_it_back` (this lead, before) or `free_for_less`.
    """

    manager: ManagerRef
    since: datetime
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLead:
    """A lead that waited."""

    id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The last assignment of a lead, explained.

    Attributes:
        manager: Who got it.
        actor: Who gave it to him.
        rule: `oldest_first`, `next_lead`, `by_hand` or `reassigned`.
        free: Who was free, free longest first; if somebody chose, the one chosen.
        more_free: Whether others were free too, for less long; None if somebody chose.
        oldest_lead: The lead that had waited longest.
    """

    manager: ManagerRef
    assigned_at: datetime
    actor: str
    rule: str
    oldest_lead: WaitingLead
    free: tuple[FreeManager, ...] = ()
    more_free: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A lead whose manager would go.

    Attributes:
        next_manager: Who would get it; None if nobody is free, so that it waits.
    """

    lead: LeadWork
    next_manager: ManagerRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What would happen if a manager was removed now.

    Attributes:
        already_removed: Nothing: he was removed before.
        leads: What he holds, longest held first.
    """

    manager: ManagerRef
    already_removed: bool = False
    leads: tuple[Orphan, ...] = ()
