"""Leads, as far as work on them goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from leadwire.contracts.tags import work_tag
from manager_svc.domain.errors import (
    IllegalTransitionError,
    ReasonRequiredError,
    StaleLeadError,
)
from manager_svc.domain.manager import ManagerName
from manager_svc.domain.status import TRANSITIONS, LeadStatus, allowed_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to call, as import-svc last said it.

    Attributes:
        rev: import-svc's count of changes; the higher one is the newer.
    """

    id: UUID
    name: str
    family_name: str
    email: str
    cellphone: str | None
    created_at: datetime
    rev: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """This service's whole side of a lead.

    Attributes:
        manager: The assignee, or None.
        rev: Counts the changes of this side; 0 for a lead that nobody has touched.
    """

    lead_id: UUID
    status: LeadStatus
    manager: ManagerName | None
    assigned_at: datetime | None
    decided_at: datetime | None
    updated_at: datetime
    rev: int

    @property
    def tag(self) -> str:
        """Name of this version, as it stands in `ETag` and `If-Match`."""
        return work_tag(self.rev)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A lead with both sides."""

    contact: Contact
    work: Work

    def require_version(self, wanted: frozenset[str] | None) -> None:
        """Hold a write to the version that its author has read.

        Args:
            wanted: Tags of which one must be the lead's; None if any version will do.

        Raises:
            StaleLeadError: The lead has another version.
        """
        if wanted is not None and self.work.tag not in wanted:
            raise StaleLeadError(current=self.work.tag)

    def require_transition(self, status: LeadStatus, *, reason: str | None) -> None:
        """Hold a change of status to the status machine.

        Args:
            status: The one asked for.
            reason: Why, as far as it was said; a correction of a decision needs one.

        Raises:
            IllegalTransitionError: It does not lead from here to there.
            ReasonRequiredError: A decision is to be corrected, and nobody says why.
        """
        current = self.work.status
        if status not in TRANSITIONS[current]:
            raise IllegalTransitionError(
                current=current, asked=status, allowed=allowed_after(current)
            )
        if current.decided and reason is None:
            raise ReasonRequiredError(current=current, asked=status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a manager holds.

    Attributes:
        leads: Longest held first; where several managers are listed, the first ones only.
        count: How many they are in all.
    """

    leads: Sequence[Lead]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """A lead right after a change.

    Attributes:
        manager: Whom the change concerns: who got the lead, lost it or decided it; None
            if nobody held it.
    """

    lead: Lead
    manager: ManagerName | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One thing that happened to a lead.

    Attributes:
        number: Grows from entry to entry.
        what: Name of the event, for example `lead_assigned`.
        rule: By which a manager got or lost the lead, in a word; None if no manager did.
        reason: Why, in somebody's words.
    """

    number: int
    at: datetime
    what: str
    actor: str
    from_status: LeadStatus
    to_status: LeadStatus
    manager: ManagerName | None
    rule: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known of what happened to a lead, or a page of it.

    Attributes:
        entries: Oldest first.
        forgotten_at: Since when what happened before is not known any more, if that is so.
    """

    entries: Sequence[HistoryEntry]
    forgotten_at: datetime | None
