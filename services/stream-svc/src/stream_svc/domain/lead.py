"""A lead in the projection: two sides that come from two services, in any order.

import-svc publishes the contact side, manager-svc the work side, each complete and with
a `rev` of its own. A side is replaced by a newer one and never by an older one, so events
may come late, twice, or in any order across the services, and the outcome is the same.
An erased lead stays erased whatever comes after: ids are never used again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Status(StrEnum):
    """Where a lead stands."""

    PENDING = "pending"
    REACHED_OUT = "reached_out"
    INTERESTED = "interested"
    NOT_INTERESTED = "not_interested"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSide:
    """What import-svc says of a lead."""

    rev: int
    name: str
    family_name: str
    email: str
    cellphone: str | None
    attributes: Mapping[str, object] = field(default_factory=dict)
    origin: str
    import_id: UUID | None
    has_resume: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkSide:
    """What manager-svc says of a lead.

    Attributes:
        manager_name: What the assignee is called; None while there is no assignee.
    """

    rev: int
    status: Status
    manager_id: UUID | None
    manager_name: str | None
    assigned_at: datetime | None
    decided_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """All that the projection knows of a lead.

    Attributes:
        erased_rev: The contact side's `rev` at which the lead was erased; None while it
            lives. An erased lead keeps of its work side nothing but the `rev`.
        erased_work_rev: The work side's last `rev` before the erasure.
    """

    id: UUID
    contact: ContactSide | None = None
    work: WorkSide | None = None
    erased_rev: int | None = None
    erased_work_rev: int = 0

    @property
    def visible(self) -> bool:
        """Whether readers see the lead: it is there once its contact side is."""
        return self.contact is not None

    @property
    def contact_rev(self) -> int:
        """The contact side's `rev`; 0 before it came."""
        if self.erased_rev is not None:
            return self.erased_rev
        return self.contact.rev if self.contact is not None else 0

    @property
    def work_rev(self) -> int:
        """The work side's `rev`; 0 before it came."""
        return self.work.rev if self.work is not None else self.erased_work_rev

    @property
    def rev(self) -> int:
        """Grows with every change of either side; a manager's new name is none."""
        return self.contact_rev + self.work_rev

    def with_contact(self, side: ContactSide) -> "Lead":
        """Take a contact side, if it is newer than the one held."""
        if self.erased_rev is not None or side.rev <= self.contact_rev:
            return self
        return replace(self, contact=side)

    def with_work(self, side: WorkSide) -> "Lead":
        """Take a work side, if it is newer than the one held."""
        if self.erased_rev is not None or side.rev <= self.work_rev:
            return self
        return replace(self, work=side)

    def with_manager_name(self, manager_id: UUID, name: str) -> "Lead":
        """Take a manager's new name, if he is the assignee and was called otherwise.

        The lead's `rev` stays: docs/adr/0008-a-new-name-keeps-the-rev.md says why.
        """
        work = self.work
        if work is None or work.manager_id != manager_id or work.manager_name == name:
            return self
        return replace(self, work=replace(work, manager_name=name))

    def erased(self, rev: int) -> "Lead":
        """Give what is left after an erasure: a tombstone without personal data."""
        if self.erased_rev is not None and self.erased_rev >= rev:
            return self
        rev = max(rev, self.contact_rev)
        return Lead(id=self.id, erased_rev=rev, erased_work_rev=self.work_rev)
