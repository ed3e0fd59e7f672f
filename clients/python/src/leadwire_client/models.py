"""What the server tells: leads, lead managers, receipts, counts.

All are frozen. What a server of a later version adds is ignored, what one of an earlier
version does not say has a default, and a value of an enumeration that is new is kept as it
came: `lead.status == "on_hold"` works before this package knows the word.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from leadwire_client._core.open_enum import OpenEnum

T = TypeVar("T")


class LeadStatus(OpenEnum):
    """How far a lead is; a lead with one of the last two is decided."""

    PENDING = "pending"
    REACHED_OUT = "reached_out"
    INTERESTED = "interested"
    NOT_INTERESTED = "not_interested"


class Origin(OpenEnum):
    """The way by which a lead came in."""

    IMPORT = "import"
    FORM = "form"
    API = "api"


class Availability(OpenEnum):
    """What a manager is to those who look for one."""

    FREE = "free"
    BUSY = "busy"
    PAUSED = "paused"


class ImportStatus(OpenEnum):
    """Where an import stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerRef:
    """Which manager."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """The states of a lead's two sides, for `if_match` and `at_least`.

    Attributes:
        contact: For example `contact-3`; None in answers about the other side.
        work: For example `work-7`; None until the lead has been taken up, and in answers
            about the other side.
    """

    contact: str | None = None
    work: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A lead as lists and streams show it.

    Attributes:
        cellphone: E.164; None for some leads from the form.
        manager: Who holds it; None while nobody does.
        rev: Grows with every change of the lead. A new name of its manager is none: of two
            with equal `rev`, the one that came later has the newer name.
    """

    id: UUID
    name: str
    family_name: str
    email: str
    created_at: datetime
    updated_at: datetime
    rev: int
    cellphone: str | None = None
    status: LeadStatus = LeadStatus.PENDING
    manager: ManagerRef | None = None
    origin: Origin = Origin.IMPORT
    import_id: UUID | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    has_resume: bool = False
    tags: Tags = field(default_factory=Tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadContact:
    """The contact side of a lead, as a write of it answers.

    Attributes:
        rev: Of this side.
    """

    id: UUID
    name: str
    family_name: str
    email: str
    created_at: datetime
    updated_at: datetime
    rev: int
    cellphone: str | None = None
    origin: Origin = Origin.FORM
    import_id: UUID | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    has_resume: bool = False
    tags: Tags = field(default_factory=Tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadReceived:
    """That a form has come in, without a word about what became of it.

    To those who show no role that brings leads, a server may say no more, so that nobody learns by
    the form who is a lead. It is not to be sent again.
    """

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadWork:
    """A lead with what became of it, as managers' calls answer."""

    id: UUID
    name: str
    family_name: str
    email: str
    status: LeadStatus
    created_at: datetime
    cellphone: str | None = None
    manager: ManagerRef | None = None
    assigned_at: datetime | None = None
    decided_at: datetime | None = None
    tags: Tags = field(default_factory=Tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A marked lead, and what its manager got in the same moment.

    Attributes:
        next_lead: None if no lead waits, or nobody was freed.
    """

    lead: LeadWork
    next_lead: LeadWork | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One thing that happened to a lead.

    Attributes:
        manager: Whom it concerns, by the name that he has today.
        rule: By which he got or lost the lead, if he did, as `oldest_first`.
    """

    at: datetime
    event: str
    actor: str
    from_status: LeadStatus
    to_status: LeadStatus
    manager: ManagerRef | None = None
    rule: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """A lead manager.

    Attributes:
        capacity: Most undecided leads held at once.
        free_since: Since when he has had room for a lead; None if he has none, or is paused.
        lead_count: How many undecided leads he holds.
        leads: These, longest held first; in lists of managers, 10 of each at most.
    """

    id: UUID
    name: str
    capacity: int
    state: Availability
    created_at: datetime
    updated_at: datetime
    rev: int
    email: str | None = None
    free_since: datetime | None = None
    lead_count: int = 0
    leads: tuple[LeadWork, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadCounts:
    """How many leads match, in all and by status."""

    total: int
    by_status: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A row that was not imported, with its values as given, or None once they are erased.

    Attributes:
        row: Number of the data row, from 1.
        reason: What is wrong, in words.
        codes: Everything that is wrong, for programs.
    """

    row: int
    reason: str
    name: str | None = None
    family_name: str | None = None
    email: str | None = None
    cellphone: str | None = None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProblem:
    """Why an import ended before its input did.

    Attributes:
        headers_found: Of a file whose columns were not recognised.
        fields_missing: For which none of them was.
    """

    code: str
    detail: str = ""
    headers_found: tuple[str, ...] | None = None
    fields_missing: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """How far a running import is; only what is stored counts.

    Attributes:
        bytes_total: None while the body is still coming.
        seconds_left: None as long as that is not known.
    """

    bytes_done: int = 0
    bytes_total: int | None = None
    rows_per_second: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The account of an import: `received` is `imported` plus `failed`.

    Attributes:
        failures: The first 1,000; none in listings. `import_failures()` gives all.
        failures_forgotten_at: Since when failures are not kept any more; the counts stay.
        error: Only if the status is failed.
        progress: Only while it runs.
    """

    id: UUID
    status: ImportStatus
    received: int
    imported: int
    failed: int
    started_at: datetime
    finished_at: datetime | None = None
    failures: tuple[Failure, ...] = ()
    failures_url: str | None = None
    failures_forgotten_at: datetime | None = None
    error: ImportProblem | None = None
    progress: ImportProgress | None = None
    dry_run: bool = False

    @property
    def running(self) -> bool:
        """Whether the import goes on."""
        return self.status == ImportStatus.RUNNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        next_cursor: Gives the next page; None on the last one.
    """

    items: tuple[T, ...]
    next_cursor: str | None = None
